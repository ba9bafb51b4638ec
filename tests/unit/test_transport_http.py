from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections.abc import Iterator

import pytest
from http_source import HttpSource, Resource

from jobpipe.errors import LimitExceededError, SourceChangedError, SourceError
from jobpipe.sources.transports.http import HttpTransport, Patience
from jobpipe.sources.transports.transport import Arrival, Request, Validators

LONG_AGO = 1_700_000_000.0
IMPATIENT = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, longest_retry_after=2)
FEED = b"<jobs>" + random.Random(7).randbytes(600_000) + b"</jobs>"


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource() as running:
        yield running


async def _fetch(request: Request, transport: HttpTransport) -> tuple[Arrival, bytes]:
    arrival, chunks = await transport.open(request)
    try:
        return arrival, b"".join([chunk async for chunk in chunks])
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]


def fetch(location: str, transport: HttpTransport | None = None, **more: object) -> tuple[Arrival, bytes]:
    request = Request(location=location, **more)  # type: ignore[arg-type]
    return asyncio.run(_fetch(request, transport or HttpTransport(patience=IMPATIENT)))


def resolving(**hosts: str) -> HttpTransport:
    """A transport in whose world names have these addresses (`_` for a dot)."""
    known = {name.replace("_", "."): address for name, address in hosts.items()}

    async def resolve(host: str, port: int) -> list[str]:
        return [known.get(host, host)]

    return HttpTransport(patience=IMPATIENT, resolve=resolve)


def test_a_feed_arrives_with_what_its_server_says_of_it(source: HttpSource) -> None:
    source.serve("/out/offres.xml", FEED, etag='"v1"', modified=LONG_AGO, content_type="text/xml; charset=ISO-8859-1")
    arrival, body = fetch(source.url("/out/offres.xml"))
    assert body == FEED
    assert arrival.name == "offres.xml"
    assert arrival.length == len(FEED)
    assert arrival.validators == Validators(etag='"v1"', last_modified="Tue, 14 Nov 2023 22:13:20 GMT")
    assert (arrival.content_type, arrival.charset) == ("text/xml", "ISO-8859-1")
    seen = source.requests[0]
    assert seen.header("user-agent").startswith("job-pipe/")
    assert seen.header("accept-encoding") == "identity"


def test_the_name_comes_from_the_server_where_it_gives_one(source: HttpSource) -> None:
    source.serve("/export", FEED, headers={"Content-Disposition": 'attachment; filename="../../etc/jobs.csv"'})
    assert fetch(source.url("/export?client=7"))[0].name == "jobs.csv"


def test_a_version_that_is_known_is_not_sent_again(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag='"v1"', modified=LONG_AGO)
    first, _ = fetch(source.url("/a.xml"))
    again, body = fetch(source.url("/a.xml"), validators=first.validators)
    assert again.unchanged and body == b""
    assert again.validators == first.validators


def test_a_date_alone_is_enough_to_know_a_version(source: HttpSource) -> None:
    resource = source.serve("/a.xml", FEED, etag="", modified=LONG_AGO)
    first, _ = fetch(source.url("/a.xml"))
    assert fetch(source.url("/a.xml"), validators=first.validators)[0].unchanged
    resource.modified = LONG_AGO + 60
    assert not fetch(source.url("/a.xml"), validators=first.validators)[0].unchanged


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_passing_trouble_of_the_server_is_waited_out(source: HttpSource, status: int) -> None:
    source.serve("/a.xml", FEED, statuses=[status, status])
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert [seen.status for seen in source.requests] == [status, status, 200]


def test_a_lasting_trouble_of_the_server_is_named_and_not_asked_for_ever(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, statuses=[503] * 20)
    with pytest.raises(SourceError, match=r"trouble of its own \(HTTP 503\).*try later"):
        fetch(source.url("/a.xml"))
    assert len(source.requests) == IMPATIENT.attempts


def test_retry_after_is_honoured(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, statuses=[429], retry_after="1")
    began = time.monotonic()
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert time.monotonic() - began >= 1.0


def test_a_server_that_asks_for_hours_is_left_alone(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, statuses=[429, 429], retry_after="7200")
    with pytest.raises(SourceError, match="come back in 7,200 seconds"):
        fetch(source.url("/a.xml"))
    assert len(source.requests) == 1


