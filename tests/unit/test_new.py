"""`jobpipe new`: from a file or an address to a definition with its fixture, its questions and its preview."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from command_line import jobpipe

from jobpipe.cli.draft_dialogue import with_answers
from jobpipe.drafting.draft import Draft, Question, SourceChoice

CASES = Path(__file__).parent.parent / "data" / "drafts"
UNSURE = """\
<jobs>
  <job><a1>Painter</a1><ref>11</ref><posted>03/04/2026</posted></job>
  <job><a1>Baker</a1><ref>12</ref><posted>05/06/2026</posted></job>
</jobs>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "jobpipe.yaml").write_text("{}\n")
    (tmp_path / "feeds").mkdir()
    for name in ("offres_plates.xml", "stellen_latin1.csv"):
        shutil.copy(CASES / name, tmp_path / "feeds" / name)
    return tmp_path


def test_a_file_becomes_an_import_with_a_fixture_that_passes(root: Path) -> None:
    done = jobpipe("-C", root, "new", "offres", root / "feeds" / "offres_plates.xml", "--yes")
    assert done.returncode == 0, done.stderr
    assert "it is called intitule_du_poste" in " ".join(done.stdout.split())
    assert "feed: feeds/offres_plates.xml" in (root / "imports" / "offres.yaml").read_text()
    assert jobpipe("-C", root, "check").returncode == 0
    assert jobpipe("-C", root, "test", "offres").returncode == 0
    again = jobpipe("-C", root, "new", "offres", root / "feeds" / "offres_plates.xml", "--yes")
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_what_is_not_sure_is_left_out_with_a_question(root: Path) -> None:
    (root / "unsure.xml").write_text(UNSURE)
    done = jobpipe("-C", root, "new", "unsure", root / "unsure.xml", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["fields"]["reference"]["taken"]
    assert not told["fields"]["posted_at"]["taken"]
    asked = {one["about"]: one for one in told["questions"]}
    assert {"title", "posted_at"} <= asked.keys()
    assert [one["rule"] for one in asked["posted_at"]["options"]] == [
        ["posted", {"date": "DMY"}],
        ["posted", {"date": "MDY"}],
    ]
    written = (root / told["file"]).read_text()
    assert written == told["definition"]
    assert "# QUESTION, posted_at: In posted (03/04/2026" in written
    assert "\n  posted_at" not in written


def test_a_correction_of_a_draft_teaches_the_next_one(root: Path) -> None:
    (root / "unsure.xml").write_text(UNSURE)
    jobpipe("-C", root, "new", "first", root / "unsure.xml", "--yes")
    written = root / "imports" / "first.yaml"
    written.write_text(written.read_text().replace("posting:\n", "posting:\n  title: [a1, clean]\n"))
    done = jobpipe("-C", root, "new", "second", root / "unsure.xml", "--yes", "--json")
    title = json.loads(done.stdout)["fields"]["title"]
    assert title["taken"]
    assert title["path"] == "a1"
    assert "as corrected in imports/first.yaml" in title["reason"]
    assert "title: [a1" not in (root / "drafts" / "first.yaml").read_text()


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("https://boards.greenhouse.io/acme", "greenhouse: acme"),
        ("https://jobs.eu.lever.co/acme/1234", "lever: {site: acme, host: api.eu.lever.co}"),
        ("https://acme.jobs.personio.de/xml?language=de", "personio: acme"),
        (
            "https://acme.wd3.myworkdayjobs.com/en-US/External",
            "workday: {host: acme.wd3.myworkdayjobs.com, tenant: acme",
        ),
    ],
)
def test_the_address_of_a_known_service_is_enough(root: Path, address: str, block: str) -> None:
    from jobpipe.definition.loading import parse_definition
    from jobpipe.drafting.drafting import Order, draft_source
    from jobpipe.drafting.writing import definition_text

    text = definition_text(draft_source(Order(name="acme", location=address), address))
    assert block in text
    assert parse_definition(text, "acme.yaml").definition.posting


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"<html><head><title>Sign in</title></head></html>", "no posting can be read"),
        (b"<jobs></jobs>", "no record was found"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (
            b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><operation name="GetJobs"/></definitions>',
            "describes a SOAP service",
        ),
    ],
)
def test_what_is_no_feed_is_told_in_words(root: Path, content: bytes, said: str) -> None:
    (root / "feed.xml").write_bytes(content)
    done = jobpipe("-C", root, "new", "none", root / "feed.xml", "--yes")
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not (root / "imports" / "none.yaml").exists()


def test_answers_become_rules_and_what_a_record_does_not_have_is_asked_again() -> None:
    draft = Draft(
        import_="acme",
        client="",
        source=SourceChoice(kind="feed", block={"feed": "jobs.xml"}),
        choices=(),
        questions=(
            Question(about="title", text="Which?"),
            Question(about="company", text="Whose?"),
            Question(about="posted_at", text="Order?", options=(("day first", ["on", {"date": "DMY"}]),)),
            Question(about="url", text="Where?"),
        ),
        paths=("name", "on"),
    )
    out = io.StringIO()
    made = with_answers(draft, io.StringIO("nam\nname\nAcme\n1\n\n"), out)
    assert {one.field: one.rule for one in made.taken} == {
        "title": "name",
        "company": {"value": "Acme"},
        "posted_at": ["on", {"date": "DMY"}],
    }
    assert "a record has no 'nam'; nearest: name" in out.getvalue()
    assert [one.about for one in made.questions] == ["url"]
