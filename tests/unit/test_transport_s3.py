from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cutting_proxy import CuttingProxy
from fetching import IMPATIENT, fetch, listed
from http_source import HttpSource
from s3_server import BUCKET, KEYS, REGION, Bucket, s3_bucket

from jobpipe.errors import LimitExceededError, SourceChangedError, SourceError
from jobpipe.sources.transports.pace import PaceLimits
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.s3 import S3Transport
from jobpipe.sources.transports.s3_signing import StoreLogin
from jobpipe.sources.transports.transport import Request

FEED = b"<jobs>" + random.Random(7).randbytes(4_000_000) + b"</jobs>"


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with s3_bucket() as running:
        yield running


@pytest.fixture
def bucket(server: Bucket) -> Bucket:
    server.empty()
    server.put("out/offers.xml", FEED)
    return server


def transport() -> S3Transport:
    return S3Transport(patience=IMPATIENT)


def url(key: str) -> str:
    return f"s3://{BUCKET}/{key}"


def test_an_object_arrives_and_is_not_sent_again(bucket: Bucket) -> None:
    arrival, body = fetch(transport(), url("out/offers.xml"), auth=bucket.auth())
    assert body == FEED
    assert (arrival.name, arrival.length) == ("offers.xml", len(FEED))
    again, body = fetch(transport(), url("out/offers.xml"), auth=bucket.auth(), validators=arrival.validators)
    assert again.unchanged and body == b""
    bucket.put("out/offers.xml", b"<jobs/>")
    again, body = fetch(transport(), url("out/offers.xml"), auth=bucket.auth(), validators=arrival.validators)
    assert not again.unchanged and body == b"<jobs/>"


def test_a_public_bucket_needs_no_key(bucket: Bucket) -> None:
    nobody = bucket.auth(key_id=None, secret=None)
    with pytest.raises(SourceError, match=r"is no public bucket.*source\.auth\.store"):
        fetch(transport(), url("out/offers.xml"), auth=nobody)
    bucket.put("out/offers.xml", FEED, public=True)
    assert fetch(transport(), url("out/offers.xml"), auth=nobody)[1] == FEED


def test_a_pattern_stands_for_its_objects_and_a_star_for_no_folder(bucket: Bucket) -> None:
    for key in ("out/b.xml", "out/a.xml", "out/c.json", "out/old/a.xml", "outside.xml"):
        bucket.put(key, key.encode())
    auth = bucket.auth()
    assert listed(transport(), url("out/?.xml"), auth=auth) == [url("out/a.xml"), url("out/b.xml")]
    assert listed(transport(), url("*/*/*.xml"), auth=auth) == [url("out/old/a.xml")]
    assert listed(transport(), url("*.xml"), auth=auth) == [url("outside.xml")]
    with pytest.raises(SourceError, match="no file matches"):
        listed(transport(), url("out/*.csv"), auth=auth)


def test_an_object_that_is_not_there_is_named(bucket: Bucket) -> None:
    with pytest.raises(SourceError, match=r"s3://offers/offres\.xml: is not there"):
        fetch(transport(), url("offres.xml"), auth=bucket.auth())


def test_a_broken_connection_goes_on_where_it_ended(bucket: Bucket) -> None:
    with CuttingProxy(bucket.port, [10_000, 2_000_000]) as proxy:
        # Each question has its connection: the first one is for the size.
        assert fetch(transport(), url("out/offers.xml"), auth=bucket.auth(proxy.port))[1] == FEED
        assert not proxy.cuts and proxy.connections >= 3


def test_a_store_that_is_not_there_is_named() -> None:
    missing = Bucket(9)
    with pytest.raises(SourceError, match="cannot be reached"):
        fetch(transport(), url("out/offers.xml"), auth=missing.auth())