@pytest.mark.parametrize(
    ("status", "what"),
    [(403, "denies access"), (404, "is not there"), (410, "gone for good"), (400, "refuses the request")],
)
def test_a_refusal_is_final_and_says_what_to_do(source: HttpSource, status: int, what: str) -> None:
    source.serve("/a.xml", FEED, statuses=[status])
    with pytest.raises(SourceError, match=what) as caught:
        fetch(source.url("/a.xml?token=geheim&page=1"))
    assert len(source.requests) == 1
    assert caught.value.hint
    assert "geheim" not in str(caught.value)
    assert "token=***" in str(caught.value)


def test_no_content_is_not_an_empty_feed(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, statuses=[204])
    with pytest.raises(SourceError, match="no content"):
        fetch(source.url("/a.xml"))


def test_a_login_goes_with_the_request_and_never_into_a_message(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, basic="anna:s3cret word")
    assert fetch(source.url("/a.xml"), basic="anna:s3cret word")[1] == FEED
    assert fetch(source.url("/a.xml", login="anna:s3cret%20word"))[1] == FEED
    with pytest.raises(SourceError, match="asks for a login"):
        fetch(source.url("/a.xml"))
    with pytest.raises(SourceError, match="refuses the login") as caught:
        fetch(source.url("/a.xml", login="anna:wrong-one"))
    assert "wrong-one" not in str(caught.value) and "anna" not in str(caught.value)


def test_a_bearer_token_and_own_headers_are_sent(source: HttpSource) -> None:
    source.serve("/a.xml", FEED)
    fetch(source.url("/a.xml"), bearer="abc", headers={"X-Client": "7"})
    assert source.requests[0].header("authorization") == "Bearer abc"
    assert source.requests[0].header("x-client") == "7"


# --- cuts


@pytest.mark.parametrize("chunked", [False, True])
def test_a_cut_connection_is_taken_up_where_it_broke(source: HttpSource, chunked: bool) -> None:
    source.serve("/a.xml", FEED, etag='"v1"', cuts=[100_000, 250_000], chunked=chunked)
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert [seen.status for seen in source.requests] == [200, 206, 206]
    assert [seen.header("range") for seen in source.requests[1:]] == ["bytes=100000-", "bytes=350000-"]
    assert source.requests[1].header("if-range") == '"v1"'


def test_a_date_serves_to_go_on_where_there_is_no_strong_tag(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag='W/"v1"', modified=LONG_AGO, cuts=[100_000])
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert source.requests[1].header("if-range") == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_a_date_of_this_very_second_names_no_version(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag="", modified=time.time() + 2, cuts=[100_000])
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert source.requests[1].header("range") == ""


@pytest.mark.parametrize("script", [{"ranges": False}, {"etag": ""}, {"etag": "", "ranges": False, "chunked": True}])
def test_a_server_that_cannot_go_on_gives_the_known_bytes_again_and_they_are_compared(
    source: HttpSource, script: dict[str, object]
) -> None:
    source.serve("/a.xml", FEED, cuts=[300_000], **script)
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert [seen.status for seen in source.requests] == [200, 200]


@pytest.mark.parametrize(
    "script",
    [
        {"etag": "auto"},
        {"etag": "auto", "ignores_if_range": True},
        {"etag": "", "modified": LONG_AGO},
        {"etag": ""},
        {"etag": "", "ranges": False},
        {"etag": "", "chunked": True},
        {"etag": 'W/"always the same"'},
        {"etag": 'W/"always the same"', "chunked": True},
    ],
)
def test_two_versions_are_never_spliced(source: HttpSource, script: dict[str, object]) -> None:
    other = FEED[:50_000] + b"?" + FEED[50_001:]

    def change(resource: Resource) -> None:
        resource.body = other
        if resource.modified is not None:
            resource.modified += 3600

    source.serve("/a.xml", FEED, cuts=[300_000], before=[lambda _: None, change], **script)
    with pytest.raises(SourceChangedError, match="300,000 bytes, and the file has changed"):
        fetch(source.url("/a.xml"))


def test_a_file_that_became_shorter_is_another_file(source: HttpSource) -> None:
    def shorten(resource: Resource) -> None:
        resource.body = FEED[:1000]

    source.serve("/a.xml", FEED, etag="", cuts=[300_000], before=[lambda _: None, shorten])
    with pytest.raises(SourceChangedError):
        fetch(source.url("/a.xml"))


def test_a_body_shorter_than_announced_is_an_error_after_all_attempts(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, content_length=len(FEED) + 5000)
    with pytest.raises(SourceError, match=f"{len(FEED):,} of {len(FEED) + 5000:,} bytes had come"):
        fetch(source.url("/a.xml"))


