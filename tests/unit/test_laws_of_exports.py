"""Whatever a posting says, an export stays well formed and says the same; what preflight lets pass is valid."""

from __future__ import annotations

import csv
import io
import json
import re

import lxml.html
from exported_postings import hostile_texts, nearly_complete, postings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from reading_exports import PARTNERS, exported, faults

from jobpipe.destinations.formats.format import output_format
from jobpipe.destinations.formats.google import snippet
from jobpipe.posting import JobPosting

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# One template with values in sections, in escaped text and in attributes.
TEMPLATE = {
    "xml": {
        "item_attributes": {"id": "title"},
        "elements": {
            "title": "title",
            "escaped": {"field": "title", "cdata": False, "attributes": {"of": "company.name"}},
            "said": {"value": "posting.title ~ ''"},
        },
    }
}


def _many(examples: int) -> settings:
    # The first text of all waits for the tables of Unicode.
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_back(text: str) -> str:
    """As XML 1.0 can say it: §2.2 and §2.11."""
    return _FORBIDDEN.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


@given(some=st.lists(postings(hostile_texts), max_size=3))
@_many(40)
def test_any_text_stays_within_its_element(some: list[JobPosting]) -> None:
    for name in (*PARTNERS, "rss"):
        item, title = PARTNERS.get(name, ("item", "title"))
        root = etree.fromstring(exported(name, some))
        titles = [(job.findtext(title) or "") for job in root.iter(item)]
        repeated = [posting for posting in some for _ in range(_jobs_of(name, posting))]
        assert titles == [read_back(posting.title) for posting in repeated], name


def _jobs_of(name: str, posting: JobPosting) -> int:
    return max(len(posting.locations), 1) if name in ("indeed", "talent", "adzuna", "trovit") else 1


@given(some=st.lists(postings(hostile_texts.filter(lambda text: bool(_FORBIDDEN.sub("", text)))), max_size=3))
@_many(40)
def test_any_text_stays_within_its_place_in_a_template(some: list[JobPosting]) -> None:
    root = etree.fromstring(exported("template", some, template=TEMPLATE))
    for job, posting in zip(root, some, strict=True):
        # What is escaped can say a return; within a section none can.
        plain = _FORBIDDEN.sub("", posting.title)
        assert (job.get("id"), job.findtext("escaped")) == (plain, plain)
        assert (job.findtext("title"), job.findtext("said")) == (read_back(posting.title),) * 2


@given(posting=postings(hostile_texts))
@_many(60)
def test_any_text_is_read_back_from_json_csv_and_a_page(posting: JobPosting) -> None:
    assert json.loads(exported("jsonl", [posting]))["title"] == posting.title
    line = json.loads(exported("google", [posting]))
    assert line.get("title", "") == posting.title
    (script,) = lxml.html.fragment_fromstring(f"<div>{snippet(posting)}</div>")
    assert json.loads(script.text) == line
    template = {"json": {"item": {"title": "title"}, "list": "jobs", "around": {"v": 2}}}
    assert json.loads(exported("template", [posting], template=template)) == {
        "v": 2,
        "jobs": [{"title": posting.title} if posting.title else {}],
    }
    (row,) = csv.DictReader(io.StringIO(exported("csv", [posting]).decode("utf-8-sig"), newline=""))
    assert row["title"] in (posting.title, "'" + posting.title)
    assert not row["title"].startswith(("=", "+", "-", "@", "\t", "\r"))


@given(posting=nearly_complete())
@_many(250)
def test_what_preflight_lets_pass_is_valid_for_the_partner(posting: JobPosting) -> None:
    for name in (*PARTNERS, "google"):
        if not output_format(name).refusals(posting, {}):
            assert not faults(name, posting), name