def test_an_object_that_changes_during_a_cut_is_not_mixed(bucket: Bucket) -> None:
    async def change(location: str, more: dict[str, Any]) -> None:
        _, chunks = await transport().open(Request(location=location, **more))
        await anext(chunks)
        bucket.put("out/offers.xml", FEED[::-1])
        try:
            async for _ in chunks:
                pass
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]

    with (
        CuttingProxy(bucket.port, [10_000, 2_500_000]) as proxy,
        pytest.raises(SourceChangedError, match="has changed since"),
    ):
        asyncio.run(change(url("out/offers.xml"), {"auth": bucket.auth(proxy.port)}))


def test_an_interrupted_run_goes_on_from_its_byte(bucket: Bucket) -> None:
    version = fetch(transport(), url("out/offers.xml"), auth=bucket.auth())[0].validators
    arrival, body = fetch(transport(), url("out/offers.xml"), auth=bucket.auth(), offset=1_000_000, resume=version)
    assert (arrival.resumed_from, body) == (1_000_000, FEED[1_000_000:])


def test_an_object_is_deleted_or_moved_only_as_it_was_read(bucket: Bucket) -> None:
    drop, auth = transport(), bucket.auth()
    version = fetch(drop, url("out/offers.xml"), auth=auth)[0].validators
    bucket.put("out/offers.xml", b"new")
    request = Request(location=url("out/offers.xml"), validators=version, auth=auth)
    assert asyncio.run(drop.remove(request)) is False
    version = fetch(drop, url("out/offers.xml"), auth=auth)[0].validators
    request = Request(location=url("out/offers.xml"), validators=version, auth=auth)
    assert asyncio.run(drop.move(request, "done")) is True
    assert bucket.keys() == ["out/done/offers.xml"]
    # Again, as after a kill.
    assert asyncio.run(drop.move(request, "done")) is True
    assert asyncio.run(drop.remove(request)) is True


def test_a_wrong_key_is_named_and_never_shown() -> None:
    # One question goes through unasked: to make the bucket.
    with s3_bucket(INITIAL_NO_AUTH_ACTION_COUNT="1") as strict:
        with pytest.raises(SourceError, match=r"refuses the (login|request).*source\.auth\.store") as caught:
            fetch(transport(), url("out/offers.xml"), auth=strict.auth(secret="geheim-falsch"))
        assert "geheim" not in str(caught.value)


def test_an_endpoint_that_no_source_may_have_is_not_spoken_to() -> None:
    auth = Bucket(9).auth()
    assert auth.store is not None
    forbidden = auth.model_copy(update={"store": auth.store.model_copy(update={"endpoint": "http://169.254.169.254"})})
    with pytest.raises(SourceError, match="an address that no source may have"):
        fetch(transport(), url("out/offers.xml"), auth=forbidden)


# --- signing


