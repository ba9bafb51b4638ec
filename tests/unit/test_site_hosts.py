"""Crawls and the hosts that all imports share: those that fail are left alone, and none is asked too much."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from http_source import Resource
from job_site import ALL, JobSite, list_page
from project_folder import ProjectFolder

from jobpipe.ledger.models import RunState
from jobpipe.sources import hosts

pytest.importorskip("scrapy")


@pytest.fixture(autouse=True)
def fresh_hosts(monkeypatch: pytest.MonkeyPatch) -> hosts.Hosts:
    """As in a process that has asked nobody yet."""
    made = hosts.Hosts()
    monkeypatch.setattr(hosts, "_hosts", made)
    return made


def project(tmp_path: Path, definition: str, limits: str = "failures: 2") -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "project", definition)
    (folder.root / "jobpipe.yaml").write_text(f"hosts: {{{limits}}}\n")
    return folder


def busiest(site: JobSite) -> list[int]:
    """How many of the postings' pages were asked for at the same time, at most."""
    counting = threading.Lock()
    under_way: list[int] = [0]
    most: list[int] = [0]

    def take_a_while(resource: Resource) -> None:
        with counting:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        site.is_closing.wait(0.2)
        with counting:
            under_way[0] -= 1

    site.page("/jobs", list_page([f"/job/{number}" for number in range(1, 7)]))
    for number in range(1, 7):
        site.resources[f"/job/{number}"].before = [take_a_while]
    return most


def test_a_crawl_without_any_answer_is_a_failure_of_its_host(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition(settings={"RETRY_TIMES": 0}) + "expire: {misses: 1, guard: 100%}\n")
    assert folder.run().complete
    site.__exit__(None, None, None)
    for _ in range(2):
        report = folder.run()
        assert (report.state, report.complete) == (RunState.PARTIAL, False)
    report = folder.run()
    assert report.state is RunState.FAILED
    assert "was not asked: the host has failed 2 times in a row" in report.error
    assert folder.keys() == ALL


def test_a_host_that_is_left_alone_is_not_crawled(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition(), "failures: 3")
    for _ in range(3):
        hosts.failed(hosts.host_of(site.url("/")), "no answer")
    report = folder.run()
    assert report.state is RunState.FAILED
    assert "was not asked" in report.error
    assert site.requests == []


def test_a_site_that_answers_with_errors_is_no_host_that_fails(site: JobSite, tmp_path: Path) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    refused = site.definition()
    site.resources["/job/1"].statuses = [500] * 30
    broken = site.definition(start=site.url("/job/1"), follow=None, postings=None, robots=False)
    folder = project(tmp_path, refused)
    for text in (refused, broken) * 2:
        folder.define(text)
        assert folder.run().state is RunState.PARTIAL


def test_a_crawl_asks_for_no_more_than_its_host_has_room_for(site: JobSite, tmp_path: Path) -> None:
    most = busiest(site)
    assert project(tmp_path, site.definition(follow=None), "per_host: 2").run().account["new"] == 6
    assert most[0] == 2
