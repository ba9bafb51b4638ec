"""What Scrapy does that a spider driven by a definition has no use for: it costs time on each page, or at the start.

Counts and logs that nobody sees, ways in from outside, exports, saved states, and logins of Scrapy's own kind.
"""

from __future__ import annotations

from typing import Any

from scrapy.settings import default_settings

from jobpipe.definition.sites import Site

_EXTENSIONS = (
    "CoreStats",
    "FeedExporter",
    "LogCount",
    "LogStats",
    "MemoryDebugger",
    "RemoteControl",
    "SpiderState",
    "TelnetConsole",
)
_DOWNLOADER_MIDDLEWARES = ("DownloaderStats", "HttpAuthMiddleware", "OffsiteMiddleware")
# The spider copies no `meta`; how long an address may be is for its server to say.
_SPIDER_MIDDLEWARES = ("MetaCopyDetectionMiddleware", "UrlLengthMiddleware")
# The spider counts itself how deep it is.
_DEPTH = "DepthMiddleware"


def spared(site: Site) -> dict[str, Any]:
    """Scrapy's settings. Whoever only sets a part to None has it loaded all the same."""
    depth = [] if any(name.startswith("DEPTH_") for name in site.settings) else [_DEPTH]
    return {
        "EXTENSIONS_BASE": _without(default_settings.EXTENSIONS_BASE, _EXTENSIONS),
        "DOWNLOADER_MIDDLEWARES_BASE": _without(default_settings.DOWNLOADER_MIDDLEWARES_BASE, _DOWNLOADER_MIDDLEWARES),
        "SPIDER_MIDDLEWARES_BASE": _without(default_settings.SPIDER_MIDDLEWARES_BASE, (*_SPIDER_MIDDLEWARES, *depth)),
        "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
    }


def _without(parts: dict[str, int], names: tuple[str, ...]) -> dict[str, int]:
    return {path: place for path, place in parts.items() if path.rpartition(".")[2] not in names}
