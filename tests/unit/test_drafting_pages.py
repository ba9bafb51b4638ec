"""Definitions drafted for web pages of many makings: what they give is what a reader of the page would say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from jobpipe.definition.project import find_project
from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.writing import definition_text
from jobpipe.errors import SourceError
from jobpipe.runs.previewing import preview

PAGES = Path(__file__).parent.parent / "data" / "pages"


def drafted(folder: Path, page: Path) -> tuple[Draft, list[dict[str, Any]]]:
    """The draft of a page in a new project, and the postings that its definition makes of it."""
    (folder / "imports").mkdir()
    (folder / "jobpipe.yaml").write_text("{}\n")
    (folder / page.name).write_bytes(page.read_bytes())
    draft = draft_source(Order(name="drafted", location=page.name), str(folder / page.name))
    (folder / "imports" / "drafted.yaml").write_text(definition_text(draft))
    records = preview(find_project(folder, {}), "drafted", count=50).records
    return draft, [one.posting or {} for one in records]


@pytest.mark.parametrize("expected", sorted(PAGES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_page_gives_what_a_reader_of_it_would_say(expected: Path, tmp_path: Path) -> None:
    """Each page lies in tests/data/pages; what it says, beside it."""
    said = yaml.safe_load(expected.read_text())
    _, postings = drafted(tmp_path, expected.with_suffix(".html"))
    wanted = said if isinstance(said, list) else [said]
    assert len(postings) == len(wanted)
    for posting, one in zip(postings, wanted, strict=True):
        agrees(posting, one)
        assert set(posting) <= {*MAY_BE_GIVEN, *one, *(("locations",) if "city" in one else ())}


# What a page of these gives besides, which nobody wrote down for each.
MAY_BE_GIVEN = {"reference", "url", "description", "description_text", "locations"}


def agrees(posting: dict[str, Any], wanted: dict[str, Any]) -> None:
    place = (posting.get("locations") or [{}])[0]
    given = {**posting, "company": (posting.get("company") or {}).get("name"), **{k: place.get(k) for k in PLACE}}
    for name, value in wanted.items():
        if name in ("description", "not_in_description"):
            text = posting["description_text"]
            assert all((word in text) is (name == "description") for word in value), (name, text)
        elif name == "salary":
            assert value.items() <= given["salary"].items()
        else:
            assert given.get(name) == value, name


PLACE = ("city", "country")


def test_a_page_without_a_posting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no posting can be read"):
        drafted(tmp_path, PAGES / "no_posting.html")


def test_what_a_page_only_seems_to_say_is_asked_for_and_left_out(tmp_path: Path) -> None:
    draft, (posting,) = drafted(tmp_path, PAGES / "portuguese_single_company.html")
    assert "locations" not in posting
    assert "locations" in {one.about for one in draft.questions}


def test_pages_that_say_what_a_posting_is_need_no_rule(tmp_path: Path) -> None:
    draft, _ = drafted(tmp_path, PAGES / "dutch_microdata.html")
    assert not draft.choices
    assert "posting:" not in definition_text(draft)
