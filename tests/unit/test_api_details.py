"""A further request for each record of a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply
from conversing import Talk, converse

from jobpipe.sources.api.details import MOST_FAILURES, url_with

JOBS = [{"id": f"j{number}", "title": f"Offre {number}"} for number in range(1, 41)]


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        running.on("/jobs", lambda asked: {"jobs": JOBS, "total": len(JOBS)})
        running.on("/jobs/", lambda asked: {"text": f"Texte {asked.path[6:]}", "who": {"name": "Anna"}})
        yield running


def talk_of(service: ApiService, troubles: dict[str, Any] | None = None, **more: Any) -> Talk:
    """`troubles` by the record's id: what its detail answers instead."""
    if troubles is not None:
        well = service.routes["/jobs/"]

        def detail(asked: Asked) -> Any:
            return troubles[asked.path[6:]] if asked.path[6:] in troubles else well(asked)

        service.on("/jobs/", detail)
    options = {"url": service.url("/jobs/{id}"), **more.pop("detail", {})}
    source = {
        "api": {"url": service.url("/jobs"), "detail": options, "at_once": more.pop("at_once", 4)},
        "record": "jobs[*]",
        "total": "total",
    }
    return converse(source, **more)


def test_the_detail_is_put_into_the_record(service: ApiService) -> None:
    talk = talk_of(service)
    assert talk.records[0] == {
        "id": "j1",
        "title": "Offre 1",
        "detail": {"text": "Texte j1", "who": {"name": "Anna"}},
    }
    assert talk.ids == [job["id"] for job in JOBS]
    assert (talk.end.why, talk.end.total, talk.end.notices) == ("", 40, ())
    assert {answer.kind for answer in talk.pages} == {"records"}


def test_a_part_of_the_detail_goes_under_the_name_that_it_is_given(service: ApiService) -> None:
    talk = talk_of(service, detail={"path": "who.name", "as": "recruiter"})
    assert talk.records[0] == {"id": "j1", "title": "Offre 1", "recruiter": "Anna"}


def test_details_come_many_at_once_and_stay_in_order(service: ApiService) -> None:
    four = threading.Barrier(4, timeout=20)
    last_of_four = threading.Event()

    def slowest_first(asked: Asked) -> Any:
        number = int(asked.path[7:])
        if number <= 4:
            # Only where four are under way together do they come any further.
            four.wait()
            if number == 1:
                last_of_four.wait(20)
            if number == 4:
                last_of_four.set()
        return {"text": number}

    service.on("/jobs/", slowest_first)
    talk = talk_of(service, timeout=30)
    assert [record["detail"]["text"] for record in talk.records] == list(range(1, 41))


def test_no_more_are_asked_at_once_than_is_said(service: ApiService) -> None:
    lock = threading.Lock()
    under_way, most = [0], [0]

    def counted(asked: Asked) -> Any:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        service.is_closing.wait(0.01)
        with lock:
            under_way[0] -= 1
        return {"text": "x"}

    service.on("/jobs/", counted)
    assert len(talk_of(service, at_once=3).ids) == 40
    assert most[0] <= 3


@pytest.mark.parametrize("status", [404, 410])
def test_a_record_whose_detail_is_gone_is_gone(service: ApiService, status: int) -> None:
    talk = talk_of(service, {"j7": Reply(status=status)})
    assert talk.ids == [job["id"] for job in JOBS if job["id"] != "j7"]
    # The list counts it still.
    assert (talk.end.why, talk.end.total) == ("", 39)
    assert "one record is gone" in talk.end.notices[0] and "/jobs/j7" in talk.end.notices[0]


def test_a_detail_that_fails_leaves_the_list_incomplete_and_the_others_in_it(service: ApiService) -> None:
    talk = talk_of(service, {"j3": Reply(status=500), "j5": Reply(status=404), "j40": Reply(body=b"<html></html>")})
    assert talk.ids == [job["id"] for job in JOBS if job["id"] not in ("j3", "j5", "j40")]
    assert "2 details could not be had" in talk.end.why
    assert "/jobs/j3" in talk.end.why and "HTTP 500" in talk.end.why


@pytest.mark.parametrize(
    "reply", [Reply(body=b"not at all"), Reply(body=b'{"a": '), Reply(body=b""), Reply(body={"other": 1})]
)
def test_a_detail_that_is_none_fails(service: ApiService, reply: Reply) -> None:
    talk = talk_of(service, {"j3": reply}, detail={"path": "text"})
    assert len(talk.ids) == 39 and "one detail could not be had" in talk.end.why
    assert "/jobs/j3" in talk.end.why


