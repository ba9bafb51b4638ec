"""The conductor's end of a crawl: starts its process and passes its answers on.

The pages are not read here and not there: whatever a page does to a parser, and whatever becomes of the crawl's
process, the conductor hears of it as an error.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import importlib.util
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.asking import Surroundings, shown_place
from jobpipe.sources.site.orders import Orders, orders_for
from jobpipe.sources.transports.transport import Arrival, Request

_CHUNK = 64 * 1024
# Lines of its log that are kept for its last words.
_LAST_WORDS = 20
_LONGEST_LINE = 300
_SOURCES = Path(__file__).parents[3]


class Crawl:
    def __init__(self, source: Source, surroundings: Surroundings) -> None:
        """Raises DefinitionError where what it needs is not installed."""
        assert source.site is not None
        _need("scrapy", "crawl")
        if source.site.browser:
            _need("scrapy_playwright", "browser")
        self._source = source
        self._surroundings = surroundings

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        orders = orders_for(self._source, self._surroundings)
        place = shown_place(self._source)
        return Arrival(shown=place, name="crawl"), self._answers(orders, place)

    async def list(self, request: Request) -> list[str]:
        return [request.location]

    async def _answers(self, orders: Orders, place: str) -> AsyncIterator[bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "jobpipe.sources.site.crawler",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_SOURCES), os.environ.get("PYTHONPATH", "")])},
            cwd=orders.root,
            limit=1024 * 1024,
        )
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
        listening = asyncio.create_task(_listen(process.stderr, words))
        try:
            with contextlib.suppress(ConnectionError):
                # Then it stays open: when it closes, the crawl ends.
                process.stdin.write(msgspec.json.encode(orders) + b"\n")
                await process.stdin.drain()
            while chunk := await process.stdout.read(_CHUNK):
                yield chunk
            code = await process.wait()
            await listening
            if code:
                raise _crash(code, words, place)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            listening.cancel()
            process.stdin.close()
            await process.wait()


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