def test_a_request_is_signed_as_the_specification_shows() -> None:
    """The example of a GET in the S3 documentation of Signature Version 4."""
    login = StoreLogin("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    url = httpx2.URL("https://examplebucket.s3.amazonaws.com/test.txt")
    signed = login.signed("GET", url, {"Range": "bytes=0-9"}, now=datetime(2013, 5, 24, tzinfo=UTC))
    assert signed["Authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


@pytest.mark.parametrize("content", [b"", b"<jobs/>"])
@pytest.mark.parametrize(
    "tail",
    [
        "/offers/out/a.xml",
        "/offers/out/%C3%A9t%C3%A9%20%2B%20%28neu%29%21.xml",
        "/offers?list-type=2&prefix=out%2Fa%20%26b%2F",
        "/offers/out/a.xml?uploads=",
    ],
)
def test_another_library_signs_alike(tail: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    url = httpx2.URL(f"https://storage.example.org:9000{tail}")
    ours = StoreLogin(KEYS["key_id"], KEYS["secret"], REGION).signed("PUT", url, {"If-Match": '"v1"'}, content)
    moment = datetime.strptime(ours["x-amz-date"], "%Y%m%dT%H%M%SZ")
    request = AWSRequest("PUT", str(url), headers={"If-Match": '"v1"'}, data=content)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    S3SigV4Auth(Credentials(KEYS["key_id"], KEYS["secret"]), "s3", REGION).add_auth(request)
    assert request.headers["X-Amz-Content-SHA256"] == ours["x-amz-content-sha256"]
    assert ours["Authorization"] == request.headers["Authorization"]


# --- stores that are odd, or bad


@pytest.fixture
def odd() -> Iterator[HttpSource]:
    """A web server in the place of a store."""
    with HttpSource() as running:
        yield running


def test_names_of_any_letters_are_found_read_and_moved(bucket: Bucket) -> None:
    key = "out/été + (neu) & 50%.xml"
    bucket.put(key, b"<jobs/>")
    (found,) = listed(transport(), url("out/[!o]*.xml"), auth=bucket.auth())
    assert fetch(transport(), found, auth=bucket.auth())[1] == b"<jobs/>"
    assert asyncio.run(transport().move(Request(location=found, auth=bucket.auth()), "done")) is True
    assert bucket.keys() == ["out/done/été + (neu) & 50%.xml", "out/offers.xml"]


def test_a_folder_of_more_than_one_page_is_found_whole() -> None:
    with s3_bucket(MOTO_S3_DEFAULT_MAX_KEYS="2") as stingy:
        for number in range(5):
            stingy.put(f"many/{number}.xml", b"x")
        assert listed(transport(), url("many/*.xml"), auth=stingy.auth()) == [url(f"many/{n}.xml") for n in range(5)]


def test_a_store_cannot_lead_into_a_private_network_and_its_redirect_gets_no_login(odd: HttpSource) -> None:
    for target in ("http://169.254.169.254/", "http://127.0.0.1:9/"):
        odd.serve("/offers/a.xml", redirect=target, redirect_status=307)
        with pytest.raises(SourceError, match=r"is in another place.*region"):
            fetch(transport(), url("a.xml"), auth=Bucket(odd.port).auth())
    assert len(odd.requests) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!doctype html><html><body>Welcome</body></html>", "not S3's"),
        (b"<ListBucketResult><Contents><Key>a.xml</Key></Contents></ListBucketResult>", "not S3's"),
        (b"<ListBucketResult>" + b"<Contents/>" * 2_000_000, "without an end"),
        (
            b"<ListBucketResult><IsTruncated>true</IsTruncated>%b</ListBucketResult>"
            % b"<NextContinuationToken>again</NextContinuationToken>",
            "has no end",
        ),
    ],
)
def test_a_list_that_is_none_or_never_ends_is_told(odd: HttpSource, body: bytes, told: str) -> None:
    odd.serve("/offers", body)
    with pytest.raises(SourceError, match=told):
        listed(transport(), url("*.xml"), auth=Bucket(odd.port).auth())


def test_a_list_that_drips_is_given_up(odd: HttpSource) -> None:
    odd.serve("/offers", b"<ListBucketResult>" + b" " * 10_000, chunk=1, pause=0.02)
    with pytest.raises(SourceError, match="sends too slowly"):
        listed(transport(), url("*.xml"), auth=Bucket(odd.port).auth(), timeout=0.1)


def test_a_store_that_cannot_begin_in_the_middle_is_read_past_what_is_known(odd: HttpSource) -> None:
    odd.serve("/offers/a.xml", FEED, ranges=False, cuts=[1_000_000])
    assert fetch(transport(), url("a.xml"), auth=Bucket(odd.port).auth())[1] == FEED


def test_a_file_that_drips_is_given_up(odd: HttpSource) -> None:
    odd.serve("/offers/a.xml", b"x" * 1000, chunk=1, pause=0.02)
    slow = S3Transport(patience=Patience(attempts=1, pace=PaceLimits(trial=0.3, slowest=1000)))
    with pytest.raises(LimitExceededError, match="drips: "):
        fetch(slow, url("a.xml"), auth=Bucket(odd.port).auth())
