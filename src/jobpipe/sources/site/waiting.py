"""Hosts that say they are asked too often are left alone for as long as they ask, and then asked again."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import IgnoreRequest

from jobpipe.sources.site.turns import Turns
from jobpipe.sources.transports.retry_after import seconds_of

_QUIET = (429, 503)
# Times that one page is asked for again.
_MOST_TIMES = 10
# Seconds: what a host may ask for at once, and what a crawl waits in all.
_LONGEST = 300.0
_LONGEST_IN_ALL = 1800.0
# Seconds until the first repetition, where a host that is asked too often does not say how long.
_FIRST = 1.0


class LeftAlone:
    """Downloader middleware. Requests to a host that asked for quiet wait with the one that it refused."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self.turns = Turns(*crawler.settings["JOBPIPE_TURNS"])
        # By host, on the monotonic clock.
        self._until: dict[str, float] = {}
        self._waited = 0.0

    @classmethod
    def from_crawler(cls, crawler: Any) -> LeftAlone:
        made = cls(crawler)
        # At this signal the next request to the host has not left yet; at `process_response` it has.
        crawler.signals.connect(made.on_downloaded, signals.response_downloaded)
        return made

    def on_downloaded(self, response: Any, request: Any, spider: Any) -> None:
        request.meta["ask_again"] = False
        if response.status not in _QUIET:
            return
        asked = seconds_of((response.headers.get("Retry-After") or b"").decode("latin-1"))
        times = request.meta.get("left_alone", 0)
        if asked is None and response.status == 503:
            return  # Trouble like any other: Scrapy asks again.
        seconds = min(_FIRST * 2**times, _LONGEST) if asked is None else asked
        request.meta["dont_retry"] = True
        if times < _MOST_TIMES and seconds <= _LONGEST and self._may_wait(host_of(request), seconds):
            request.meta["ask_again"] = True
            self._hold_queue(request)

    async def process_request(self, request: Any) -> None:
        await self.end(host_of(request))

    async def end(self, host: str) -> None:
        """Returns when the host may be asked again. Raises IgnoreRequest where nothing more is wanted."""
        while (left := self._until.get(host, 0.0) - time.monotonic()) > 0:
            if getattr(self._crawler.spider, "is_over", False):
                raise IgnoreRequest("the crawl is over")
            await asyncio.sleep(min(left, 1.0))

    def process_response(self, request: Any, response: Any) -> Any:
        if not request.meta.pop("ask_again", False):
            return response
        again = request.copy()
        again.dont_filter = True
        again.meta["left_alone"] = again.meta.get("left_alone", 0) + 1
        del again.meta["dont_retry"]
        return again

    def _may_wait(self, host: str, seconds: float) -> bool:
        now = time.monotonic()
        begins = max(now, self._until.get(host, 0.0))
        more = max(0.0, now + seconds - begins)
        if self._waited + more > _LONGEST_IN_ALL:
            return False
        self._waited += more
        self._until[host] = begins + more
        return True

    def _hold_queue(self, request: Any) -> None:
        """Of the requests that came past here before."""
        slot = self._crawler.engine.downloader.slots.get(request.meta.get("download_slot"))
        if slot is not None:
            slot.lastseen = max(slot.lastseen, self._until[host_of(request)])
            # Without a delay, Scrapy does not look at when the host was last seen.
            slot.delay = max(slot.delay, 0.001)


def host_of(request: Any) -> str:
    return (urlsplit(request.url).hostname or "").lower()
