from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from http_source import HttpSource

from jobpipe.errors import DefinitionError, SourceError
from jobpipe.sources.streaming import WINDOW, list_locations, open_stream
from jobpipe.sources.transports.http import HttpTransport, Patience
from jobpipe.sources.transports.transport import Arrival, Request

FEED = os.urandom(5_000_000)
IMPATIENT = HttpTransport(patience=Patience(attempts=2, first_wait=0.01))


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource() as running:
        yield running


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("jobpipe")]


class Scripted:
    """A transport that gives these chunks, and counts what it was asked for."""

    def __init__(self, chunks: Iterator[bytes], error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.given = 0
        self.was_closed = False

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        return Arrival(shown=request.location, name="x"), self._give()

    async def _give(self) -> AsyncIterator[bytes]:
        try:
            for chunk in self.chunks:
                self.given += len(chunk)
                yield chunk
                await asyncio.sleep(0)
            if self.error:
                raise self.error
        finally:
            self.was_closed = True

    async def list(self, request: Request) -> list[str]:
        return [request.location]


def test_a_file_and_a_url_stream_alike(source: HttpSource, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(FEED)
    source.serve("/a.xml", FEED)
    for location in (str(tmp_path / "a.xml"), source.url("/a.xml")):
        with open_stream(Request(location=location)) as stream:
            assert stream.arrival.length == len(FEED)
            assert b"".join(stream) == FEED
        assert threads() == []


def test_trouble_at_the_opening_is_raised_at_once(source: HttpSource) -> None:
    with pytest.raises(SourceError, match="HTTP 404"), open_stream(Request(location=source.url("/no"))):
        pytest.fail("it was not raised")
    with pytest.raises(DefinitionError):
        open_stream(Request(location="nope://x"))
    assert threads() == []


def test_trouble_on_the_way_comes_after_the_bytes_before_it(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, etag="", ranges=False, cuts=[1_000_000] * 9)
    given = b""
    with (
        pytest.raises(SourceError, match="broke the connection"),
        open_stream(Request(location=source.url("/a.xml")), IMPATIENT) as stream,
    ):
        for chunk in stream:
            given += chunk
    assert given == FEED[:1_000_000]


def test_the_source_is_read_ahead_but_not_further_than_the_window() -> None:
    transport = Scripted(bytes(64 * 1024) for _ in range(1000))
    with open_stream(Request(location="x"), transport) as stream:
        next(stream)
        time.sleep(0.2)
        assert WINDOW // 2 <= transport.given <= WINDOW + 1024 * 1024
        assert sum(map(len, stream)) + 64 * 1024 >= 1000 * 64 * 1024 - 512 * 1024
    assert transport.given == 1000 * 64 * 1024
    assert transport.was_closed


def test_small_chunks_that_wait_are_given_together() -> None:
    transport = Scripted(b"%07d" % number for number in range(100_000))
    with open_stream(Request(location="x"), transport) as stream:
        time.sleep(0.3)
        chunks = list(stream)
    assert b"".join(chunks) == b"".join(b"%07d" % number for number in range(100_000))
    assert len(chunks) < 50_000


def test_closing_early_stops_the_thread_and_the_connection(source: HttpSource) -> None:
    source.serve("/a.xml", FEED * 10, pause=0.005)
    began = time.monotonic()
    with open_stream(Request(location=source.url("/a.xml"))) as stream:
        next(stream)
    assert time.monotonic() - began < 2
    assert threads() == []


def test_closing_while_the_window_is_full_ends_too() -> None:
    transport = Scripted(bytes(1024 * 1024) for _ in range(10**6))
    with open_stream(Request(location="x"), transport) as stream:
        next(stream)
        time.sleep(0.1)
    assert transport.was_closed
    assert threads() == []


def test_closing_a_silent_connection_does_not_wait_for_it(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, stalls=[100_000])
    began = time.monotonic()
    with open_stream(Request(location=source.url("/a.xml"))) as stream:
        next(stream)
    assert time.monotonic() - began < 2
    assert threads() == []


def test_an_error_of_the_consumer_is_its_own() -> None:
    transport = Scripted(bytes(1000) for _ in range(10**6))
    with pytest.raises(ZeroDivisionError), open_stream(Request(location="x"), transport) as stream:
        next(stream)
        raise ZeroDivisionError
    assert transport.was_closed and threads() == []


def test_an_unforeseen_error_of_the_transport_reaches_the_consumer() -> None:
    transport = Scripted(iter([b"abc"]), KeyError("a bug"))
    with pytest.raises(KeyError), open_stream(Request(location="x"), transport) as stream:
        assert next(stream) == b"abc"
        next(stream)


def test_streams_work_where_an_event_loop_already_runs(source: HttpSource) -> None:
    source.serve("/a.xml", FEED)

    async def work() -> bytes:
        with open_stream(Request(location=source.url("/a.xml"))) as stream:
            return b"".join(stream)

    assert asyncio.run(work()) == FEED


def test_patterns_are_listed(tmp_path: Path) -> None:
    (tmp_path / "b.xml").touch()
    (tmp_path / "a.xml").touch()
    assert list_locations(Request(location=str(tmp_path / "*.xml"))) == [str(tmp_path / n) for n in ("a.xml", "b.xml")]
    assert list_locations(Request(location="https://example.org/*.xml")) == ["https://example.org/*.xml"]
    with pytest.raises(SourceError, match="no file matches"):
        list_locations(Request(location=str(tmp_path / "*.json")))


def test_ctrl_c_interrupts_a_reader_that_waits(source: HttpSource) -> None:
    source.serve("/a.xml", FEED, stalls=[100_000])
    script = f"""
import signal
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.transports.transport import Request
# A shell's background job is born deaf to it.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with open_stream(Request(location={source.url("/a.xml")!r})) as stream:
        for chunk in stream:
            print(len(chunk), flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().endswith(b"interrupted\n")
        assert process.wait(timeout=5) == 0


def test_memory_stays_flat_over_200_megabytes(source: HttpSource) -> None:
    source.serve("/a.xml", os.urandom(1024 * 1024) * 200)
    script = f"""
import resource
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.transports.transport import Request
with open_stream(Request(location={source.url("/a.xml")!r})) as stream:
    total = len(next(stream))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for chunk in stream:
        total += len(chunk)
    print(total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    total, grown = map(int, printed.split())
    assert total == 200 * 1024 * 1024
    assert grown < 12 * 1024