def test_a_connection_that_always_breaks_at_the_same_place_is_given_up(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, ranges=False, cuts=[200_000] * 50)
    with pytest.raises(SourceError, match="200,000 of 600,013 bytes had come"):
        fetch(source.url("/a.xml"))
    assert len(source.requests) < 10


def test_a_flaky_connection_that_gets_on_is_borne(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, cuts=[50_000] * 11)
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert len(source.requests) == 13 - 1


def test_a_silent_server_is_hung_up_on_and_asked_for_the_rest(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, stalls=[100_000])
    began = time.monotonic()
    assert fetch(source.url("/a.xml"), timeout=0.5)[1] == FEED
    assert time.monotonic() - began < 5
    assert source.requests[1].header("range") == "bytes=100000-"


def test_a_server_that_stays_silent_is_named(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, stalls=[0] * 9)
    with pytest.raises(SourceError, match=r"sends nothing more.*source\.timeout"):
        fetch(source.url("/a.xml"), timeout=0.2)


def test_nothing_listens(source: HttpSource) -> None:
    with pytest.raises(SourceError, match=r"cannot be reached.*check the name of the host"):
        fetch("http://127.0.0.1:9/jobs.xml")


def test_a_host_that_is_not_known_is_named() -> None:
    with pytest.raises(SourceError, match=r"the host jobs\.invalid is not known"):
        fetch("http://jobs.invalid/jobs.xml")


@pytest.mark.parametrize("location", ["http://", "http://[::1/"])
def test_what_is_no_url_is_named_as_such(location: str) -> None:
    with pytest.raises(SourceError, match="URL"):
        fetch(location)


# --- going on in another process


def test_an_interrupted_run_asks_for_the_rest_only(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag='"v1"')
    arrival, body = fetch(source.url("/a.xml"), offset=400_000, resume=Validators(etag='"v1"'))
    assert (arrival.resumed_from, arrival.length) == (400_000, len(FEED))
    assert body == FEED[400_000:]


@pytest.mark.parametrize("script", [{"etag": '"v2"'}, {"ranges": False}, {"gzipped": True, "etag": '"v1"'}])
def test_an_interrupted_run_gets_the_whole_file_where_the_rest_cannot_be_had(
    source: HttpSource, script: dict[str, object]
) -> None:
    source.serve("/a.xml", FEED, **script)
    arrival, body = fetch(source.url("/a.xml"), offset=400_000, resume=Validators(etag='"v1"'))
    assert arrival.resumed_from == 0
    assert body == FEED


def test_an_interrupted_run_that_had_everything_gets_nothing_more(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag='"v1"')
    arrival, body = fetch(source.url("/a.xml"), offset=len(FEED), resume=Validators(etag='"v1"'))
    assert (arrival.resumed_from, arrival.length, body) == (len(FEED), len(FEED), b"")


def test_a_rest_that_is_cut_is_taken_up_as_well(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag='"v1"', cuts=[50_000])
    arrival, body = fetch(source.url("/a.xml"), offset=400_000, resume=Validators(etag='"v1"'))
    assert (arrival.resumed_from, body) == (400_000, FEED[400_000:])
    assert source.requests[1].header("range") == "bytes=450000-"


# --- encodings and limits


@pytest.mark.parametrize("chunked", [False, True])
def test_a_server_that_compresses_unasked_is_understood(source: HttpSource, chunked: bool) -> None:
    source.serve("/a.xml", FEED, gzipped=True, chunked=chunked)
    arrival, body = fetch(source.url("/a.xml"))
    assert body == FEED
    assert arrival.length is None


def test_a_compressed_answer_is_taken_up_where_it_broke(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, gzipped=True, cuts=[100_000], etag='"v1"')
    assert fetch(source.url("/a.xml"))[1] == FEED
    assert source.requests[1].header("range") == "bytes=100000-"


def test_a_compressed_answer_that_lacks_its_end_is_no_whole_file(source: HttpSource) -> None:
    source.serve("/a.xml", gzip.compress(FEED)[:-4000], headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="cut off"):
        fetch(source.url("/a.xml"))


def test_a_gz_file_stays_as_it_is_whatever_the_server_calls_it(source: HttpSource) -> None:
    packed = gzip.compress(FEED)
    source.serve("/a.xml.gz", packed, headers={"Content-Encoding": "x-gzip"})
    arrival, body = fetch(source.url("/a.xml.gz"))
    assert (body, arrival.length) == (packed, len(packed))


def test_an_encoding_that_nobody_asked_for_is_named(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, headers={"Content-Encoding": "br"})
    with pytest.raises(SourceError, match="the encoding br"):
        fetch(source.url("/a.xml"))


