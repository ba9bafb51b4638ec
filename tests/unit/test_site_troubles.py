"""Whatever a site's lists do, the run ends, says what was wrong, and loses no posting that it knew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from http_source import Resource
from job_site import ALL, JobSite, job_posting, json_ld_page, list_page
from project_folder import ProjectFolder, adds_up

from jobpipe.ledger.models import RunState

pytest.importorskip("scrapy")


def drips(site: JobSite) -> None:
    """A byte from time to time: never silent for long, and never done."""
    site.page("/jobs-2", b"x" * 10_000, chunk=1, pause=0.05)


def has_no_end(site: JobSite) -> None:
    site.page("/jobs-2", list_page(["/job/4"]) + b"<p>more</p>" * 1_000_000, chunked=True)


def is_no_page(site: JobSite) -> None:
    site.serve("/jobs-2", b"%PDF-1.7 \x00\x01\x02", content_type="application/pdf")


def is_cut_off(site: JobSite) -> None:
    site.page("/jobs-2", list_page(["/job/4", "/job/5", "/job/6"]) + b" " * 100_000, cuts=[50_000] * 10)


def leads_away(site: JobSite) -> None:
    site.serve("/jobs-2", redirect="http://10.0.0.1/jobs")


def is_forbidden(site: JobSite) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs-2\n", content_type="text/plain")


def loops(site: JobSite) -> None:
    def turn(resource: Resource) -> None:
        resource.body = list_page(["/job/1", "/job/2"], f"/jobs-2?page={len(site.seen('/jobs-2')) + 2}")
        resource.before.append(turn)

    site.page("/jobs-2", b"", before=[turn])


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (drips, "jobs-2"),
        (has_no_end, "jobs-2"),
        (is_no_page, "is no web page but application/pdf"),
        (is_cut_off, "jobs-2"),
        (leads_away, "an address of a private network"),
        (is_forbidden, "robots.txt forbids it"),
        (loops, "round in circles"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_list_in_trouble_is_told_and_loses_no_posting(
    site: JobSite, tmp_path: Path, trouble: Callable[[JobSite], None], told: str
) -> None:
    text = site.definition(settings={"RETRY_TIMES": 0}).replace(
        '{"site"', '{"timeout": 3.0, "limits": {"record": "1MB"}, "site"'
    )
    folder = ProjectFolder(tmp_path / "project", text + "expire: {misses: 1, guard: 100%}\n")
    assert folder.run().complete
    trouble(site)
    report = folder.run()
    assert (report.state, report.complete) == (RunState.PARTIAL, False)
    assert told in report.why
    assert "Traceback" not in report.why
    assert adds_up(report)
    assert folder.keys() == ALL


def test_a_listing_that_falls_to_a_round_number_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    """Five lists of 26 postings, of which the site shows no more than 100 from one day to the next."""

    def show(most: int) -> None:
        shown = list(range(most))
        pages = [shown[begin : begin + 26] for begin in range(0, most, 26)]
        for place, numbers in enumerate(pages):
            name = "/jobs" if place == 0 else f"/jobs-{place + 1}"
            following = f"/jobs-{place + 2}" if place + 1 < len(pages) else ""
            site.page(name, list_page([f"/job/{number}" for number in numbers], following))

    for number in range(130):
        site.page(f"/job/{number}", json_ld_page(job_posting(number)))
    show(130)
    folder = ProjectFolder(tmp_path / "project", site.definition() + "expire: {misses: 1, guard: 100%}\n")
    assert folder.run().account["new"] == 130
    show(100)
    report = folder.run()
    assert not report.complete
    assert "round" in report.why
    assert len(folder.keys()) == 130