def test_details_that_fail_one_after_the_other_are_given_up(service: ApiService) -> None:
    talk = talk_of(service, {job["id"]: Reply(status=403) for job in JOBS[20:]}, at_once=1)
    assert talk.ids == [job["id"] for job in JOBS[:20]]
    assert f"{MOST_FAILURES} details in a row" in str(talk.error) and "denies access" in str(talk.error)
    assert len(service.requests) <= 1 + 20 + MOST_FAILURES + 2


def test_a_record_without_what_the_address_needs_is_told(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": [*JOBS[:2], {"title": "ohne"}]})
    talk = talk_of(service)
    assert talk.ids == ["j1", "j2"]
    assert "nothing at id" in talk.end.why


def test_a_record_that_cannot_be_read_goes_to_quarantine_as_it_is(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(body=b'{"jobs": [{"id": "j1"}, {"id": "j2" "x"}, {"id": "j3"}]}'))
    talk = talk_of(service)
    assert [raw[:8] for raw in talk.raw] == [b'{"id":"j', b'"{\\"id\\"', b'{"id":"j']


def test_details_in_xml_of_records_in_xml_are_put_in_as_values(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(body=b"<l><job><id>j1</id></job></l>", content_type="text/xml"))
    service.on("/jobs/", lambda asked: Reply(body=b"<d><text>Texte</text></d>", content_type="text/xml"))
    source = {
        "api": {"url": service.url("/jobs"), "detail": {"url": service.url("/jobs/{id}")}},
        "record": "job",
    }
    talk = converse(source)
    assert [b'"id":"j1"' in raw and b'"text":"Texte"' in raw for raw in talk.raw] == [True]
    assert not talk.end.why


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"text": "Café à Köln"}'.encode("cp1252"), "application/json"),
        ('{"text": "Café à Köln"}'.encode("utf-16"), "application/json"),
        ('{"text": "Café à Köln"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><d><text>Café à Köln</text></d>".encode("latin-1"), "text/xml"),
        ("<?xml version='1.0' encoding='UTF-16'?><d><text>Café à Köln</text></d>".encode("utf-16"), "text/xml"),
    ],
)
def test_details_are_read_in_their_encoding(service: ApiService, body: bytes, content_type: str) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:1]})
    service.on("/jobs/", lambda asked: Reply(body=body, content_type=content_type))
    assert talk_of(service).records[0]["detail"] == {"text": "Café à Köln"}


def test_a_detail_may_be_asked_for_by_post_with_what_the_record_has(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": [{"id": 7, "ref": "a&b", "tags": []}]})
    service.on("/detail", lambda asked: {"echo": asked.json, "query": asked.query})
    body = {"query": "{ job { id } }", "variables": {"id": "{id}", "text": "no {id}"}}
    talk = talk_of(service, detail={"url": service.url("/detail"), "params": {"ref": "{ref}"}, "body": body})
    assert talk.records[0]["detail"] == {
        "echo": {"query": "{ job { id } }", "variables": {"id": 7, "text": "no 7"}},
        "query": {"ref": "a&b"},
    }


def test_a_preview_asks_for_the_details_that_it_shows(service: ApiService) -> None:
    talk = talk_of(service, enough=2)
    assert talk.ids == ["j1", "j2"]
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        ("https://h/jobs/{a}", "x y/é?k#f", "https://h/jobs/x%20y/%C3%A9%3Fk%23f"),
        ("https://h/jobs?id={a}", "1&admin=2/3", "https://h/jobs?id=1%26admin%3D2%2F3"),
        ("{a}/detail", "https://h/jobs/1", "https://h/jobs/1/detail"),
        ("https://{a}.h.example/x", "evil.example/", "https://evil.example%2F.h.example/x"),
        ("https://h/cxs{a}", "/job/Paris/R_1", "https://h/cxs/job/Paris/R_1"),
        ("https://h/{a}", 12, "https://h/12"),
    ],
)
def test_what_comes_from_a_record_stays_in_its_part_of_the_address(template: str, value: Any, url: str) -> None:
    assert url_with(template, lambda path: value) == url


def test_a_detail_of_a_host_that_a_record_names_gets_no_credentials(service: ApiService) -> None:
    with ApiService() as other:
        other.on("/d", lambda asked: {"seen": "authorization" in asked.headers})
        service.on("/jobs", lambda asked: {"jobs": [{"id": 1, "at": other.url("/d")}]})
        source = {
            "api": {"url": service.url("/jobs"), "detail": {"url": "{at}"}},
            "record": "jobs[*]",
            "auth": {"bearer": "${TOKEN}"},
            "allow": ["127.0.0.1"],
        }
        talk = converse(source, environ={"TOKEN": "geheim-99"})
    assert talk.records[0]["detail"] == {"seen": False}
    assert "authorization" in service.requests[0].headers
