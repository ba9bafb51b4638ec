"""`jobpipe repair`: what a source's new shape has lost is found again, and what is unsure is called so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.project import find_project
from jobpipe.definition.yaml import read_yaml
from jobpipe.drafting.repairing.evidence import Workshop
from jobpipe.drafting.repairing.pairing import Past
from jobpipe.drafting.repairing.proposal import Proposal
from jobpipe.drafting.repairing.repairing import repair
from jobpipe.drafting.repairing.shapes import NewDocument, records_of
from jobpipe.drafting.repairing.text_edits import REMOVED, TextEdit, edited
from jobpipe.runs.fixtures import record
from jobpipe.sources.formats.settings import settings_of

TRADES = ("Soudeur naval", "Pilote de ligne", "Maçon du bâtiment", "Électricien", "Boulangère", "Comptable senior")
TOWNS = ("Brest", "Toulouse", "Lyon", "Nantes", "Grenoble", "Saint-Étienne")

XML = """\
# The board's export.
import: offers
source:
  feed: feed.xml   # each night
  record: offre
posting:
  reference: "@id"
  title:     [intitule, clean]   # with the words in brackets
  company:   {name: societe}
  locations: {for: lieu, parts: {city: ville, postal_code: cp, country: {value: FR}}}
  contract:  {from: contrat, map: {CDI: permanent, CDD: fixed_term}}
  salary:    {min: salaire_min, currency: {value: EUR}, period: {value: year}}
  posted_at: {from: parution, then: {date: {order: DMY}}}
  remote:    {from: texte, then: [{regex: 'Remote:\\s*(.+)'}, remote]}
  description: texte
