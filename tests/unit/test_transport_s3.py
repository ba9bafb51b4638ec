from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest
from cutting_proxy import CuttingProxy
from fetching import IMPATIENT, fetch, listed
from s3_server import BUCKET, Bucket, s3_bucket

from jobpipe.errors import SourceChangedError, SourceError
from jobpipe.sources.transports.s3 import S3Transport
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
    with pytest.raises(SourceError, match="check the endpoint"):
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
