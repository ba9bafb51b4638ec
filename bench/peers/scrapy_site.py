"""Scrapy on the slow site: links followed by CSS, JobPostings read from JSON-LD, a feed export of JSON lines.

    python -m bench.peers.scrapy_site START CONCURRENCY EXPORT WORK

`all` does in an item pipeline what job-pipe does in its workers: its steps on the title and the description, called by
hand, and the computation.  `none` leaves the pipeline out: what Scrapy itself spends on the same pages.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from bench.peers.answer import Answer, give
from bench.peers.computation import compute
from bench.peers.posting import clean, sanitize_html, unescape


class SiteSpider(scrapy.Spider):
    name = "site"

    def parse(self, response: Response) -> Iterator[Any]:
        yield from response.follow_all(response.css("li.job a::attr(href)").getall(), callback=self.parse_posting)
        yield from response.follow_all(response.css("a.page::attr(href)").getall(), callback=self.parse)

    def parse_posting(self, response: Response) -> Iterator[dict[str, Any]]:
        for script in response.xpath("//script[@type='application/ld+json']/text()").getall():
            found = json.loads(script)
            if found.get("@type") == "JobPosting":
                yield {"url": response.url, **found}


class PostingPipeline:
    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        item["title"] = clean(item["title"])
        item["description"] = compute(sanitize_html(unescape(item["description"])))
        return item


def settings_for(export: Path, concurrency: int, *, works: bool) -> dict[str, Any]:
    return {
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "AUTOTHROTTLE_ENABLED": False,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
        "ITEM_PIPELINES": {PostingPipeline: 300} if works else {},
        "FEEDS": {str(export): {"format": "jsonlines", "encoding": "utf8", "overwrite": True}},
    }


def main() -> None:
    start, concurrency, export, work = sys.argv[1:]
    process = CrawlerProcess(settings_for(Path(export), int(concurrency), works=work == "all"))
    crawler = process.create_crawler(SiteSpider)
    process.crawl(crawler, start_urls=[start])
    process.start()
    assert crawler.stats is not None
    give(Answer(read=int(crawler.stats.get_value("item_scraped_count", 0))))


if __name__ == "__main__":
    main()
