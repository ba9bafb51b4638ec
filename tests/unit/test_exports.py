"""Exports: JSON lines, CSV, the Indeed feed; written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from jobpipe.destinations.export import export_to_file
from jobpipe.destinations.formats.format import Setting, output_format
from jobpipe.errors import JobpipeError, UsageError
from jobpipe.posting import Category, Company, JobPosting, Location, Salary

POSTINGS = [
    JobPosting(
        reference="A-1",
        title="Chef de projet & coordination",
        url="https://example.org/offres/A-1",
        company=Company(name="Atelier Exemple"),
        description="<p>Un texte ]]> hostile \x0b ici</p>",
        description_text='Un texte\nsur deux lignes; avec "guillemets"',
        locations=[Location(text="Lyon (69)", city="Lyon", country="FR"), Location(city="Nantes", country="FR")],
        contract="permanent",
        category=[Category(code="M1402", label="Conseil")],
        salary=Salary(min=35000, max=42000.0, currency="EUR", period="year"),
        posted_at="2026-11-20",
    ),
    JobPosting(reference="A-2", title='=HYPERLINK("https://example.org")'),
]


def written(name: str, postings: list[JobPosting] = POSTINGS) -> bytes:
    return b"".join(output_format(name).write(postings, Setting()))


def test_json_lines_have_one_posting_a_line_with_the_names_of_the_schema() -> None:
    first, second = (json.loads(line) for line in written("jsonl").splitlines())
    assert first["company"] == {"name": "Atelier Exemple"}
    assert second == {"reference": "A-2", "title": '=HYPERLINK("https://example.org")'}


def test_a_csv_can_be_read_back_and_never_holds_a_formula() -> None:
    first, second = csv.DictReader(io.StringIO(written("csv").decode("utf-8-sig"), newline=""))
    assert first["description_text"] == POSTINGS[0].description_text
    assert (first["location"], first["city"], first["salary_min"]) == ("Lyon (69) | Nantes", "Lyon | Nantes", "35000")
    assert second["title"].startswith("'=")


def test_the_indeed_feed_has_one_job_a_place_and_is_well_formed_whatever_the_text() -> None:
    root = etree.fromstring(written("indeed"))
    assert [job.findtext("referencenumber") for job in root.iter("job")] == ["A-1", "A-1-2", "A-2"]
    job = root.find("job")
    assert job is not None
    assert job.findtext("description") == "<p>Un texte ]]> hostile  ici</p>"
    assert (job.findtext("jobtype"), job.findtext("city"), job.findtext("country")) == ("fulltime", "Lyon", "FR")
    assert job.findtext("salary") == "35,000 - 42,000 EUR per year"


@pytest.mark.parametrize("name", ["jsonl", "csv", "indeed"])
def test_an_export_of_nothing_is_still_a_whole_file(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert export_to_file([], output_format(name), target) == 0
    assert target.exists()


def test_an_export_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "offers.jsonl"
    target.write_text("yesterday")

    def breaking() -> Iterator[JobPosting]:
        yield POSTINGS[0]
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError):
        export_to_file(breaking(), output_format("jsonl"), target)
    assert target.read_text() == "yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["offers.jsonl"]


def test_an_unknown_format_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="jsonl"):
        output_format("excel")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobpipeError, match="nowhere"):
        export_to_file(POSTINGS, output_format("csv"), tmp_path / "nowhere" / "x.csv")
