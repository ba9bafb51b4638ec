"""The crawl's process: `python -m jobpipe.sources.site.crawler`, orders on its input, answers on its output.

Its log is its standard error.  It ends when its input closes: with the conductor, however that ends.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jobpipe.definition.sites import Site
from jobpipe.errors import JobpipeError
from jobpipe.sources.answers import Answer
from jobpipe.sources.kept_answers import KeptAnswers
from jobpipe.sources.site.doubts import Doubts
from jobpipe.sources.site.orders import SILENT, Orders
from jobpipe.sources.site.outlet import Outlet

_AGENT = "job-pipe (imports job postings for their employers)"
# Seconds that a page of a preview is kept.
_KEPT = 3600
# Where the middleware stands that keeps what was asked and answered: between Scrapy's cache (900) and the site.
NEAREST = 950
# Open in a browser at the same time: each costs some tens of megabytes.
_MOST_BROWSER_PAGES = 8
# What every crawl needs, much of which Scrapy loads by its name only when it is asked to.
_NEEDED = (
    "scrapy.crawler",
    "scrapy.core.downloader.contextfactory",
    "scrapy.core.scheduler",
    "scrapy.dupefilters",
    "scrapy.squeues",
    "scrapy.downloadermiddlewares.cookies",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.retry",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.memusage",
    "scrapy.pqueues",
    "twisted.internet.asyncioreactor",
    "jobpipe.sources.site.credentials",
    "jobpipe.sources.site.exchanging",
    "jobpipe.sources.site.handwritten",
    "jobpipe.sources.site.spider",
)
# Objects made since the last search for cycles. Pages make few, and each search looks at all pages under way.
_SEARCH_AFTER = 20_000


def main() -> int:
    gc.disable()
    for module in _NEEDED:
        importlib.import_module(module)
    gc.freeze()
    gc.set_threshold(_SEARCH_AFTER, 20, 20)
    gc.enable()
    line = _first_line()
    if not line:
        return 0  # Nothing was to be crawled after all.
    orders = msgspec.json.decode(line, type=Orders)
    # Whatever prints must not get between the answers.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_the_conductor, daemon=True).start()
    try:
        code = _crawl(orders, Outlet(pipe))
    except JobpipeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    if not orders.site.get("spider"):
        # The conductor waits for the end, and only what the house wrote itself may have more to do there.
        sys.stderr.flush()
        os._exit(code)
    return code


def _first_line() -> bytes:
    """Without Python's own buffer, whose lock a waiting thread would hold when the process ends."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1 << 20)
        if not piece:
            break
        line += piece
    return bytes(line)


def _end_with_the_conductor() -> None:
    while os.read(0, 4096):
        pass
    os._exit(3)


def _crawl(orders: Orders, outlet: Outlet) -> int:
    """What the process ends with."""
    from scrapy import signals
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from jobpipe.sources.site import exchanging, handwritten

    site = orders.of_site()
    kept = KeptAnswers(Path(orders.kept)) if orders.kept else None
    exchanging.use(outlet, kept)
    if kept is not None:
        exchanging.without_network()
    doubts = Doubts()
    hosts = named_hosts(orders)
    settings = Settings()
    if site.spider:
        settings.setdict(handwritten.project_settings(orders), priority="project")
    settings.setdict(crawl_settings(orders, hosts), priority="cmdline")
    process = AsyncCrawlerProcess(settings, install_root_handler=True)
    if site.spider:
        spider = handwritten.spider_class(site.spider, settings)
        process.settings.set("JOBPIPE_HOSTS", sorted(hosts | handwritten.named_hosts(spider)), priority="cmdline")
        crawler = process.create_crawler(spider)
        handwritten.keep_nearest(crawler, _nearest_to_site(orders))
        handwritten.pass_on_items(crawler, orders, outlet)
        process.crawl(crawler)
    else:
        from jobpipe.sources.site import credentials
        from jobpipe.sources.site.login import Login
        from jobpipe.sources.site.spider import SiteSpider

        credentials.use(Login(orders.of_auth(), orders.headers, list(orders.allow), orders.timeout))

        crawler = process.create_crawler(SiteSpider)
        process.crawl(crawler, orders=orders, outlet=outlet, doubts=doubts, hosts=hosts)
    reasons: list[str] = []

    def on_error(failure: Any, response: Any, spider: Any) -> None:
        doubts.add(f"{getattr(response, 'url', 'the spider')}: {failure.type.__name__}: {failure.getErrorMessage()}")

    def on_closed(spider: Any, reason: str) -> None:
        reasons.append(reason)

    crawler.signals.connect(on_error, signals.spider_error, weak=False)
    crawler.signals.connect(on_closed, signals.spider_closed, weak=False)
    _pause_when_full(crawler, outlet)
    process.start()
    if not reasons:
        raise JobpipeError("the spider did not start: its log says why")
    if site.spider:
        handwritten.note_losses(crawler.stats, doubts)
    if site.browser:
        _note_refusals(doubts)
    if reasons[0] == "enough":
        doubts.add("only the first pages were wanted")
    elif reasons[0] not in ("finished", "pages"):
        doubts.add(f"the crawl was stopped: {reasons[0]}")
    not_kept = kept.not_kept.as_list() if kept is not None else ()
    outlet.give(Answer(kind="end", why=doubts.why, notices=tuple(sorted(doubts.notices)), not_kept=not_kept))
    outlet.close()
    if kept is None and getattr(crawler.spider, "is_silent", False):
        print(doubts.why, file=sys.stderr)  # noqa: T201
        return SILENT
    return 0


def _nearest_to_site(orders: Orders) -> list[Any]:
    """Middlewares, the nearest last."""
    from jobpipe.sources.site.exchanging import Recording, Replaying
    from jobpipe.sources.site.guarding import Guarded

    if orders.kept:
        return [Recording, Replaying]
    return [Guarded, Recording]


