"""The conductor's end of a crawl: starts its process and passes its answers on.

The pages are not read here and not there: whatever a page does to a parser, and whatever becomes of the crawl's
process, the conductor hears of it as an error.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import importlib.util
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import IO

import msgspec

from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources import hosts
from jobpipe.sources.asking import Surroundings, shown_place
from jobpipe.sources.site.browsers import find_browser
from jobpipe.sources.site.orders import SILENT, Orders, orders_for
from jobpipe.sources.site.process import CrawlProcess
from jobpipe.sources.transports.transport import Arrival, Request

_CHUNK = 64 * 1024
_LONGEST_READ = 1024 * 1024
# Lines of its log that are kept for its last words.
_LAST_WORDS = 20
_LONGEST_LINE = 300


class Crawl:
    def __init__(self, source: Source, surroundings: Surroundings) -> None:
        """Raises DefinitionError where what it needs is not installed."""
        assert source.site is not None
        _need("scrapy", "crawl")
        if source.site.browser and surroundings.kept is None:
            _need("scrapy_playwright", "browser")
            find_browser()
        self._source = source
        self._surroundings = surroundings

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        orders = orders_for(self._source, self._surroundings)
        place = shown_place(self._source)
        return Arrival(shown=place, name="crawl"), self._answers(orders, place)

    async def list(self, request: Request) -> list[str]:
        return [request.location]

    async def _answers(self, orders: Orders, place: str) -> AsyncIterator[bytes]:
        """Raises HostIsDownError where the site's host is being left alone."""
        host = "" if orders.kept else _first_host(orders)
        if not host:
            async with contextlib.aclosing(self._crawled(orders, place, host)) as answers:
                async for chunk in answers:
                    yield chunk
            return
        # One turn for the crawl as a whole, whose requests are counted in its own process.
        async with hosts.turn(host):
            given = _within_room(orders, host)
            async with contextlib.aclosing(self._crawled(given, place, host)) as answers:
                async for chunk in answers:
                    yield chunk

    async def _crawled(self, orders: Orders, place: str, host: str) -> AsyncGenerator[bytes]:
        process = self._surroundings.head_start.take() or CrawlProcess(Path(orders.root))
        words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
        try:
            async with _reading(process.answers) as answers, _reading(process.log) as log:
                listening = asyncio.create_task(_listen(log, words))
                await asyncio.to_thread(process.tell, msgspec.json.encode(orders))
                while chunk := await answers.read(_CHUNK):
                    yield chunk
                code = await asyncio.to_thread(process.wait)
                await listening
            if code == SILENT:
                hosts.failed(host, redact(words[-1]) if words else "it does not answer")
            elif code:
                raise _crash(code, words, place)
            elif host:
                hosts.answered(host)
        finally:
            process.kill()
            await asyncio.to_thread(process.wait)
            process.release()


def _first_host(orders: Orders) -> str:
    """ "" = only the spider knows."""
    site = orders.of_site()
    urls = [*site.start, *site.sitemaps, *([site.form.url] if site.form else [])]
    return hosts.host_of(urls[0]) if urls else ""


def _within_room(orders: Orders, host: str) -> Orders:
    """A definition that does not say how many requests its host bears has as many as the house's limit leaves."""
    if orders.says_per_host:
        return orders
    most = min(orders.of_site().per_host, 1 + hosts.room(host))
    return msgspec.structs.replace(orders, site={**orders.site, "per_host": most})


@contextlib.asynccontextmanager
async def _reading(pipe: IO[bytes]) -> AsyncIterator[asyncio.StreamReader]:
    reader = asyncio.StreamReader(limit=_LONGEST_READ)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
    try:
        yield reader
    finally:
        transport.close()


async def _listen(log: asyncio.StreamReader, words: collections.deque[str]) -> None:
    while True:
        try:
            line = await log.readline()
        except ValueError:
            continue  # Longer than the reader's limit: it is thrown away.
        if not line:
            return
        if text := line.decode("utf-8", "replace").strip():
            words.append(text)


def _crash(code: int, words: collections.deque[str], place: str) -> SourceError:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    last = redact(words[-1][:_LONGEST_LINE]) if words else "it said nothing"
    return SourceError(
        f"the crawl's process {how}: {last}",
        place=Place(source=place),
        hint="nothing expires; the next run crawls anew",
    )


def _need(module: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise DefinitionError(
            f"sites need {module.replace('_', '-')}, which is not installed",
            hint=f"pip install 'job-pipe[{extra}]'",
        )
