"""Spiders written by hand, alone or in a Scrapy project: their items are the records."""

from __future__ import annotations

import configparser
import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jobpipe.errors import DefinitionError
from jobpipe.sources.answers import Answer
from jobpipe.sources.site.doubts import Doubts
from jobpipe.sources.site.guarding import REFUSED
from jobpipe.sources.site.orders import Orders
from jobpipe.sources.site.outlet import Outlet

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
# Scrapy's own counts of what a spider did not get.
_LOSSES = {
    "downloader/exception_count": "requests that failed",
    "httperror/response_ignored_count": "answers that were errors",
    "robotstxt/forbidden": "pages that robots.txt forbids",
    "retry/max_reached": "pages given up",
}


def project_settings(orders: Orders) -> dict[str, Any]:
    """Those of the Scrapy project that the spider is in; {} = it is in none. Raises DefinitionError."""
    site = orders.of_site()
    folder = Path(orders.root, site.project or ".").resolve()
    sys.path.insert(0, str(folder))
    if not site.project:
        return {}
    config = configparser.ConfigParser()
    config.read(folder / "scrapy.cfg")
    module = config.get("settings", "default", fallback="")
    if not module:
        raise DefinitionError(f"{site.project} is no Scrapy project: it has no scrapy.cfg that names its settings")
    os.environ["SCRAPY_SETTINGS_MODULE"] = module
    from scrapy.utils.project import get_project_settings

    return dict(get_project_settings())


def spider_class(name: str, settings: Any) -> Any:
    """`package.module:Spider`, or the name of a spider of the project. Raises DefinitionError."""
    module, _, attribute = name.partition(":")
    try:
        if attribute:
            return getattr(importlib.import_module(module), attribute)
        from scrapy.spiderloader import SpiderLoader

        return SpiderLoader.from_settings(settings).load(name)
    except (ImportError, AttributeError, KeyError) as error:
        raise DefinitionError(f"the spider {name!r} is not there: {error}") from error


def pass_on_items(crawler: Any, orders: Orders, outlet: Outlet) -> None:
    """Each item is a record of the page that it was made of."""
    from itemadapter import ItemAdapter
    from scrapy import signals

    given = 0

    def on_item(item: Any, response: Any, spider: Any) -> None:
        nonlocal given
        record = ItemAdapter(item).asdict()
        page = str(record.get("@url") or getattr(response, "url", "") or "")
        outlet.give(Answer(kind="records", asked=page, page=page, body=_encode(record) + b"\n"))
        given += 1
        if orders.enough is not None and given >= orders.enough:
            import asyncio

            asyncio.ensure_future(crawler.stop_async())  # noqa: RUF006

    crawler.signals.connect(on_item, signals.item_scraped, weak=False)


def named_hosts(spider: Any) -> frozenset[str]:
    """Those that the spider's class names: they may be in the house's own network."""
    urls = getattr(spider, "start_urls", None) or []
    domains = getattr(spider, "allowed_domains", None) or []
    named = [*(urlsplit(str(url)).hostname for url in urls), *(str(domain).partition(":")[0] for domain in domains)]
    return frozenset(host.lower() for host in named if host)


def keep_nearest(crawler: Any, middlewares: Iterable[Any]) -> None:
    """Not by a setting, which the spider's own might undo: whatever hands a request on, these come last."""
    from scrapy import signals

    def add() -> None:
        for one in middlewares:
            crawler.engine.downloader.middleware._add_middleware(one.from_crawler(crawler))

    crawler.signals.connect(add, signals.engine_started, weak=False)


def note_losses(stats: Any, doubts: Doubts) -> None:
    for name, what in _LOSSES.items():
        if count := stats.get_value(name, 0):
            doubts.add(f"{count} {what}")
    for why in sorted(REFUSED.values()):
        doubts.add(f"it {why}")
