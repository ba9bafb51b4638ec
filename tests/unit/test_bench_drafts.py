"""What drafts are measured against: whether a right posting is told from a wrong one, on records of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.drafts.equality import Verdict, judge
from bench.drafts.expectations import expectations
from bench.drafts.figures import judged
from bench.drafts.making import Made
from bench.drafts.records import records_of

EXPECTED = Path(__file__).parents[2] / "bench" / "drafts" / "expected"
RECORD = """\
<jobs><job><id>7</id><title>Cook (m/f)</title><text>&lt;p&gt;Cooks &amp;amp; bakes.&lt;/p&gt;</text>
<town>Saint-Ouen</town><code>93400</code><day>04/11/2026</day><pay>12 - 14 k€</pay></job></jobs>
"""
CASES = [
    ("title", "title", {"title": "Cook"}, Verdict.RIGHT),
    ("title", "title", {"title": "Cook in Paris"}, Verdict.WRONG),
    ("title", "title", {}, Verdict.MISSING),
    ("title", {"from": "title", "optional": True}, {}, Verdict.NOTHING),
    ("title", None, {"title": "Cook"}, Verdict.WRONG),
    ("description", "text", {"description": "<p>Cooks &amp; bakes.</p>"}, Verdict.RIGHT),
    ("description", "text", {"description": "<p>Cooks &amp; bakes. Apply now, and tell us why</p>"}, Verdict.WRONG),
    ("place", {"city": "town", "postal": "code"}, {"locations": [{"text": "ST", "city": "SAINT OUEN"}]}, Verdict.RIGHT),
    ("place", {"city": "town"}, {"locations": [{"city": "Saint-Ouen"}, {"city": "Lyon"}]}, Verdict.WRONG),
    (
        "place",
        {"city": "town", "postal": "code"},
        {"locations": [{"city": "Saint-Ouen", "postal_code": "7"}]},
        Verdict.WRONG,
    ),
    ("posted", {"from": "day", "date": "%d/%m/%Y"}, {"posted_at": "2026-11-04"}, Verdict.RIGHT),
    ("posted", {"from": "day", "date": "%d/%m/%Y"}, {"posted_at": "2026-04-11"}, Verdict.WRONG),
]


@pytest.mark.parametrize(("field", "rule", "posting", "verdict"), CASES)
def test_a_drafted_value_is_judged(
    tmp_path: Path, field: str, rule: Any, posting: dict[str, Any], verdict: Verdict
) -> None:
    (tmp_path / "jobs.xml").write_text(RECORD)
    (record,), find = records_of(tmp_path / "jobs.xml", {"xml": "job"})
    assert judge(field, [rule] if rule else [], posting, record, find) is verdict


def test_a_salary_is_right_with_what_the_source_says_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "jobs.xml").write_text(RECORD)
    (record,), find = records_of(tmp_path / "jobs.xml", {"xml": "job"})
    rule = {"from": "pay", "patterns": [r"(?P<min>\d+) - (?P<max>\d+) k€"], "times": 1000, "currency": "EUR"}
    said = {"min": 12000.0, "max": 14000.0, "currency": "EUR"}
    assert judge("salary", [rule], {"salary": said}, record, find) is Verdict.RIGHT
    assert judge("salary", [rule], {"salary": {**said, "period": "year"}}, record, find) is Verdict.WRONG
    assert judge("salary", [rule], {"salary": {"min": 12.0, "max": 14.0}}, record, find) is Verdict.WRONG


def test_a_definition_needs_an_edit_where_one_core_field_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "expected" / "xml").mkdir(parents=True)
    (tmp_path / "jobs.xml").write_text(RECORD)
    written = {"sample": "jobs.xml", "kind": "feed", "records": {"xml": "job"}, "fields": {"title": "title"}}
    (tmp_path / "expected" / "xml" / "jobs.yaml").write_text(yaml.safe_dump(written))
    (expectation,) = expectations(tmp_path / "expected")
    records, find = records_of(tmp_path / "jobs.xml", expectation.records)
    right = judged(expectation, records, find, Made(postings=[{"title": "Cook"}]))
    made_up = judged(expectation, records, find, Made(postings=[{"title": "Cook", "url": "https://example.org"}]))
    assert right.needs_no_edit
    assert not made_up.needs_no_edit
    assert made_up.wrong == ["url"]


@pytest.mark.samples
def test_every_expectation_finds_the_records_of_its_sample(samples: Path) -> None:
    counts = json.loads((samples / "expected.json").read_text())
    for one in expectations(EXPECTED):
        assert len(records_of(samples / one.sample, one.records)[0]) == counts[one.sample]["records"], one.sample
