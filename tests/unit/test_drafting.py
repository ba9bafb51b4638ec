"""`jobpipe.drafting`: the definition that is drafted from a feed's first records gives its postings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.services import Api
from jobpipe.drafting.draft import Choice, Draft, Question, SourceChoice
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.paging import paging_of
from jobpipe.drafting.sampling import Sample, sample
from jobpipe.drafting.writing import definition_text, flow
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.transports.transport import Request
from jobpipe.transform.compile import compile_definition
from jobpipe.transform.outcome import Item

# Feeds of many shapes, each with what its first posting must have beside it.
CASES = Path(__file__).parent.parent / "data" / "drafts"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in CASES.glob("*.expected.json"))


def drafted(path: Path) -> tuple[Sample, Draft]:
    draft = draft_source(Order(name="drafted", location=str(path)), str(path))
    settings = FormatSettings(record=draft.source.block.get("record"))
    return sample(Request(location=str(path)), path.name, settings), draft


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
    made["description"] = made["description"][: len(expected.get("description", ""))]
    wanted = {field: value for field, value in expected.items() if field not in optional or made.get(field)}
    assert {field: made.get(field) for field in wanted} == wanted


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


JOB = b"<job><id>%d</id><title>Baker %d</title><url>https://example.org/%d</url><date>2026-01-0%d</date></job>\n"
JOBS = b"".join(JOB % (n, n, n, n % 9 + 1) for n in range(1, 9))


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"<jobs>" + JOBS + b"</jobs>", 8),
        (b"<jobs>" + JOBS + b"<job><id>9</id><title>cut o", 8),
        (b"<jobs>" + JOB % (1, 1, 1, 1) + b"</jobs>", 1),
        (b"<jobs>" + b"".join(JOB % (n, n, n, n % 9 + 1) for n in range(1, 20_000)) + b"</jobs>", 300),
        (b'<j:jobs xmlns:j="urn:j">' + JOBS.replace(b"<", b"<j:").replace(b"<j:/", b"</j:") + b"</j:jobs>", 8),
        (json.dumps([{"id": n, "title": f"Baker {n}", "in": [[[[n]]]] * 50} for n in range(8)]).encode(), 8),
        (b"id\ttitle\turl\n" + b"".join(b"%d\tB\xe4cker %d\thttps://e.org/%d\n" % (n, n, n) for n in range(8)), 8),
    ],
    ids=["whole", "cut off", "one record", "large", "namespaces", "nested lists", "tabs in Latin-1"],
)
def test_title_and_reference_are_found_in_any_state_of_a_feed(tmp_path: Path, content: bytes, records: int) -> None:
    found, draft = drafted(written(tmp_path / "feed", content))
    assert draft.looked_at == records
    posting = first_posting(found, draft)
    assert posting["reference"] in ("0", "1")
    assert posting["title"].endswith(("cker 0", "Baker 0", "Baker 1"))


def test_values_that_are_all_the_same_identify_nothing(tmp_path: Path) -> None:
    same = b"".join(b"<job><id>7</id><title>Baker</title><link>https://e.org/</link></job>" for _ in range(9))
    _, draft = drafted(written(tmp_path / "feed.xml", b"<jobs>" + same + b"</jobs>"))
    assert "reference" not in {one.field for one in draft.taken}
    assert "reference" in {one.about for one in draft.questions}


def test_postings_that_share_one_page_stay_apart(tmp_path: Path) -> None:
    rows = [(title, town) for title in ("Baker", "Guard") for town in ("Leeds", "York", "Hull", "Bath")]
    jobs = [{"title": title, "location": town, "url": "https://example.org/join-us"} for title, town in rows]
    _, draft = drafted(written(tmp_path / "jobs.json", json.dumps(jobs).encode()))
    assert draft.more == {"key": ["title", "locations.text"]}
    assert "key: [title, locations.text]" in definition_text(draft)
    assert any("Several share a page" in one.text for one in draft.questions if one.about == "reference")


def test_a_city_beside_a_list_of_places_is_the_first_of_them(tmp_path: Path) -> None:
    towns = [["Lyon"], ["Lille", "Paris"], ["Nantes"], ["Rennes", "Brest", "Lorient"], ["Nice"]]
    jobs = [
        {
            "id": 4700 + n,
            "title": f"Boulanger {n}",
            "city": places[0],
            "locations": [{"city": town, "slug": f"{n}-{town}"} for town in places],
        }
        for n, places in enumerate(towns)
    ]
    found, draft = drafted(written(tmp_path / "jobs.json", json.dumps(jobs).encode()))
    assert {one.field for one in draft.taken} == {"reference", "title", "locations"}
    rule = next(one.rule for one in draft.taken if one.field == "locations")
    assert rule["for"] == "locations[*]"
    assert first_posting(found, draft)["locations"][0]["city"] == "Lyon"


def test_a_table_without_a_header_is_read_from_its_first_row(tmp_path: Path) -> None:
    rows = "".join(f"{n},Nurse {n},https://e.org/{n},2026-01-0{n}\n" for n in range(1, 9))
    _, draft = drafted(written(tmp_path / "jobs.csv", rows.encode()))
    assert draft.source.block["csv"] == {"header": False}
    assert draft.looked_at == 8


@pytest.mark.parametrize(
    ("address", "answer", "page"),
    [
        (
            "https://api.example.org/jobs?page=1&per_page=2",
            {"total": 9, "jobs": [{}, {}]},
            {"url": "https://api.example.org/jobs", "params": {"page": "{page}", "per_page": "{size}"}},
        ),
        (
            "https://api.example.org/jobs",
            {"jobs": [{}, {}], "links": {"next": "https://api.example.org/jobs?c=2"}},
            {"url": "https://api.example.org/jobs", "page": {"by": "next", "next": "links.next"}},
        ),
        (
            "https://api.example.org/jobs?cursor=&limit=2",
            {"jobs": [{}, {}], "meta": {"nextCursor": "abc"}},
            {"page": {"by": "cursor", "cursor": "meta.nextCursor"}},
        ),
        ("https://api.example.org/jobs?start=0", {"count": 9, "jobs": [{}, {}]}, {"page": {"by": "offset", "size": 2}}),
    ],
)
def test_the_next_page_is_asked_for_as_address_and_answer_show(
    address: str, answer: dict[str, Any], page: dict[str, Any]
) -> None:
    found = paging_of(address, answer, 2)
    assert found.api is not None
    assert found.api | page == found.api
    assert Api.model_validate(found.api)


def test_an_answer_that_is_a_part_is_asked_about_where_nothing_shows_the_next_page() -> None:
    found = paging_of("https://api.example.org/jobs", {"meta": {"total": 11}, "jobs": [{}, {}]}, 2)
    assert found.api is None
    assert "11" in found.questions[0].text
    assert all(Api.model_validate(rule) for _, rule in found.questions[0].options)


values = st.recursive(
    st.text(max_size=30) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=12), inner),
    max_leaves=6,
)


@given(values)
def test_whatever_a_source_calls_its_parts_is_written_as_it_is(value: Any) -> None:
    assert yaml.safe_load(f"x: {flow(value)}\n") == {"x": value}


@given(st.text(max_size=200))
def test_no_sample_or_reason_ends_a_comment(text: str) -> None:
    draft = Draft(
        import_="acme",
        client="",
        source=SourceChoice(kind="feed", block={"feed": "a.xml"}, reasons={"feed": text}),
        choices=(Choice(field="title", rule="a", paths=("a",), confidence=0.75, reason=text),),
        questions=(Question(about="url", text=text),),
    )
    assert parse_definition(definition_text(draft), "acme.yaml").definition.posting["title"].from_ == ["a"]


def test_a_list_of_something_else_is_no_feed_of_jobs_without_a_word(tmp_path: Path) -> None:
    rows = "".join(f"{n:03},Kind of work {n}\n" for n in range(40))
    _, draft = drafted(written(tmp_path / "codes.csv", f"code,label\n{rows}".encode()))
    assert "hardly a feed of jobs" in " ".join(draft.notices)
