"""Sites are crawled by a process of its own, as the definition says; what cannot be read expires nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from http_source import Resource
from job_site import ALL, JobSite, job_posting, json_ld_page, list_page
from project_folder import ProjectFolder, adds_up

from jobpipe.documents.store import Status
from jobpipe.ledger.models import RunState

pytest.importorskip("scrapy")


def project(tmp_path: Path, definition: str) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project", definition)


@pytest.mark.usefixtures("crawls_from_nothing")
def test_lists_lead_to_postings_and_the_account_adds_up(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    first = folder.run()
    assert (first.state, first.account["new"], first.complete) == (RunState.SUCCEEDED, 6, True)
    assert adds_up(first)
    assert folder.keys() == ALL
    posting = folder.postings()["J1"]
    assert posting["description"] == "<p>Cooking for 1 people.</p>"
    assert posting["locations"] == [{"city": "Lyon", "country": "FR"}]
    second = folder.run()
    assert second.complete
    # Pages that come in the same order are the same bytes, of which nothing is read.
    assert second.account["unchanged"] == second.account["read"] in (0, 6)


def test_a_page_that_is_gone_closes_its_posting(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    folder.run()
    del site.resources["/job/6"]
    site.page("/job/5", b"<html><body><p>This position is <b>filled</b></p></body></html>")
    folder.define(site.definition(gone=["position is filled"]))
    report = folder.run()
    assert report.complete
    assert folder.keys() == ALL - {"J5", "J6"}
    assert {row.key: row.reason for row in folder.rows(status=Status.EXPIRED)} == {"J5": "closed", "J6": "closed"}


def test_a_list_that_fails_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    definition = site.definition() + "expire: {misses: 1, guard: 100%}\n"
    folder = project(tmp_path, definition)
    folder.run()
    site.resources["/jobs-2"].statuses = [500] * 10
    report = folder.run()
    assert (report.state, report.complete) == (RunState.PARTIAL, False)
    assert "/jobs-2: the server answers 500" in report.why
    assert folder.keys() == ALL


def test_a_known_posting_whose_page_fails_stays(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition() + "expire: {misses: 1, guard: 100%}\n")
    folder.run()
    site.resources["/job/2"].statuses = [500] * 10
    report = folder.run()
    assert report.complete
    assert folder.keys() == ALL
    assert any("/job/2" in str(notice) and "stays as it is" in str(notice) for notice in report.notices)


def test_pages_that_their_sitemap_says_are_unchanged_count_as_seen(site: JobSite, tmp_path: Path) -> None:
    site.sitemap({f"/job/{number}": "2026-01-01" for number in range(1, 6)} | {"/job/6": ""})
    folder = project(
        tmp_path,
        site.definition(start=None, follow=None, sitemaps=[site.url("/sitemap.xml")])
        + "expire: {misses: 1, guard: 100%}\n",
    )
    assert folder.run().account["new"] == 6
    site.requests.clear()
    report = folder.run()
    assert report.complete
    assert [request.path for request in site.requests if request.path.startswith("/job/")] == ["/job/6"]
    assert folder.keys() == ALL


def test_a_page_that_has_not_changed_since_is_not_sent_again(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    site.resources["/job/1"].modified = 1_700_000_000.0
    site.resources["/job/1"].etag = ""
    folder.run()
    site.requests.clear()
    report = folder.run()
    assert [request.status for request in site.seen("/job/1")] == [304]
    assert report.complete
    assert folder.keys() == ALL


def test_robots_txt_is_obeyed_and_named(site: JobSite, tmp_path: Path) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs-2\n", content_type="text/plain")
    folder = project(tmp_path, site.definition())
    report = folder.run()
    assert not site.seen("/jobs-2")
    assert not report.complete
    assert "robots.txt forbids it" in report.why


def test_a_listing_that_goes_round_in_circles_ends_and_says_so(site: JobSite, tmp_path: Path) -> None:
    def turn(resource: Resource) -> None:
        """Every page is the first one, and leads on."""
        number = len(site.seen("/loop"))
        resource.body = list_page(["/job/1", "/job/2"], f"/loop?page={number + 2}")
        resource.before.append(turn)

    site.page("/loop", b"", before=[turn])
    report = project(tmp_path, site.definition(start=site.url("/loop"))).run()
    assert not report.complete
    assert "round in circles" in report.why
    assert len(site.seen("/loop")) < 5


def test_redirects_without_end_are_told(site: JobSite, tmp_path: Path) -> None:
    site.serve("/round", redirect="/round")
    report = project(tmp_path, site.definition(start=site.url("/round"))).run()
    assert not report.complete
    assert "redirected again and again" in report.why


@pytest.mark.parametrize("to", ["http://127.0.0.2:9/", "http://[::1]:9/", "http://10.0.0.1:9/"])
def test_a_redirect_into_a_private_network_is_refused(site: JobSite, tmp_path: Path, to: str) -> None:
    site.serve("/away", redirect=to)
    report = project(tmp_path, site.definition(start=site.url("/away"))).run()
    assert not report.complete
    assert "an address of a private network" in report.why


def test_an_endless_page_is_given_up(site: JobSite, tmp_path: Path) -> None:
    site.page("/job/3", b"x" * 300_000)
    text = site.definition().replace('{"site"', '{"limits": {"record": "100KB"}, "site"')
    folder = project(tmp_path, text)
    report = folder.run()
    assert "/job/3" in report.why
    assert folder.keys() == ALL - {"J3"}


def test_a_page_that_drips_is_given_up(site: JobSite, tmp_path: Path) -> None:
    site.page("/job/3", b"x" * 100, stalls=[10, 10, 10])
    text = site.definition(settings={"RETRY_TIMES": 0}).replace('{"site"', '{"timeout": 1.0, "site"')
    report = project(tmp_path, text).run()
    assert "/job/3" in report.why


def test_a_pdf_where_a_posting_should_be_costs_only_itself(site: JobSite, tmp_path: Path) -> None:
    site.serve("/job/3", b"%PDF-1.7 \x00\x01\x02", content_type="application/pdf")
    folder = project(tmp_path, site.definition())
    report = folder.run()
    assert "is no web page but application/pdf" in report.why
    assert folder.keys() == ALL - {"J3"}


def test_a_start_page_with_postings_needs_nothing_else(site: JobSite, tmp_path: Path) -> None:
    site.page("/careers", json_ld_page({"@graph": [job_posting(1), job_posting(2)]}))
    folder = project(tmp_path, site.definition(start=site.url("/careers"), follow=None, postings=None))
    assert folder.run().complete
    assert folder.keys() == {"J1", "J2"}


def test_items_of_a_list_are_records(site: JobSite, tmp_path: Path) -> None:
    fields = {"title": "css:a", "link": "css:a/@href"}
    text = site.definition(postings=None, items="css:li", fields=fields)
    folder = project(tmp_path, text + "posting: {reference: link, title: title, url: link}\n")
    report = folder.run()
    assert (report.account["new"], report.complete) == (6, True)
    assert site.url("/job/4") in folder.postings()


@pytest.mark.usefixtures("crawls_from_nothing")
def test_killing_the_process_of_the_crawl_is_an_error_that_says_so(site: JobSite, tmp_path: Path) -> None:
    def kill(resource: Resource) -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _is_child_crawl(entry):
                os.kill(int(entry.name), signal.SIGKILL)

    folder = project(tmp_path, site.definition() + "expire: {misses: 1, guard: 100%}\n")
    folder.run()
    site.resources["/jobs-2"].before.append(kill)
    report = folder.run()
    assert not report.complete
    assert "the crawl's process was killed by signal 9" in report.why
    assert folder.keys() == ALL


def _is_child_crawl(entry: Path) -> bool:
    try:
        parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        return parent == os.getpid() and b"jobpipe.sources.site.crawler" in (entry / "cmdline").read_bytes()
    except OSError:
        return False


def test_a_spider_written_by_hand_gives_the_records(site: JobSite, tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        "import: offers\nsource: {site: {spider: 'house_spider:House', settings: {ROBOTSTXT_OBEY: false}}}\n"
        "posting: {reference: id, title: title}\n",
    )
    (folder.root / "house_spider.py").write_text(
        "import scrapy\n"
        "class House(scrapy.Spider):\n"
        "    name = 'house'\n"
        f"    start_urls = [{site.url('/jobs')!r}]\n"
        "    def parse(self, response):\n"
        "        for number, link in enumerate(response.css('a.job')):\n"
        "            yield {'id': str(number), 'title': link.css('::text').get()}\n"
    )
    report = folder.run()
    assert (report.account["new"], report.complete) == (3, True)
    assert folder.keys() == {"0", "1", "2"}


def test_a_spider_that_raises_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        "import: offers\nsource: {site: {spider: 'house_spider:House'}}\nposting: {reference: id, title: title}\n",
    )
    (folder.root / "house_spider.py").write_text(
        "import scrapy\n"
        "class House(scrapy.Spider):\n"
        "    name = 'house'\n"
        f"    start_urls = [{site.url('/jobs')!r}]\n"
        "    def parse(self, response):\n"
        "        raise ValueError('the page is another one')\n"
    )
    report = folder.run()
    assert not report.complete
    assert "the page is another one" in report.why


def test_a_form_is_sent_and_its_answer_is_the_list(site: JobSite, tmp_path: Path) -> None:
    site.page("/search", b'<html><form action="/jobs"><input name="q"><input type="hidden" name="t" value="7"></form>')
    text = site.definition(start=None, form={"url": site.url("/search"), "fields": {"q": "cook"}})
    report = project(tmp_path, text).run()
    assert report.complete
    assert report.account["new"] == 6
    assert {request.path for request in site.seen("/jobs")} == {"/jobs?t=7&q=cook"}


def test_credentials_go_to_no_other_host(site: JobSite, tmp_path: Path) -> None:
    with JobSite() as other:
        site.page("/jobs", list_page([other.url("/job/1", host="localhost"), "/job/2"]))
        text = site.definition(follow=None).replace(
            '{"site"', '{"auth": {"bearer": "geheim"}, "allow": ["127.0.0.0/8", "::1"], "site"'
        )
        text = text.replace('"/job/*"', '"css:a.job"')
        assert project(tmp_path, text).run().account["new"] == 2
        assert site.seen("/job/2")[0].header("Authorization") == "Bearer geheim"
        assert other.seen("/job/1")[0].header("Authorization") == ""
