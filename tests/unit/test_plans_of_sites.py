"""Plans of sites that are crawled otherwise: the same spider meets the kept answers, and the site hears nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from job_site import ALL, JobSite, list_page
from planning import apply, figures, plan, planned_and_applied
from project_folder import ProjectFolder

from jobpipe.documents.store import Status
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.sources.site.browsers import find_browser

pytest.importorskip("scrapy")

POSTING = "posting: {title: title, description: description, reference: identifier.value}\n"


@contextlib.contextmanager
def no_network(site: JobSite) -> Iterator[None]:
    """The site notices every connection, whatever comes over it."""
    met: list[Any] = []

    def notice(request: Any, address: Any) -> bool:
        met.append(address)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site._server, "verify_request", notice)
        yield
    assert not met


def crawled(tmp_path: Path, definition: str) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", definition)
    assert project.run().state == "succeeded"
    return project


def test_other_links_are_followed_without_the_site(site: JobSite, tmp_path: Path) -> None:
    project = crawled(tmp_path, site.definition() + "expire: {misses: 1, guard: 100%}\n")
    said = planned_and_applied(
        project,
        no_network(site),
        site.definition(postings="css:li:nth-child(-n+2) a") + "expire: {misses: 1, guard: 100%}\n",
    )
    assert said["expired"] == 2
    assert project.keys() == {"J1", "J2", "J4", "J5"}


def test_a_mark_of_the_end_closes_postings_without_the_site(site: JobSite, tmp_path: Path) -> None:
    page = site.resources["/job/5"].body.replace(b"<body>", b"<body><p>This position is <b>filled</b></p>")
    site.page("/job/5", page)
    project = crawled(tmp_path, site.definition())
    planned_and_applied(project, no_network(site), site.definition(gone=["position is filled"]))
    assert {row.key: row.reason for row in project.rows(status=Status.EXPIRED)} == {"J5": "closed"}


def test_redirects_forms_sitemaps_and_robots_are_met_again(site: JobSite, tmp_path: Path) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /job/6\n", content_type="text/plain")
    site.serve("/old", redirect=site.url("/jobs"))
    site.sitemap({"/job/3": "", "/job/6": ""})
    given: dict[str, Any] = {"start": site.url("/old"), "sitemaps": [site.url("/sitemap.xml")]}
    project = ProjectFolder(tmp_path / "project", site.definition(**given))
    first = project.run()
    assert project.keys() == ALL - {"J6"} and "robots.txt" in first.why
    with no_network(site):
        said = figures(plan(project, definition=site.definition(**given, depth=3)))
    assert not said["partial"]
    assert (said["account"]["read"], said["complete"]) == (5, False)
    assert "robots.txt" in said["why"]


def test_pages_that_were_not_sent_again_are_those_of_an_earlier_crawl(site: JobSite, tmp_path: Path) -> None:
    for number in range(1, 7):
        site.resources[f"/job/{number}"].modified = 1_700_000_000.0
        site.resources[f"/job/{number}"].etag = ""
    project = crawled(tmp_path, site.definition())
    site.page("/jobs", list_page(["/job/3", "/job/2", "/job/1"], "/jobs-2"))
    assert project.run().account["read"] == 0
    said = planned_and_applied(project, no_network(site), site.definition(gone=["no such words"]) + "key: title\n")
    assert (said["account"]["read"], said["account"]["new"]) == (6, 6)


def test_a_page_that_was_not_read_makes_the_plan_partial(site: JobSite, tmp_path: Path) -> None:
    project = crawled(tmp_path, site.definition(follow=None))
    assert len(project.keys()) == 3
    with no_network(site):
        made = plan(project, definition=site.definition())
    said = figures(made)
    assert said["partial"] and said["expired"] == 0
    assert f"GET {site.url('/jobs-2')}" in said["missing"][0]
    with pytest.raises(UsageError, match="is partial"):
        apply(project, made)


def test_robots_that_were_not_asked_make_the_plan_partial(site: JobSite, tmp_path: Path) -> None:
    project = crawled(tmp_path, site.definition(robots=False))
    with no_network(site):
        said = figures(plan(project, definition=site.definition(robots=True)))
    assert said["partial"] and "/robots.txt" in said["missing"][0]


BY_HAND = "import: offers\nsource: {site: {spider: 'house_spider:House', robots: false%s}}\nposting: {title: title}\n"


@pytest.mark.parametrize("is_nosy", [False, True], ids=["by Scrapy alone", "with a connection of its own"])
def test_a_spider_by_hand_meets_the_kept_answers_too(site: JobSite, tmp_path: Path, is_nosy: bool) -> None:
    project = ProjectFolder(tmp_path / "project", BY_HAND % "")
    nosy = f"urllib.request.urlopen('{site.url('/jobs')}', timeout=3).read()" if is_nosy else "pass"
    (project.root / "house_spider.py").write_text(
        "import os, scrapy, urllib.request\n"
        "class House(scrapy.Spider):\n"
        "    name = 'house'\n"
        f"    start_urls = ['{site.url('/jobs')}']\n"
        "    def parse(self, response):\n"
        "        yield from response.follow_all(response.css('a.job'), self.read)\n"
        "    def read(self, response):\n"
        f"        {nosy}\n"
        "        yield {'title': response.url, '@url': response.url}\n"
    )
    assert project.run().account["new"] == 3
    with no_network(site):
        said = figures(plan(project, definition=BY_HAND % ", per_host: 1"))
    if is_nosy:
        assert (said["account"]["read"], said["complete"]) == (0, False)
    else:
        assert not said["partial"]
        assert (said["account"]["read"], said["account"]["unchanged"]) == (3, 3)


def _has_browser() -> bool:
    try:
        return bool(find_browser())
    except DefinitionError:
        return False


@pytest.mark.skipif(not _has_browser(), reason="needs Chromium")
def test_what_a_browser_saw_is_met_again_without_one(site: JobSite, tmp_path: Path) -> None:
    pytest.importorskip("scrapy_playwright")
    site.write_with_scripts()
    project = crawled(tmp_path, site.definition(browser=True))
    said = planned_and_applied(
        project, no_network(site), site.definition(browser=True, postings=["/job/1", "/job/2", "/job/3"])
    )
    assert said["account"]["read"] == 3
    with no_network(site):
        assert figures(plan(project, definition=site.definition(browser=False)))["partial"]
