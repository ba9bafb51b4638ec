"""Web sites that are crawled."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from jobpipe.definition.base import Model, Paths


class Form(Model):
    """Sent before the crawl begins, or in place of its first page: a search form, or a login."""

    url: str = Field(description="The page that has the form.")
    fields: dict[str, str] = Field(description="What is filled in; the others stay as the page has them.")
    selector: str | None = Field(default=None, description="Which form: css:… or xpath:…; the first when absent.")


class Site(Model):
    start: Paths = Field(default=[], description="Pages to begin with: lists, or postings.")
    sitemaps: Paths = Field(default=[], description="Sitemaps whose pages are postings, those of `postings` if given.")
    follow: Paths = Field(
        default=[],
        description="Links to further lists: css:a.next, xpath://a[@rel='next'], or a pattern: /jobs?page=*.",
    )
    postings: Paths = Field(
        default=[], description="Links to postings: css:.job a, xpath:…, or a pattern of their URL: /job/*."
    )
    items: str | None = Field(
        default=None,
        description="css:… or xpath:…, where one page has several records: `fields` start there. "
        "script:window.jobs: the records are the objects that a script has after these words.",
    )
    fields: dict[str, str] = Field(
        default={},
        description="The record, where a page has no JobPosting data: {title: 'css:h1', salary: 'xpath://dd[2]', "
        "link: 'css:a/@href', text: 'css:.body/html()'}. @url is the page's own.",
    )
    gone: Paths = Field(
        default=[],
        description="A page on which one of these is found (css:…, xpath:…, or a text) has no posting any more.",
    )
    form: Form | None = Field(default=None, description="A form that is sent first.")
    cookies: dict[str, str] = Field(default={}, description="Sent with every request.")
    robots: bool = Field(default=True, description="Whether robots.txt is obeyed.")
    lastmod: bool = Field(default=True, description="Whether a page that its sitemap says is unchanged is left alone.")
    browser: bool = Field(default=False, description="Pages need JavaScript (the extra `browser`).")
    wait: Paths = Field(
        default=[],
        description="With `browser`: css:… or xpath:…, one of which is there when a page is written; when absent, "
        "a page is read as soon as it asks for nothing more.",
    )
    spider: str | None = Field(
        default=None, description="A Scrapy spider of your own: package.module:Spider, or its name."
    )
    project: str | None = Field(default=None, description="The folder of the Scrapy project that the spider is in.")
    settings: dict[str, Any] = Field(default={}, description="Scrapy's own settings.")
    at_once: int = Field(default=16, ge=1, le=256, description="Requests under way at the same time.")
    per_host: int = Field(default=8, ge=1, le=256, description="Of them to one host.")
    delay: float = Field(default=0.0, ge=0, description="Seconds between two requests to one host.")
    throttle: bool = Field(default=True, description="Whether the pace follows how fast the site answers.")
    depth: int = Field(default=1_000, ge=1, description="Links from the start at most.")
    pages: int = Field(default=100_000, ge=1, description="Pages after which it must have come to an end.")

    @model_validator(mode="after")
    def _has_a_beginning(self) -> Site:
        if not (self.start or self.sitemaps or self.form or self.spider):
            raise ValueError("a site needs a beginning: `start`, `sitemaps`, `form` or `spider`")
        return self