"""


def xml_feed(count: int = 6) -> str:
    return "<offres>\n" + "".join(map(_offer, range(count))) + "</offres>\n"


def _offer(number: int) -> str:
    return (
        f'<offre id="R-{number}47{number}"><intitule>{TRADES[number]}</intitule><societe>Ateliers {number}</societe>'
        f"<lieu><ville>{TOWNS[number]}</ville><cp>{29200 + 1011 * number}</cp></lieu>"
        f"<contrat>{('CDI', 'CDD')[number % 2]}</contrat><salaire_min>{24000 + 1500 * number}</salaire_min>"
        f"<parution>{11 + 2 * number}/0{number + 1}/2026</parution>"
        f"<texte>Le poste {TRADES[number]} est libre.\nRemote: {('no', 'yes')[number % 2]}\nFin.</texte></offre>\n"
    )


def proposed(definition: str, before: str | bytes, now: str | bytes, name: str = "feed.xml") -> Proposal:
    loaded = parse_definition(definition, "imports/offers.yaml")
    settings = settings_of(loaded.definition.source, max_record_bytes=1 << 20)
    old, new = (text if isinstance(text, bytes) else text.encode() for text in (before, now))
    past = Past(records_of([NewDocument(name, old)], settings, 500))
    return repair(loaded, past, [NewDocument(name, new)], settings, Workshop(None, {}, "2026-11-30"))


def swapped(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def change(text: str) -> str:
        for pattern, by in pairs:
            text, count = re.subn(pattern, by, text)
            assert count, pattern
        return text

    return change


CHANGES: dict[str, tuple[Callable[[str], str], dict[str, str]]] = {
    "a renamed element": (swapped(("intitule>", "libelle>")), {"title": "intitule → libelle"}),
    "a moved element": (
        swapped((r"<societe>(.*?)</societe>", r"<employeur><nom>\1</nom></employeur>")),
        {"company.name": "societe → employeur/nom"},
    ),
    "an attribute that is an element now": (
        swapped((r'<offre id="(.*?)">', r"<offre><numero>\1</numero>")),
        {"reference": "@id → numero"},
    ),
    "a group by another name": (swapped(("lieu>", "adresse>")), {"locations.for": "lieu → adresse"}),
    "the element of the records": (swapped((r"<(/?)offre(?=[ >])", r"<\1poste")), {"source.record": "poste"}),
    "another order of day and month": (
        swapped((r"(\d\d)/(\d\d)/2026", r"\2/\1/2026")),
        {"posted_at": "date: order MDY"},
    ),
    "a value split in two": (
        swapped((r"<societe>(\w+) (\d)</societe>", r"<genre>\1</genre><rang>\2</rang>")),
        {"company.name": "genre and rang"},
    ),
    "two values joined": (
        swapped((r"<ville>(.*?)</ville><cp>(\d+)</cp>", r"<place>\2 - \1</place>")),
        {"locations.city": "place", "locations.postal_code": "place"},
    ),
    "amounts in thousands": (
        swapped((r"<salaire_min>(\d\d)(\d)00<", r"<salaire_min>\1.\2<")),
        {"salary.min": "the amount × 1000"},
    ),
    "a prefix": (swapped(("<societe>", "<societe>Groupe ")), {"company.name": "stands before it"}),
    "another word before a value": (swapped(("Remote:", "Home office:")), {"remote": "'Home office:'"}),
    "other labels": (swapped((">CDI<", ">Unbefristet<"), (">CDD<", ">Befristet<")), {"contract": "Unbefristet"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_shape_is_met_by_the_edit_that_brings_all_back(what: str) -> None:
    change, expected = CHANGES[what]
    proposal = proposed(XML, xml_feed(), change(xml_feed()))
    found = {edit.name: edit for edit in proposal.edits}
    assert {name for name in expected if name not in found} == set(), found
    for name, words in expected.items():
        assert words in found[name].what and found[name].is_sure, (found[name], found[name].doubts)
    assert not proposal.lost and not proposal.unsure
    # Texts with the label in them are other texts now.
    assert what == "another word before a value" or proposal.as_before[1] == 6
    kept = [line for line in XML.splitlines() if "#" in line and "title" not in line]
    assert all(line in proposal.sure_text.splitlines() for line in kept)


@pytest.mark.parametrize("gone", ["intitule", "societe", "ville", "cp", "salaire_min", "parution"])
def test_what_is_truly_gone_is_told_and_nothing_is_proposed_for_sure(gone: str) -> None:
    now = re.sub(rf"<{gone}>.*?</{gone}>", "", xml_feed())
    # The body has the title, and a code of its own looks like the one that is gone.
    now = now.replace("<contrat>", "<code>75001</code><contrat>")
    proposal = proposed(XML, xml_feed(), now)
    assert not proposal.sure and proposal.sure_text == XML
    assert any(f"`{gone}` is gone" in one.why for one in proposal.lost)


def test_what_stood_beside_it_before_is_no_sure_successor() -> None:
    both = xml_feed().replace("</societe>", "</societe><raison>x</raison>")
    both = re.sub(r"<societe>(.*?)</societe><raison>x<", r"<societe>\1</societe><raison>\1<", both)
    proposal = proposed(XML, both, re.sub("<societe>.*?</societe>", "", both))
    (edit,) = proposal.edits
    assert "societe → raison" in edit.what and not edit.is_sure
    assert "before, too" in edit.doubts[0] and proposal.sure_text == XML


def test_two_that_would_do_are_left_to_a_person() -> None:
    now = re.sub("<societe>(.*?)</societe>", r"<a>\1</a><b>\1</b>", xml_feed())
    now = now.replace("<b>Ateliers 0</b>", "<b>Autre</b>", 1).replace("<a>Ateliers 5</a>", "<a>Autre</a>", 1)
    proposal = proposed(XML, xml_feed(), now)
    assert proposal.edits and not proposal.sure


def test_a_source_that_is_as_ever_needs_nothing() -> None:
    new = xml_feed().replace("Le poste", "Ce poste")
    assert not proposed(XML, xml_feed(), new).is_needed


JSON = """\
import: offers
source: {feed: feed.json, record: "jobs[*]"}
posting:
  reference: id
  title: title
  locations: {city: place.town}
  skills: skills
"""


def jobs() -> list[dict[str, Any]]:
    return [
        {
            "id": f"j-{n}81{n}",
            "title": TRADES[n],
            "place": {"town": TOWNS[n]},
            "skills": ["soudure", f"permis {n}"],
        }
        for n in range(6)
    ]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"data": {"items": jobs()}}, ["record jobs[*] → data.items[*]"]),
        ({"jobs": [{"no": n, "job": job} for n, job in enumerate(jobs())]}, ["record jobs[*] → jobs[*].job"]),
        ({"jobs": [{"town": job.pop("place")["town"], **job} for job in jobs()]}, ["place.town → town"]),
        (
            {"jobs": [{"id": job.pop("id"), "f": [{"name": k, "value": v} for k, v in job.items()]} for job in jobs()]},
            ["[?name=='title']"],
        ),
    ],
)
def test_answers_of_another_shape_are_read_again(now: Any, words: list[str]) -> None:
    proposal = proposed(JSON, json.dumps({"jobs": jobs()}), json.dumps(now), "feed.json")
    said = "\n".join(edit.what for edit in proposal.sure)
    assert all(word in said for word in words), (said, proposal.edits, proposal.lost)


CSV = """\
import: offers
source:
  feed: feed.csv
  encoding: windows-1252
  csv: {delimiter: ";"}
