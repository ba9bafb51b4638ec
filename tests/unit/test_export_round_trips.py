"""The project's own importer reads exports back: what a format carries of a posting comes back equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from exported_postings import ALL, SINGLE
from reading_exports import SCHEMAS, exported

from jobpipe.definition.project import find_project
from jobpipe.destinations.field_paths import getter_of
from jobpipe.destinations.formats.format import output_format
from jobpipe.posting import FIELD_NAMES, JobPosting
from jobpipe.runs.previewing import preview

TEMPLATE = {
    "xml": {
        "around": ["feed", "postings"],
        "attributes": {"version": "2"},
        "before": {"publisher": "Example & Co"},
        "item": "posting",
        "item_attributes": {"id": "reference"},
        "elements": {
            "title": "title",
            "url": {"field": "url", "cdata": False},
            "description": {"field": "description", "cdata": False},
            "salary": {"field": "salary.min", "attributes": {"currency": "salary.currency"}},
            "skill": "skills",
            "job_location": {"each": "locations", "elements": {"city": "city", "country": "country"}},
        },
    }
}
_TEXTS = "reference title url company.name description"
_PLACE = "locations.city locations.region locations.postal_code"
_AMOUNTS = "salary.min salary.max salary.currency salary.period"
_TABLE = f"""reference title url apply_url company.name description_text {_PLACE} locations.text locations.country
    remote contract working_time salary posted_at updated_at valid_through experience education industry skills
    language positions"""
# Of each format: what it carries whole.
CARRIED = {
    "jsonl": " ".join(FIELD_NAMES),
    "csv": _TABLE,
    "xlsx": _TABLE,
    "indeed": f"""{_TEXTS} {_PLACE} {_AMOUNTS} locations.country category.label posted_at valid_through experience
        education working_time""",
    "linkedin": f"""reference title company.name description {_PLACE} locations.text locations.country skills
        valid_through extra.poster_email""",
    "google": f"""{_TEXTS} {_PLACE} {_AMOUNTS} company.url company.logo locations.country locations.latitude posted_at
        updated_at valid_through experience education industry skills positions working_time""",
    "jooble": f"{_TEXTS} {_AMOUNTS} locations.text valid_through working_time",
    "talent": f"{_TEXTS} locations.city locations.region locations.country posted_at",
    "adzuna": f"""{_TEXTS} {_AMOUNTS} locations.text locations.postal_code locations.country locations.latitude
        category.label working_time posted_at""",
    "trovit": f"""{_TEXTS} {_PLACE} {_AMOUNTS} category.label contract working_time valid_through experience education
        skills""",
    "rss": "reference title url company.name description category.label",
    "template": """reference title url description salary.min salary.currency skills locations.city
        locations.country""",
}
# Those that carry several places of one posting as such.
_OF_SEVERAL_PLACES = frozenset({"jsonl", "google", "rss", "template"})


def imported(name: str, folder: Path, postings: list[JobPosting]) -> list[JobPosting]:
    """The export of the postings, as an import of a project reads it."""
    (folder / "imports").mkdir()
    (folder / "jobpipe.yaml").write_text("{}\n")
    (folder / "imports" / "offers.yaml").write_text((SCHEMAS / "imports" / f"{name}.yaml").read_text())
    file = folder / f"export.{output_format(name).extension or 'xml'}"
    file.write_bytes(exported(name, postings, template=TEMPLATE))
    read = preview(find_project(folder, {}), "offers", instead=file, count=len(postings) + 1)
    assert [record.outcome.message for record in read.records if record.posting is None] == []
    return [msgspec.convert(record.posting, JobPosting) for record in read.records]


@pytest.mark.parametrize("name", CARRIED)
def test_what_a_format_carries_is_imported_as_it_was(name: str, tmp_path: Path) -> None:
    postings = ALL if name in _OF_SEVERAL_PLACES else SINGLE
    found = imported(name, tmp_path, postings)

    def said(posting: JobPosting) -> dict[str, Any]:
        return {field: getter_of(field)(posting) for field in CARRIED[name].split()}

    assert [said(posting) for posting in found] == [said(posting) for posting in postings]
    if name == "jsonl":
        assert found == postings
