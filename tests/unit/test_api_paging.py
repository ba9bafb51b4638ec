"""How the pages of a service are turned, and when a list has come to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply, replies
from conversing import converse

from jobpipe.sources.api.turning import next_link

JOBS = [{"id": number, "title": f"Offre {number}"} for number in range(1, 26)]
LIST = "jobs[*]"


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


def numbered(asked: Asked, jobs: list[Any] | None = None, **beside: Any) -> dict[str, Any]:
    size, page = asked.number("per", 10), asked.number("page", 1)
    return {"jobs": (JOBS if jobs is None else jobs)[(page - 1) * size : page * size], **beside}


def api(service: ApiService, page: dict[str, Any], params: dict[str, Any], **more: Any) -> dict[str, Any]:
    source = {name: more.pop(name) for name in ("total", "format") if name in more}
    return {"api": {"url": service.url("/jobs"), "params": params, "page": page, **more}, "record": LIST, **source}


BY_NUMBER: dict[str, Any] = {"by": "number", "size": 10}
NUMBERS = {"page": "{page}", "per": "{size}"}


def test_pages_are_counted_until_one_is_shorter(service: ApiService) -> None:
    service.on("/jobs", numbered)
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == list(range(1, 26))
    assert talk.end.why == ""
    assert [one.query["page"] for one in service.requests] == ["1", "2", "3"]


def test_pages_may_be_counted_from_nothing(service: ApiService) -> None:
    def from_nothing(asked: Asked) -> Any:
        start = asked.number("page") * 10
        return {"jobs": JOBS[start : start + 10]}

    service.on("/jobs", from_nothing)
    talk = converse(api(service, {**BY_NUMBER, "start": 0}, {"page": "{page}"}))
    assert talk.ids == list(range(1, 26)) and not talk.end.why


def test_a_service_that_gives_fewer_a_page_than_it_is_asked_for_loses_nothing(service: ApiService) -> None:
    def capped(asked: Asked) -> Any:
        start = asked.number("from")
        return {"jobs": JOBS[start : start + min(7, asked.number("size"))]}

    service.on("/jobs", capped)
    talk = converse(api(service, {"by": "offset", "size": 100}, {"from": "{offset}", "size": "{size}"}))
    assert talk.ids == list(range(1, 26)) and not talk.end.why


def test_a_full_last_page_is_followed_by_an_empty_one(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, JOBS[:20]))
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == list(range(1, 21)) and not talk.end.why
    assert len(talk.pages) == 2


@pytest.mark.parametrize("status", [400, 404, 416])
def test_a_refusal_beyond_the_stated_total_is_the_end(service: ApiService, status: int) -> None:
    service.on(
        "/jobs",
        lambda asked: numbered(asked, JOBS[:20], total=20) if asked.number("page") < 3 else Reply(status=status),
    )
    talk = converse(api(service, BY_NUMBER, NUMBERS, total="total"))
    assert talk.ids == list(range(1, 21))
    assert (talk.end.why, talk.end.total) == ("", 20)


def test_a_refusal_of_a_page_that_should_be_there_is_no_end(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked) if asked.number("page") < 2 else Reply(status=404))
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == list(range(1, 11))
    assert talk.error is not None and "HTTP 404" in str(talk.error) and "page=2" in str(talk.error)


def test_a_short_list_on_one_page_is_asked_for_a_second_one_and_ends(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, JOBS[:3]))
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == [1, 2, 3] and not talk.end.why


def test_a_service_that_does_not_know_pages_gives_its_short_list_once(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:3]})
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == [1, 2, 3] and not talk.end.why


def test_a_total_that_is_too_low_for_ever_loses_nothing(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, total=10))
    talk = converse(api(service, BY_NUMBER, NUMBERS, total="total"))
    assert talk.ids == list(range(1, 26))
    assert talk.end.total == 10


def test_a_total_that_is_too_high_is_told(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, total=99))
    talk = converse(api(service, BY_NUMBER, NUMBERS, total="total"))
    assert talk.ids == list(range(1, 26))
    assert (talk.end.why, talk.end.total) == ("", 99)


def test_a_count_that_every_page_gives_of_itself_is_no_total(service: ApiService) -> None:
    def counted(asked: Asked) -> Any:
        page = numbered(asked)
        return {**page, "count": len(page["jobs"])}

    service.on("/jobs", counted)
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == list(range(1, 26)) and talk.end.total is None


def test_a_number_of_pages_ends_the_list(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, JOBS[:20], meta={"pages": 2}))
    talk = converse(api(service, {**BY_NUMBER, "pages": "meta.pages"}, NUMBERS))
    assert talk.ids == list(range(1, 21)) and not talk.end.why
    assert len(service.requests) == 2


def test_a_header_may_say_the_total_and_the_number_of_pages(service: ApiService) -> None:
    headers = {"X-Total": "20", "X-Total-Pages": "2"}
    service.on("/jobs", lambda asked: Reply(body=numbered(asked, JOBS[:20]), headers=headers))
    talk = converse(api(service, {**BY_NUMBER, "pages": "header:X-Total-Pages"}, NUMBERS, total="header:X-Total"))
    assert len(service.requests) == 2
    assert (talk.end.why, talk.end.total) == ("", 20)


def test_a_range_of_the_listing_says_its_total(service: ApiService) -> None:
    def ranged(asked: Asked) -> Any:
        first, last = map(int, asked.query["range"].split("-"))
        if first >= len(JOBS):
            return Reply(status=204)
        headers = {"Content-Range": f"offres {first}-{min(last, 24)}/25"}
        return Reply(body={"jobs": JOBS[first : last + 1]}, status=206, headers=headers)

    service.on("/jobs", ranged)
    talk = converse(api(service, {"by": "offset", "size": 10}, {"range": "{offset}-{last}"}))
    assert talk.ids == list(range(1, 26))
    assert (talk.end.why, talk.end.total) == ("", 25)
    assert [one.query["range"] for one in service.requests] == ["0-9", "10-19", "20-29"]


def test_no_content_is_an_empty_list(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=204))
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert [answer.kind for answer in talk.answers] == ["end"] and not talk.end.why


def test_what_says_that_there_is_more_decides(service: ApiService) -> None:
    service.on("/jobs", replies({"jobs": JOBS[:2], "more": True}, {"jobs": JOBS[2:3], "more": "false"}, {"jobs": []}))
    talk = converse(api(service, {**BY_NUMBER, "more": "more"}, NUMBERS))
    assert talk.ids == [1, 2, 3] and not talk.end.why
    assert len(service.requests) == 2


def test_cursors_are_followed_and_the_first_request_has_none(service: ApiService) -> None:
    service.on(
        "/jobs",
        replies({"jobs": JOBS[:2], "next": "a/b+c="}, {"jobs": [], "next": 7}, {"jobs": JOBS[2:4], "next": None}),
    )
    talk = converse(api(service, {"by": "cursor", "cursor": "next"}, {"cursor": "{cursor}", "n": 2}))
    assert talk.ids == [1, 2, 3, 4] and not talk.end.why
    assert [one.query.get("cursor") for one in service.requests] == [None, "a/b+c=", "7"]


def test_a_cursor_that_comes_again_ends_in_incompleteness(service: ApiService) -> None:
    service.on("/jobs", replies(*({"jobs": [job], "next": "same"} for job in JOBS)))
    talk = converse(api(service, {"by": "cursor", "cursor": "next"}, {"cursor": "{cursor}"}))
    assert talk.ids == [1, 2]
    assert "'same'" in talk.end.why and "goes round" in talk.end.why


def test_an_empty_page_with_the_cursor_of_before_is_the_end(service: ApiService) -> None:
    service.on("/jobs", replies({"jobs": JOBS[:2], "next": "x"}, {"jobs": [], "next": "x"}))
    talk = converse(api(service, {"by": "cursor", "cursor": "next"}, {"cursor": "{cursor}"}))
    assert talk.ids == [1, 2] and not talk.end.why


def test_ever_new_cursors_of_empty_pages_come_to_an_end(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": [], "next": len(service.requests)})
    talk = converse(api(service, {"by": "cursor", "cursor": "next"}, {"cursor": "{cursor}"}))
    assert "without a record" in talk.end.why
    assert len(service.requests) == 20


def test_the_next_url_is_in_the_body(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:2], "links": {"next": "/more?at=2"}})
    service.on("/more", lambda asked: {"jobs": JOBS[2:4], "links": {"next": service.url("/last")}})
    service.on("/last", lambda asked: {"jobs": JOBS[4:5], "links": {}})
    talk = converse(api(service, {"by": "next", "next": "links.next"}, {"lang": "fr"}))
    assert talk.ids == [1, 2, 3, 4, 5] and not talk.end.why
    assert [one.query for one in service.requests] == [{"lang": "fr"}, {"at": "2"}, {}]


def test_a_next_url_that_was_asked_before_ends_in_incompleteness(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": [JOBS[0]], "next": "/b"})
    service.on("/b", lambda asked: {"jobs": [JOBS[1]], "next": "/c"})
    service.on("/c", lambda asked: {"jobs": [JOBS[2]], "next": "/b"})
    talk = converse(api(service, {"by": "next", "next": "next"}, {}))
    assert talk.ids == [1, 2, 3] and "goes round" in talk.end.why


def test_the_link_header_is_followed(service: ApiService) -> None:
    def linked(asked: Asked) -> Any:
        page = asked.number("page", 1)
        more = f'<{service.url("/jobs")}?page={page + 1}&per=10>; rel="next", ' if page < 3 else ""
        return Reply(body=numbered(asked), headers={"Link": f'{more}<{service.url("/jobs")}>; rel="first"'})

    service.on("/jobs", linked)
    talk = converse(api(service, {"by": "link"}, {"per": 10}))
    assert talk.ids == list(range(1, 26)) and not talk.end.why


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://h/a>; rel="next"', "https://h/a"),
        ("</b>;rel=next", "/b"),
        ('<https://h/c?x=1,2>; title="a, b"; rel="last next"', "https://h/c?x=1,2"),
        ('<https://h/a>; rel="prev"', ""),
        ('<https://h/a>; rel="nextish"', ""),
        ('<https://h/p>; rel="prev", <https://h/n>; rel=next; x="y"', "https://h/n"),
        ("", ""),
    ],
)
def test_a_link_header_is_read(header: str, url: str) -> None:
    assert next_link(header) == url


def test_the_same_records_again_end_in_incompleteness(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS[:10], "at": len(service.requests)})
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == list(range(1, 11))
    assert "page 2 has the records of page 1 again" in talk.end.why


def test_a_list_without_end_ends_after_the_most_pages(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": [{"id": asked.number("page") * 10 + n} for n in range(10)]})
    talk = converse(api(service, {**BY_NUMBER, "most": 4}, NUMBERS))
    assert len(talk.ids) == 40
    assert "4 pages and no end" in talk.end.why


def test_a_list_that_ends_on_the_last_page_allowed_is_whole(service: ApiService) -> None:
    service.on("/jobs", numbered)
    assert not converse(api(service, {**BY_NUMBER, "most": 3}, NUMBERS)).end.why
    service.on("/jobs", lambda asked: numbered(asked, JOBS[:20], total=20))
    assert not converse(api(service, {**BY_NUMBER, "most": 2}, NUMBERS, total="total")).end.why


def test_a_total_that_only_the_first_page_tells_is_the_total(service: ApiService) -> None:
    service.on("/jobs", lambda asked: numbered(asked, total=25 if asked.number("page") == 1 else 0))
    talk = converse(api(service, BY_NUMBER, NUMBERS, total="total"))
    assert (len(talk.ids), talk.end.why, talk.end.total) == (25, "", 25)
    assert len(service.requests) == 3


def test_an_error_with_status_200_after_a_short_first_page_is_no_end(service: ApiService) -> None:
    """The service may give fewer a page than it is asked for: nobody knows that this was all."""
    service.on("/jobs", replies({"jobs": JOBS[:3]}, {"error": "slow down"}))
    talk = converse(api(service, BY_NUMBER, NUMBERS))
    assert talk.ids == [1, 2, 3] and "slow down" in str(talk.error)


def test_whatever_is_said_beyond_the_stated_total_is_the_end(service: ApiService) -> None:
    service.on("/jobs", replies({"jobs": JOBS[:10], "total": 10}, {"message": "no such page"}))
    talk = converse(api(service, BY_NUMBER, NUMBERS, total="total"))
    assert (len(talk.ids), talk.end.why, talk.end.total) == (10, "", 10)


def test_placeholders_go_into_the_url_and_keep_their_type_in_a_body(service: ApiService) -> None:
    service.on("/jobs/", replies({"jobs": JOBS[:2], "next": "abc"}, {"jobs": JOBS[2:3]}))
    talk = converse(
        {
            "api": {
                "url": service.url("/jobs/{page}"),
                "body": {
                    "from": "{offset}",
                    "text": "page {page} of {size}",
                    "deep": [{"after": "{cursor}"}],
                    "x": "{y}",
                },
                "page": {"by": "cursor", "cursor": "next", "size": 2},
            },
            "record": LIST,
        }
    )
    assert talk.ids == [1, 2, 3]
    assert [one.path for one in service.requests] == ["/jobs/1", "/jobs/2"]
    assert [one.json for one in service.requests] == [
        {"from": 0, "text": "page 1 of 2", "deep": [{"after": None}], "x": "{y}"},
        {"from": 2, "text": "page 2 of 2", "deep": [{"after": "abc"}], "x": "{y}"},
    ]
    assert {one.method for one in service.requests} == {"POST"}


QUERY = "query ($after: String) { jobs(after: $after) { nodes { id title } pageInfo {endCursor} } edges{cursor} }"


def test_graphql_is_asked_with_variables_and_its_query_stays_as_it_is(service: ApiService) -> None:
    def answer(jobs: list[Any], end: str | None) -> Any:
        return {"data": {"jobs": {"nodes": jobs, "pageInfo": {"endCursor": end}}}}

    service.on("/graphql", replies(answer(JOBS[:2], "k2"), answer(JOBS[2:3], None)))
    talk = converse(
        {
            "api": {
                "url": service.url("/graphql"),
                "body": {"query": QUERY, "variables": {"after": "{cursor}"}},
                "page": {"by": "cursor", "cursor": "data.jobs.pageInfo.endCursor"},
            },
            "record": "data.jobs.nodes[*]",
        }
    )
    assert talk.ids == [1, 2, 3] and not talk.end.why
    assert [one.json["variables"]["after"] for one in service.requests] == [None, "k2"]
    assert {one.json["query"] for one in service.requests} == {QUERY}


def test_graphql_errors_with_status_200_are_errors_after_the_good_pages(service: ApiService) -> None:
    good = {"data": {"jobs": JOBS[:2], "end": "k"}}
    service.on("/graphql", replies(good, {"errors": [{"message": "rate limited by Frau Müller"}], "data": None}))
    talk = converse(
        {
            "api": {
                "url": service.url("/graphql"),
                "body": {"query": "query { jobs { id } end }", "variables": {"after": "{cursor}"}},
                "page": {"by": "cursor", "cursor": "data.end"},
            },
            "record": "data.jobs[*]",
        }
    )
    assert talk.ids == [1, 2]
    assert "the query fails: rate limited by Frau Müller" in str(talk.error)


def xml_page(numbers: range, after: str = "") -> Reply:
    offers = "".join(f"<offre><id>{number}</id></offre>" for number in numbers)
    text = f"<?xml version='1.0' encoding='ISO-8859-1'?><liste><suite>{after}</suite>{offers}<n>é</n></liste>"
    return Reply(body=text.encode("latin-1"), content_type="text/xml")


@pytest.mark.parametrize("path", ["suite", "/liste/suite"])
def test_xml_pages_are_turned_by_what_they_say(service: ApiService, path: str) -> None:
    service.on("/jobs", replies(xml_page(range(1, 3), "b"), xml_page(range(3, 4))))
    source = {
        "api": {
            "url": service.url("/jobs"),
            "params": {"suite": "{cursor}"},
            "page": {"by": "cursor", "cursor": path},
        },
        "record": "offre",
    }
    talk = converse(source)
    assert talk.raw == [f"<offre><id>{number}</id></offre>".encode() for number in (1, 2, 3)]
    assert [one.query.get("suite") for one in service.requests] == [None, "b"]
    assert not talk.end.why


def test_an_error_in_xml_is_no_empty_page(service: ApiService) -> None:
    trouble = Reply(body=b"<error>too many requests</error>", content_type="text/xml")
    service.on("/jobs", replies(xml_page(range(1, 11)), trouble))
    talk = converse({**api(service, BY_NUMBER, NUMBERS), "record": "offre"})
    assert len(talk.raw) == 10
    assert "its root is error" in str(talk.error) and "too many requests" in str(talk.error)


def test_a_page_that_is_short_because_a_record_in_it_is_broken_is_not_the_last(service: ApiService) -> None:
    broken = Reply(body=b"<liste><offre><id>11</id><offre><id>12</id></liste>", content_type="text/xml")
    service.on("/jobs", replies(xml_page(range(1, 11)), broken, xml_page(range(21, 31)), xml_page(range(31, 33))))
    talk = converse({**api(service, BY_NUMBER, NUMBERS), "record": "offre"})
    assert talk.raw[-1] == b"<offre><id>32</id></offre>" and not talk.end.why


def test_one_answer_without_pages_is_a_whole_list(service: ApiService) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS, "meta": {"total": 25}})
    talk = converse({"api": {"url": service.url("/jobs")}, "record": LIST, "total": "meta.total"})
    assert talk.ids == list(range(1, 26)) and len(service.requests) == 1
    assert (talk.end.why, talk.end.total) == ("", 25)


def test_a_preview_asks_for_no_more_than_it_shows(service: ApiService) -> None:
    service.on("/jobs", numbered)
    talk = converse(api(service, BY_NUMBER, NUMBERS), enough=3)
    assert len(service.requests) == 1
    assert "only the first 3" in talk.end.why


def test_the_same_answers_give_the_same_bytes(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(body=numbered(asked), headers={"X-Now": str(len(service.requests))}))
    source = api(service, BY_NUMBER, NUMBERS)
    assert converse(source).stream == converse(source).stream