def test_a_file_that_says_it_is_too_large_is_not_begun(source: HttpSource) -> None:
    source.serve("/a.xml", FEED)
    with pytest.raises(LimitExceededError, match=r"source\.limits\.download"):
        fetch(source.url("/a.xml"), max_bytes=500_000)


def test_a_file_that_does_not_say_so_is_stopped_at_the_limit(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, chunked=True)
    with pytest.raises(LimitExceededError):
        fetch(source.url("/a.xml"), max_bytes=500_000)


def test_a_bomb_behind_a_content_encoding_is_stopped(source: HttpSource) -> None:
    source.serve("/a.xml", bytes(300 * 1024 * 1024), gzipped=True)
    began = time.monotonic()
    with pytest.raises(LimitExceededError, match="bomb"):
        fetch(source.url("/a.xml"))
    assert time.monotonic() - began < 20


# --- redirects


def test_redirects_are_followed_and_conditions_go_with_them(source: HttpSource) -> None:
    source.serve("/a", redirect="/b?x=1", redirect_status=301)
    source.serve("/b", redirect=source.url("/feed.xml"), redirect_status=307)
    source.serve("/feed.xml", FEED, etag='"v1"')
    arrival, body = fetch(source.url("/a"))
    assert (body, arrival.name) == (FEED, "feed.xml")
    assert fetch(source.url("/a"), validators=arrival.validators)[0].unchanged


def test_redirects_in_a_circle_end(source: HttpSource) -> None:
    source.serve("/a", redirect="/a")
    with pytest.raises(SourceError, match="more than 5 times"):
        fetch(source.url("/a"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "javascript:1", ""])
def test_a_redirect_to_something_else_than_the_web_is_refused(source: HttpSource, target: str) -> None:
    source.serve("/a", redirect=target)
    if not target:
        source.resources["/a"].redirect = " "
    with pytest.raises(SourceError, match="redirects to what is no"):
        fetch(source.url("/a"))


def test_credentials_stay_with_the_host_they_are_for() -> None:
    with HttpSource() as own, HttpSource() as other:
        own.serve("/same", redirect="/feed.xml")
        own.serve("/feed.xml", FEED)
        own.serve("/away", redirect=other.url("/feed.xml"))
        other.serve("/feed.xml", FEED)
        login = {"basic": "anna:secret", "headers": {"X-Api-Key": "k"}}
        fetch(own.url("/same"), **login)
        assert own.seen("/feed.xml")[0].header("authorization")
        assert own.seen("/feed.xml")[0].header("x-api-key") == "k"
        assert fetch(own.url("/away"), allow=("127.0.0.0/8",), **login)[1] == FEED
        assert other.requests[0].header("authorization") == ""
        assert other.requests[0].header("x-api-key") == ""


def test_a_private_host_that_the_definition_names_is_reached(source: HttpSource) -> None:
    source.serve("/a.xml", FEED)
    transport = resolving(intranet_example="127.0.0.1")
    assert fetch(source.url("/a.xml", host="intranet.example"), transport)[1] == FEED


@pytest.mark.parametrize("target", ["127.0.0.1", "localhost", "[::1]", "2130706433", "intranet.example"])
def test_a_source_cannot_lead_into_a_private_network(source: HttpSource, target: str) -> None:
    # The definition's host is on this machine because a test cannot serve from a public address; the rule
    # that is tried is the same: only the host that is named may be private.
    source.serve("/a.xml", redirect=source.url("/inner", host=target))
    source.serve("/inner", b"<secret/>")
    transport = resolving(
        jobs_example="127.0.0.1", localhost="127.0.0.1", intranet_example="127.0.0.1", **{"2130706433": "127.0.0.1"}
    )
    with pytest.raises(SourceError, match="private network"):
        fetch(source.url("/a.xml", host="jobs.example"), transport)
    assert source.seen("/inner") == []


def test_the_cloud_metadata_address_is_refused_even_where_it_is_named() -> None:
    with pytest.raises(SourceError, match="an address that no source may have"):
        fetch("http://169.254.169.254/latest/meta-data/")


def test_closing_early_hangs_up(source: HttpSource) -> None:
    source.serve("/a.xml", FEED * 20, pause=0.01)

    async def begin_and_leave() -> None:
        _, chunks = await HttpTransport(patience=IMPATIENT).open(Request(location=source.url("/a.xml")))
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]

    began = time.monotonic()
    asyncio.run(begin_and_leave())
    assert time.monotonic() - began < 1
