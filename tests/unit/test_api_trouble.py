"""What services do wrong, what is borne, and what a person is told."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply, replies
from conversing import Talk, converse

from jobpipe.errors import LimitExceededError
from jobpipe.sources.api.rate import Rate

JOBS = [{"id": number, "title": f"Offre {number}"} for number in range(1, 7)]


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


def page(number: int) -> dict[str, Any]:
    return {"jobs": JOBS[2 * number - 2 : 2 * number]}


def talk_of(service: ApiService, second: Any, *after: Any, **more: Any) -> Talk:
    """A list of three pages, of which the second is `second` (or several, one after the other)."""
    service.on("/jobs", replies(page(1), second, *after, {"jobs": []}))
    source = {
        "api": {"url": service.url("/jobs"), "params": {"page": "{page}"}, "page": {"by": "number"}},
        "record": "jobs[*]",
        **more.pop("source", {}),
    }
    return converse(source, **more)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_waited_out(service: ApiService, status: int) -> None:
    talk = talk_of(service, Reply(status=status), Reply(status=status), page(2), page(3))
    assert talk.ids == [1, 2, 3, 4, 5, 6] and not talk.end.why
    assert [one.query["page"] for one in service.requests] == ["1", "2", "2", "2", "3", "4"]


@pytest.mark.parametrize("retry_after", ["1", "date"])
def test_retry_after_is_obeyed(service: ApiService, retry_after: str) -> None:
    if retry_after == "date":
        retry_after = email.utils.formatdate(time.time() + 2, usegmt=True)
    refused = Reply(status=429, headers={"Retry-After": retry_after})
    moments: list[float] = []

    def timed(reply: Any) -> Any:
        return lambda asked: (moments.append(time.monotonic()), reply)[1]

    talk = talk_of(service, timed(refused), timed(page(2)))
    assert talk.ids == [1, 2, 3, 4]
    # Without it, the next attempt comes after hundredths of a second.
    assert moments[1] - moments[0] > 0.9


def test_a_service_that_asks_for_hours_is_left_alone(service: ApiService) -> None:
    talk = talk_of(service, Reply(status=503, headers={"Retry-After": "7200"}))
    assert talk.ids == [1, 2]
    assert "come back in 7,200 seconds" in str(talk.error)
    assert len(service.requests) == 2


def test_lasting_trouble_is_told_after_the_good_pages(service: ApiService) -> None:
    talk = talk_of(service, *[Reply(status=500, body={"error": "db down"})] * 9)
    assert talk.ids == [1, 2]
    assert "trouble of its own (HTTP 500)" in str(talk.error)
    assert "db down" in str(talk.error) and "page=2" in str(talk.error)
    assert len(service.requests) == 4


def test_a_connection_cut_in_an_answer_is_asked_for_again(service: ApiService) -> None:
    talk = talk_of(service, Reply(body=page(2), cut=9), page(2))
    assert talk.ids == [1, 2, 3, 4] and not talk.end.why


HTML = b"<!DOCTYPE html><html><head><title>Wartung</title></head><body>bis morgen</body></html>"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(body=HTML, content_type="text/html"), "an HTML page.*'Wartung'"),
        (Reply(body=HTML), "an HTML page"),
        (Reply(body=b"%PDF-1.7 ...", content_type="application/pdf"), "neither JSON nor XML"),
        (Reply(body=b"oops, try again", content_type="text/plain"), "neither JSON nor XML.*oops"),
        (Reply(body=b'{"jobs": [{"id": 3}, {"id": '), "cut off in record 2"),
        (Reply(body=b'{"error": "no such list"}'), "nothing at jobs.*no such list"),
        (Reply(body=b""), "empty"),
        (Reply(body=b"[]"), "nothing at jobs"),
    ],
)
def test_an_answer_that_is_no_page_is_told_after_the_good_pages(service: ApiService, reply: Reply, told: str) -> None:
    talk = talk_of(service, reply)
    assert talk.error is not None
    assert talk.ids[:2] == [1, 2]
    with pytest.raises(type(talk.error), match=told):
        raise talk.error
    assert "/jobs?page=2" in str(talk.error)


def test_what_came_of_a_broken_page_is_kept(service: ApiService) -> None:
    talk = talk_of(service, Reply(body=b'{"jobs": [{"id": 3}, {"id": '))
    assert talk.ids == [1, 2, 3]
    assert talk.error is not None


def test_a_page_of_another_content_type_is_read_by_what_it_is(service: ApiService) -> None:
    talk = talk_of(service, Reply(body=json.dumps(page(2)).encode(), content_type="text/html"))
    assert talk.ids == [1, 2, 3, 4] and not talk.end.why


def test_gzipped_answers_are_unpacked(service: ApiService) -> None:
    packed = gzip.compress(json.dumps(page(2)).encode())
    talk = talk_of(service, Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    assert talk.ids == [1, 2, 3, 4] and not talk.end.why
    assert "gzip" in service.requests[0].headers["accept-encoding"]


def test_an_endless_answer_ends_at_the_limit(service: ApiService) -> None:
    talk = talk_of(service, Reply(body=b'{"jobs": [' + b" " * 60_000, is_endless=True), max_bytes=2_000_000)
    assert talk.ids == [1, 2]
    assert isinstance(talk.error, LimitExceededError) and "source.limits.download" in str(talk.error)


def test_a_bomb_in_gzip_ends_at_the_limit(service: ApiService) -> None:
    packed = gzip.compress(b'{"jobs": [' + b" " * 30_000_000)
    talk = talk_of(service, Reply(body=packed, headers={"Content-Encoding": "gzip"}), max_bytes=2_000_000)
    assert isinstance(talk.error, LimitExceededError)


def test_pages_count_together_towards_the_limit(service: ApiService) -> None:
    filler = "x" * 3_000
    service.on("/jobs", lambda asked: {"jobs": [{"id": asked.number("page"), "text": filler}]})
    source = {
        "api": {"url": service.url("/jobs"), "params": {"page": "{page}"}, "page": {"by": "number"}},
        "record": "jobs[*]",
    }
    talk = converse(source, max_bytes=10_000)
    assert talk.ids == [1, 2, 3]
    assert isinstance(talk.error, LimitExceededError)


def test_a_slow_drip_is_not_waited_for_for_ever(service: ApiService) -> None:
    talk = talk_of(service, Reply(body=b" " * 10_000, drip=0.05), timeout=0.3)
    assert talk.ids == [1, 2]
    assert "sends too slowly" in str(talk.error)


def test_a_service_that_falls_silent_is_told(service: ApiService) -> None:
    talk = talk_of(service, *[Reply(body=b"  ", drip=30)] * 9, timeout=0.5)
    assert "sends nothing more" in str(talk.error)


def test_a_next_url_into_a_private_network_is_refused(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:2], "next": "http://10.0.0.7/jobs"})
    source: dict[str, Any] = {
        "api": {"url": service.url("/jobs"), "page": {"by": "next", "next": "next"}},
        "record": "jobs[*]",
    }
    talk = converse(source)
    assert talk.ids == [1, 2]
    assert "a private network" in str(talk.error)


def test_a_redirect_into_a_private_network_is_refused(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=302, headers={"Location": "http://192.168.4.4/"}))
    talk = converse({"api": {"url": service.url("/jobs")}, "record": "jobs[*]"})
    assert "a private network" in str(talk.error)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x"])
def test_a_next_url_that_is_no_web_address_is_refused(service: ApiService, url: str) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:2], "next": url})
    talk = converse({"api": {"url": service.url("/jobs"), "page": {"by": "next", "next": "next"}}, "record": "jobs[*]"})
    assert talk.ids == [1, 2]
    assert "no web address" in str(talk.error)


def test_a_redirect_that_would_lose_what_is_sent_is_told(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=301, headers={"Location": "/v2/jobs"}))
    talk = converse({"api": {"url": service.url("/jobs"), "body": {"q": "all"}}, "record": "jobs[*]"})
    assert "what is sent would be lost" in str(talk.error) and "/v2/jobs" in str(talk.error)


def test_a_redirect_that_keeps_the_method_is_followed(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=308, headers={"Location": "/v2/jobs"}))
    service.on("/v2/jobs", lambda asked: {"jobs": JOBS[:2]} if asked.json == {"q": "all"} else Reply(status=400))
    talk = converse({"api": {"url": service.url("/jobs"), "body": {"q": "all"}}, "record": "jobs[*]"})
    assert talk.ids == [1, 2]


def test_requests_keep_the_pace_that_the_service_allows() -> None:
    import asyncio

    slept: list[float] = []
    now = [100.0]

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    async def three_turns() -> None:
        rate = Rate(120, clock=lambda: now[0], sleep=sleep)
        await rate.turn()
        await rate.turn()
        now[0] += 0.2
        await rate.turn()
        rate.hold(5)
        await rate.turn()

    asyncio.run(three_turns())
    assert slept == [0.5, 0.3, 5.0]


def test_a_pace_is_kept_in_a_conversation(service: ApiService) -> None:
    moments: list[float] = []

    def timed(asked: Asked) -> Any:
        moments.append(time.monotonic())
        return page(asked.number("page"))

    service.on("/jobs", timed)
    source = {
        "api": {
            "url": service.url("/jobs"),
            "params": {"page": "{page}"},
            "page": {"by": "number"},
            "a_minute": 600,
        },
        "record": "jobs[*]",
    }
    talk = converse(source)
    assert talk.ids == [1, 2, 3, 4, 5, 6]
    assert moments[-1] - moments[0] > 0.25


def test_what_is_sent_does_not_follow_a_redirect_to_another_host(service: ApiService) -> None:
    with ApiService() as other:
        other.on("/jobs", lambda asked: {"jobs": JOBS})
        service.on("/jobs", lambda asked: Reply(status=307, headers={"Location": other.url("/jobs")}))
        talk = converse({"api": {"url": service.url("/jobs"), "body": {"login": "x"}}, "record": "jobs[*]"})
        assert not other.requests
    assert "what is sent to another host" in str(talk.error)


def test_the_headers_of_a_definition_go_before_the_usual_ones(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS})
    headers = {"accept": "application/vnd.jobs+json", "Content-Type": "application/vnd.api+json"}
    converse({"api": {"url": service.url("/jobs"), "body": {}}, "record": "jobs[*]", "headers": headers})
    (asked,) = service.requests
    assert asked.headers["accept"] == headers["accept"] and asked.headers["content-type"] == headers["Content-Type"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"api": {"url": "https://h/", "page": {"by": "number"}}}, "no parameter turns the page"),
        ({"api": {"url": "https://h/", "page": {"by": "cursor"}}}, "`by: cursor` needs `cursor`"),
        ({"api": {"url": "https://h/{page}"}}, "needs `page"),
        ({"api": {"url": "https://h/", "params": {"n": "{size}"}, "page": {"by": "link"}}}, "need `page: {size"),
        ({"api": {"url": "https://h/", "detail": {"url": "https://h/detail"}}}, "every record would ask for the same"),
        (
            {
                "api": {
                    "url": "https://h/",
                    "body": {"query": "{ jobs { edges{cursor} } }"},
                    "page": {"by": "cursor", "cursor": "data.c"},
                }
            },
            "no parameter turns the page",
        ),
        ({"soap": {"wsdl": "a.wsdl", "operation": "X", "page": {"by": "link"}}}, "no URL of a next page"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_asked(source: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        converse(source)