def _note_refusals(doubts: Doubts) -> None:
    """A page may be without what its scripts were not let ask for."""
    from jobpipe.sources.site.guarding import REFUSED

    for host, why in sorted(REFUSED.items()):
        doubts.note(f"the browser was not let reach {host}: it {why}")


def _pause_when_full(crawler: Any, outlet: Outlet) -> None:
    def pause() -> None:
        crawler.engine.pause()

    def go_on() -> None:
        from twisted.internet import reactor

        reactor.callFromThread(crawler.engine.unpause)

    outlet.pause, outlet.go_on = pause, go_on


def named_hosts(orders: Orders) -> frozenset[str]:
    site = orders.of_site()
    urls = [*site.start, *site.sitemaps, *([site.form.url] if site.form else [])]
    return frozenset(host.lower() for url in urls if (host := urlsplit(url).hostname))


def crawl_settings(orders: Orders, hosts: frozenset[str]) -> dict[str, Any]:
    """Scrapy's settings: what the definition sets itself is taken, but for what keeps the crawl within bounds."""
    from jobpipe.sources.site.pacing import pace_of
    from jobpipe.sources.site.spared import spared

    site = orders.of_site()
    made: dict[str, Any] = {
        "USER_AGENT": orders.headers.get("User-Agent", _AGENT),
        "ROBOTSTXT_OBEY": site.robots,
        "AUTOTHROTTLE_ENABLED": site.throttle,
        "AUTOTHROTTLE_START_DELAY": site.delay,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(site.per_host),
        "DOWNLOAD_DELAY": site.delay,
        **pace_of(site, len(hosts)),
        "REDIRECT_MAX_TIMES": 10,
        "HTTPCACHE_ENABLED": bool(orders.cache),
        "HTTPCACHE_DIR": orders.cache or ".scrapy/httpcache",
        "HTTPCACHE_EXPIRATION_SECS": _KEPT,
        # Scrapy starts so many tasks for each answer, even where they have nothing to do: the spider here gives none.
        **({} if site.spider else {"CONCURRENT_ITEMS": 1, **spared(site)}),
        "HTTPCACHE_STORAGE": "jobpipe.sources.site.kept_pages.KeptPages",
        # Trouble that may be over at the next preview, and at the next attempt.
        "HTTPCACHE_IGNORE_HTTP_CODES": [401, 403, 408, 425, 429, *range(500, 600)],
        **site.settings,
        "DOWNLOAD_TIMEOUT": orders.timeout,
        "DOWNLOAD_MAXSIZE": orders.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DNSCACHE_ENABLED": True,
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "TWISTED_DNS_RESOLVER": "jobpipe.sources.site.guarding.GuardedResolver",
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "LOG_FILE": None,
        "JOBPIPE_WHO": _who(orders),
        "JOBPIPE_HOSTS": sorted(hosts),
        "JOBPIPE_ALLOW": list(orders.allow),
    }
    if orders.enough is not None:
        # One page after the other: those shown are the first ones, the same at each preview, and no more are asked for.
        made["CONCURRENT_REQUESTS"] = 1
        made["SCHEDULER_MEMORY_QUEUE"] = "scrapy.squeues.FifoMemoryQueue"
    if not site.spider:
        handler = "jobpipe.sources.site.credentials.SigningHandler"
        made["DOWNLOAD_HANDLERS"] = {
            "file": None,
            "ftp": None,
            "s3": None,
            "data": None,
            "http": handler,
            "https": handler,
        }
        made["DOWNLOADER_MIDDLEWARES"] = {
            # Before Scrapy's own repetitions (550) see an answer.
            "jobpipe.sources.site.waiting.LeftAlone": 560,
            "jobpipe.sources.site.credentials.Credentials": 595,
        }
    if orders.kept:
        return made | _settings_without_site(site)
    if not site.spider:
        made["DOWNLOADER_MIDDLEWARES"]["jobpipe.sources.site.exchanging.Recording"] = NEAREST
    if site.browser:
        made |= _browser_settings(orders, made)
    return made


def _settings_without_site(site: Site) -> dict[str, Any]:
    """For a crawl whose answers are kept: it logs in nowhere, waits for nobody, and asks for nothing twice."""
    made: dict[str, Any] = {
        "AUTOTHROTTLE_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "HTTPCACHE_ENABLED": False,
        "RETRY_ENABLED": False,
        "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "http", "https", "s3")),
    }
    if not site.spider:
        made["DOWNLOADER_MIDDLEWARES"] = {
            "jobpipe.sources.site.exchanging.Recording": NEAREST - 1,
            "jobpipe.sources.site.exchanging.Replaying": NEAREST,
        }
    return made


def _who(orders: Orders) -> str:
    """Another login may see other pages."""
    return hashlib.sha256(msgspec.json.encode([orders.headers, orders.auth], order="sorted")).hexdigest()


def _browser_settings(orders: Orders, made: dict[str, Any]) -> dict[str, Any]:
    site = orders.of_site()
    handler = "jobpipe.sources.site.browser.BrowserHandler"
    return {
        "DOWNLOAD_HANDLERS": {**made.get("DOWNLOAD_HANDLERS", {}), "http": handler, "https": handler},
        "CONCURRENT_REQUESTS": min(made["CONCURRENT_REQUESTS"], _MOST_BROWSER_PAGES),
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": made["CONCURRENT_REQUESTS"],
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": orders.timeout * 1000,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": "jobpipe.sources.site.browser.own_headers",
        "JOBPIPE_WAIT": site.wait,
        "JOBPIPE_COOKIES": site.cookies,
    }


if __name__ == "__main__":
    sys.exit(main())
