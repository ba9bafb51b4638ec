"""Scrapy: an XMLFeedSpider, the transformation in an item pipeline, a feed export of JSON lines.

As its users configure it for a local file of this size; what it checks for the sake of remote sites is off.  It
keeps no state: every day it transforms and writes everything.  The spider takes its fields from the parsed element
itself, which is a good deal faster than thirty XPath expressions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from itemadapter import ItemAdapter
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import DropItem
from scrapy.http import Response
from scrapy.selector import Selector
from scrapy.spiders import XMLFeedSpider

from bench.peers.answer import Answer, arguments, give
from bench.peers.posting import RECORD, fields_of, posting_of


class OffersSpider(XMLFeedSpider):
    name = "offers"
    iterator = "iternodes"
    itertag = RECORD

    def parse_node(self, response: Response, selector: Selector) -> dict[str, Any]:
        return dict(fields_of(selector.root))


class PostingPipeline:
    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        try:
            return posting_of(ItemAdapter(item).asdict())
        except (msgspec.ValidationError, ValueError, KeyError) as error:
            raise DropItem(str(error)) from error


def settings_for(export: Path) -> dict[str, Any]:
    return {
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "RETRY_ENABLED": False,
        "COOKIES_ENABLED": False,
        # By default a response of 1 GB is refused, and one of 32 MB warned of.
        "DOWNLOAD_MAXSIZE": 0,
        "DOWNLOAD_WARNSIZE": 0,
        "ITEM_PIPELINES": {PostingPipeline: 300},
        "FEEDS": {str(export): {"format": "jsonlines", "encoding": "utf8", "overwrite": True}},
    }


def main() -> None:
    feed, folder = arguments()
    process = CrawlerProcess(settings_for(folder / "offers.jsonl"))
    crawler = process.create_crawler(OffersSpider)
    process.crawl(crawler, start_urls=[feed.resolve().as_uri()])
    process.start()
    stats = crawler.stats
    assert stats is not None
    exported = int(stats.get_value("item_scraped_count", 0))
    dropped = int(stats.get_value("item_dropped_count", 0))
    give(Answer(read=exported + dropped, rejected=dropped))


if __name__ == "__main__":
    main()
