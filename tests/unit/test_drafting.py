"""`jobpipe.drafting`: the definition that is drafted from a feed's first records gives its postings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobpipe.definition.loading import parse_definition
from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_of
from jobpipe.drafting.sampling import Sample, sample
from jobpipe.drafting.writing import definition_text
from jobpipe.sources.transports.transport import Request
from jobpipe.transform.compile import compile_definition
from jobpipe.transform.outcome import Item

# Feeds of many shapes, each with what its first posting must have beside it.
CASES = Path(__file__).parent.parent / "data" / "drafts"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in CASES.glob("*.expected.json"))


def drafted(path: Path) -> tuple[Sample, Draft]:
    found = sample(Request(location=str(path)), path.name)
    return found, draft_of(found, Order(name="drafted", location=str(path)))


def first_posting(found: Sample, draft: Draft) -> dict[str, Any]:
    definition = parse_definition(definition_text(draft), "drafted.yaml").definition
    transformer = compile_definition(definition, hooks_source=None, tables={})
    record = found.records[0]
    traces = transformer.explain(Item(0, record.raw, 0, day="2026-01-01"), record.context)
    return {trace.field: trace.value for trace in traces if not trace.error and trace.value is not None}


def flat(posting: dict[str, Any]) -> dict[str, Any]:
    place = (posting.get("locations") or [{}])[0]
    return {
        **posting,
        "company": (posting.get("company") or {}).get("name"),
        "city": place.get("city"),
        "country": place.get("country"),
        "posted_at": posting.get("posted_at", "")[:10],
        "salary_min": (posting.get("salary") or {}).get("min"),
        "description": posting.get("description_text", ""),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_gives_its_postings_without_an_edit(name: str) -> None:
    expected: dict[str, Any] = json.loads((CASES / f"{name}.expected.json").read_text())
    optional = expected.pop("_optional", [])
    found, draft = drafted(CASES / name)
    made = flat(first_posting(found, draft))
    made["description"] = made["description"][: len(expected["description"])]
    wanted = {field: value for field, value in expected.items() if field not in optional or made.get(field)}
    assert {field: made.get(field) for field in wanted} == wanted
