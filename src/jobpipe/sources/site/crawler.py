"""The crawl's process: `python -m jobpipe.sources.site.crawler`, orders on its input, answers on its output.

Its log is its standard error.  It ends when its input closes: with the conductor, however that ends.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jobpipe.definition.sites import Site
from jobpipe.errors import JobpipeError
from jobpipe.sources.answers import Answer
from jobpipe.sources.site.doubts import Doubts
from jobpipe.sources.site.orders import Orders
from jobpipe.sources.site.outlet import Outlet

_AGENT = "job-pipe (imports job postings for their employers)"
# Seconds that a page of a preview is kept.
_KEPT = 3600


def main() -> int:
    orders = msgspec.json.decode(_first_line(), type=Orders)
    # Whatever prints must not get between the answers.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_the_conductor, daemon=True).start()
    try:
        _crawl(orders, Outlet(pipe))
    except JobpipeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


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


def _crawl(orders: Orders, outlet: Outlet) -> None:
    from scrapy import signals
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from jobpipe.sources.site import handwritten

    site = orders.of_site()
    doubts = Doubts()
    hosts = named_hosts(orders)
    settings = Settings()
    if site.spider:
        settings.setdict(handwritten.project_settings(orders), priority="project")
    settings.setdict(crawl_settings(orders, hosts), priority="cmdline")
    process = AsyncCrawlerProcess(settings, install_root_handler=True)
    if site.spider:
        crawler = process.create_crawler(handwritten.spider_class(site.spider, settings))
        handwritten.pass_on_items(crawler, orders, outlet)
        process.crawl(crawler)
    else:
        from jobpipe.sources.site.spider import SiteSpider

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
    if reasons[0] == "enough":
        doubts.add("only the first pages were wanted")
    elif reasons[0] not in ("finished", "pages"):
        doubts.add(f"the crawl was stopped: {reasons[0]}")
    outlet.give(Answer(kind="end", why=doubts.why, notices=tuple(sorted(doubts.notices))))
    outlet.close()


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


def _most_at_once(site: Site, hosts: int) -> int:
    """Without a delay Scrapy asks one host for more than it is told to: no more go in all than the hosts may have."""
    return site.at_once if site.spider else min(site.at_once, site.per_host * max(1, hosts))


def crawl_settings(orders: Orders, hosts: frozenset[str]) -> dict[str, Any]:
    """Scrapy's settings: what the definition sets itself is taken, but for what keeps the crawl within bounds."""
    from jobpipe.sources.site.guarding import browser_refusal

    site = orders.of_site()
    made: dict[str, Any] = {
        "USER_AGENT": orders.headers.get("User-Agent", _AGENT),
        "ROBOTSTXT_OBEY": site.robots,
        "AUTOTHROTTLE_ENABLED": site.throttle,
        "AUTOTHROTTLE_START_DELAY": site.delay,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(site.per_host),
        "CONCURRENT_REQUESTS": _most_at_once(site, len(hosts)),
        "CONCURRENT_REQUESTS_PER_DOMAIN": site.per_host,
        "DOWNLOAD_DELAY": site.delay,
        "REDIRECT_MAX_TIMES": 10,
        "HTTPCACHE_ENABLED": bool(orders.cache),
        "HTTPCACHE_DIR": orders.cache or ".scrapy/httpcache",
        "HTTPCACHE_EXPIRATION_SECS": _KEPT,
        # Scrapy starts so many tasks for each answer, even where they have nothing to do: the spider here gives none.
        **({} if site.spider else {"CONCURRENT_ITEMS": 1}),
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
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "LOG_FILE": None,
        "JOBPIPE_HEADERS": orders.headers,
        "JOBPIPE_HOSTS": sorted(hosts),
        "JOBPIPE_ALLOW": list(orders.allow),
    }
    if orders.enough is not None:
        # One page after the other: those shown are the first ones, the same at each preview, and no more are asked for.
        made["CONCURRENT_REQUESTS"] = 1
        made["SCHEDULER_MEMORY_QUEUE"] = "scrapy.squeues.FifoMemoryQueue"
    if not site.spider:
        # A spider of the house's own goes where the house sends it.
        made["TWISTED_DNS_RESOLVER"] = "jobpipe.sources.site.guarding.GuardedResolver"
        made["DOWNLOAD_HANDLERS"] = {"file": None, "ftp": None, "s3": None, "data": None}
        made["DOWNLOADER_MIDDLEWARES"] = {
            # Before Scrapy's own repetitions (550) see an answer.
            "jobpipe.sources.site.waiting.LeftAlone": 560,
            "jobpipe.sources.site.guarding.Credentials": 595,
        }
    if site.browser:
        handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
        made["DOWNLOAD_HANDLERS"] = {**made.get("DOWNLOAD_HANDLERS", {}), "http": handler, "https": handler}
        made["PLAYWRIGHT_ABORT_REQUEST"] = browser_refusal(hosts, orders.allow)
    return made


if __name__ == "__main__":
    sys.exit(main())
