"""What a person says of a draft, in a terminal or in the interface: the rules that come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project_folder import ProjectFolder

from jobpipe.drafting.answering import answered, columns_of, left_out, rule_said
from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.learning import lessons_of
from jobpipe.drafting.writing import definition_text
from jobpipe.errors import UsageError

OFFERS = [
    {
        "nummer": f"A-{number}",
        "funktion": title,
        "beginn": f"{number + 12}.03.2026",
        "einsatz": [{"ort": town, "land": "DE"}],
        "text": f"<p>Sie arbeiten als {title} in {town} in einem kleinen Team.</p>",
        "adresse": f"https://example.org/{number}",
        "lohn": f"{number + 30}000 EUR pro Jahr",
        "intern": f"x{number % 2}",
    }
    for number, (title, town) in enumerate(
        [("Koch", "Berlin"), ("Maurer", "Hamburg"), ("Bäcker", "Köln"), ("Pflegerin", "Leipzig")]
    )
]


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps({"jobs": OFFERS}))
    return draft_source(Order(name="acme", location=str(file)), str(file))


def imported(draft: Draft, folder: Path) -> dict[str, dict[str, Any]]:
    made = ProjectFolder(folder / "project", definition_text(draft).replace("import: acme", "import: offers"))
    report = made.run()
    assert report.complete, report.why
    return made.postings()


def test_another_part_of_a_record_is_read_as_its_values_need_it(draft: Draft, tmp_path: Path) -> None:
    for about, path in (
        *(("reference", "nummer"), ("title", "funktion"), ("url", "adresse"), ("description", "text")),
        *(("locations", "einsatz[*].ort"), ("posted_at", "beginn"), ("salary", "lohn")),
    ):
        draft = answered(draft, about, path)
    posting = imported(answered(draft, "company", {"value": "Acme"}), tmp_path)["A-1"]
    assert posting["title"] == "Maurer" and posting["posted_at"].startswith("2026-03-13")
    assert posting["locations"][0]["city"] == "Hamburg"
    assert (posting["salary"]["min"], posting["salary"]["currency"]) == (31000, "EUR")
    assert posting["company"]["name"] == "Acme" and posting["description"].startswith("<p>")


def test_what_was_said_stays_and_is_told_where_it_works_not(draft: Draft) -> None:
    (choice,) = (one for one in answered(draft, "posted_at", "funktion").choices if one.field == "posted_at")
    assert choice.is_enough and choice.paths == ("funktion",) and "fails in 100% of the records" in choice.reason


def test_what_the_source_has_not_is_in_neither_the_rules_nor_the_questions(draft: Draft) -> None:
    text = definition_text(left_out(left_out(draft, "salary"), "company"))
    assert "salary" not in text and "company" not in text


def test_words_are_a_part_of_a_record_the_name_of_a_company_or_an_address_with_a_part_in_it(draft: Draft) -> None:
    assert rule_said(draft, "title", "funktion") == "funktion"
    assert rule_said(draft, "company", "Acme") == {"value": "Acme"}
    made = {"from": "nummer", "then": {"template": "https://example.org/jobs/{{ value }}.html"}}
    assert rule_said(draft, "url", "https://example.org/jobs/{nummer}.html") == made
    for about, words, wrong, near in (
        ("title", "funktio", "a record has no 'funktio'", "funktion"),
        ("url", "https://example.org/{numer}", "a record has no 'numer'", "nummer"),
        ("url", "https://example.org/{{ 7 * 7 }}", "has one part of a record", "{id}"),
        ("url", "https://example.org/{a}/{b}", "has one part of a record", "{id}"),
    ):
        with pytest.raises(UsageError, match=wrong) as said:
            rule_said(draft, about, words)
        assert near in said.value.hint


def test_a_draft_keeps_its_first_records_with_their_parts(draft: Draft) -> None:
    assert len(draft.records) == len(OFFERS)
    shown = {one.path: one.samples(1) for one in columns_of(draft)}
    assert shown["nummer"] == ("A-0",) and shown["einsatz[*].ort"] == ("Berlin",)


LESSON = """\
import: other
source: {feed: other.json}
posting:
  title: funktion
  locations: {for: "einsatz[*]", parts: {city: wo, country: land}}
"""


def test_a_part_of_a_list_teaches_the_path_that_it_has(tmp_path: Path) -> None:
    made = ProjectFolder(tmp_path / "project")
    (made.root / "imports" / "other.yaml").write_text(LESSON)
    with made.open() as workspace:
        lessons = lessons_of(workspace.project)
    assert ("locations.city", "einsatz[*].wo") in lessons.of_paths
    (made.root / "imports" / "other.yaml").write_text(LESSON.replace('"einsatz[*]"', "einsatz/ort"))
    with made.open() as workspace:
        assert ("locations.city", "einsatz/ort/wo") in lessons_of(workspace.project).of_paths