posting: {reference: Nummer, title: Stelle, locations: {city: Ort}}
"""


def csv_table(delimiter: str, head: tuple[str, str, str] = ("Nummer", "Stelle", "Ort")) -> str:
    rows = [head, *((f"N{n}53{n}", TRADES[n], TOWNS[n]) for n in range(6))]
    return "".join(delimiter.join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("now", "edits"),
    [
        (csv_table(";").encode("cp850"), {"source.encoding"}),
        (csv_table(",").encode("windows-1252"), {"source.csv"}),
        (csv_table(";", ("Nr", "Stelle", "Ort")).encode("windows-1252"), {"reference"}),
        (("Stand: heute\n\n" + csv_table(";")).encode("windows-1252"), set()),
    ],
)
def test_tables_that_are_written_otherwise_are_read_again(now: bytes, edits: set[str]) -> None:
    proposal = proposed(CSV, csv_table(";").encode("windows-1252"), now, "feed.csv")
    assert {edit.name for edit in proposal.sure} >= edits and not proposal.lost
    assert proposal.as_before[1] == 6


def test_edits_leave_the_rest_of_the_text_as_it_is() -> None:
    text = "# a\nsource:\n  feed: x   # b\n\n  # c\nposting:\n  title:  [a, clean]  # d\n  url: {from: 'b'}\nkeep: x\n"
    made = edited(
        text,
        [
            TextEdit(("posting", "title", 0), "c/@d"),
            TextEdit(("posting", "url"), {"from": ["b", "e f"], "join": ": "}),
            TextEdit(("source", "record"), "a[*]"),
            TextEdit(("keep",), REMOVED),
        ],
    )
    assert made == (
        "# a\nsource:\n  feed: x   # b\n  record: 'a[*]'\n\n  # c\nposting:\n  title:  [c/@d, clean]  # d\n"
        "  url: {from: [b, e f], join: ': '}\n"
    )
    assert read_yaml(made).value["posting"]["url"] == {"from": ["b", "e f"], "join": ": "}


# The command -----------------------------------------------------------------------------------------


def project_of(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "project", XML)
    folder.keep_all_in_files()
    (folder.root / "feed.xml").write_text(xml_feed())
    return folder


def test_a_repair_after_a_broken_run_is_planned_and_written(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    folder.run()
    # The second run stores what is poorer: the former revisions say how it was.
    folder.run(swapped(("societe>", "employeur>"), ("intitule>", "libelle>"))(xml_feed()).encode())
    done = jobpipe("-C", folder.root, "repair", "offers", columns=80)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+  title:     [libelle, clean]   # with the words in brackets" in done.stdout
    assert "societe → employeur" in done.stdout and "plan 1" in done.stdout
    told = [line for line in done.stdout.splitlines() if not line.startswith((" ", "+", "-"))]
    assert max(map(len, told)) <= 80
    assert (folder.root / "imports" / "offers.yaml").read_text() == XML
    written = jobpipe("-C", folder.root, "repair", "offers", "--write", "--json")
    assert json.loads(written.stdout)["written"] is True
    assert folder.run().account["rejected"] == 0
    assert folder.postings()["R-0470"]["company"] == {"name": "Ateliers 0"}


def test_a_fixture_says_how_the_source_was_where_nothing_is_stored(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    record(find_project(folder.root, {}), "offers")
    new = tmp_path / "new.xml"
    new.write_text(re.sub("<societe>.*?</societe>", "", xml_feed()).replace("intitule>", "libelle>"))
    done = jobpipe("-C", folder.root, "repair", "offers", "--from", new, "--json")
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert [edit["what"] for edit in said["edits"]] == ["intitule → libelle"]
    assert [one["name"] for one in said["lost"]] == ["company.name"]
    assert not (folder.root / ".jobpipe" / "ledger.sqlite3").exists()


def test_an_import_of_which_nothing_is_known_says_what_would_help(tmp_path: Path) -> None:
    folder = project_of(tmp_path)
    done = jobpipe("-C", folder.root, "repair", "offers")
    assert done.returncode == 0 and "nothing is known" in " ".join(done.stdout.split())
