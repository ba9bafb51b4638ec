"""How many pages are asked for at the same time: so many all the time, and never more.

Left to itself, Scrapy sends the next request only when all that an answer leads to is done, and the site has nothing
to do meanwhile; and without a delay it asks one host for more than it is told to.
"""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler

from jobpipe.definition.sites import Site
from jobpipe.sources.site.waiting import LeftAlone, host_of


def pace_of(site: Site, hosts: int) -> dict[str, Any]:
    """Scrapy's settings, for a site that starts on so many hosts."""
    most, ahead = site.at_once, 0
    if site.browser and not site.spider:
        # Its requests take no turns: no more go in all than the hosts may have.
        most = min(site.at_once, site.per_host * max(1, hosts))
    elif not (site.spider or site.throttle or site.delay):
        # As many again wait for their turn; where Scrapy sees to the time between two, it lets none come early.
        ahead = site.at_once
    return {
        "CONCURRENT_REQUESTS": most + ahead,
        "CONCURRENT_REQUESTS_PER_DOMAIN": site.per_host + ahead,
        "JOBPIPE_TURNS": (site.at_once, site.per_host),
    }


class InTurn(HTTP11DownloadHandler):
    """Download handler: a request leaves when it is its turn, at once when another's answer is there."""

    async def download_request(self, request: Any) -> Any:
        host, left_alone = host_of(request), self._left_alone()
        await left_alone.turns.take(host)
        try:
            # What the last answer said is known by now.
            await left_alone.end(host)
            return await super().download_request(request)
        finally:
            left_alone.turns.give_back(host)

    def _left_alone(self) -> LeftAlone:
        found = self._crawler.get_downloader_middleware(LeftAlone)
        assert isinstance(found, LeftAlone)
        return found
