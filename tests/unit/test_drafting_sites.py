"""From the bare address of a page to an import of the site: lists, sitemaps, feeds and services behind it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from job_site import ALL, JobSite, job_posting, json_ld_page
from project_folder import ProjectFolder

from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.pages.visits import MOST_VISITS
from jobpipe.drafting.writing import definition_text
from jobpipe.errors import SourceError

pytest.importorskip("scrapy")

VACANCIES = (
    (4101, "cook", "Cook", "Leeds"),
    (4102, "waiter", "Waiter", "York"),
    (4103, "baker", "Baker", "Leeds"),
    (4104, "driver", "Driver", "Hull"),
)
ROWS = "".join(
    f'<li class="vacancy"><a href="/vacancy/{number}-{slug}">{title}</a><span class="location">{town}</span></li>'
    for number, slug, title, town in VACANCIES
)


def page(body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html><html lang="en-GB"><head>{head}</head><body>{body}</body></html>'.encode()


def detail(title: str, town: str) -> bytes:
    text = f"You work as a {title.lower()} in our house in {town}, in a small team, five days a week, and enjoy it."
    facts = f"<dl><dt>Location</dt><dd>{town}</dd><dt>Contract type</dt><dd>Permanent</dd></dl>"
    return page(f'<h1>{title}</h1>{facts}<div class="job-description"><p>{text}</p><p>{text}</p></div>')


def drafted(site: JobSite, path: str) -> Draft:
    return draft_source(Order(name="offers", location=site.url(path)), site.url(path))


def imported(draft: Draft, folder: Path) -> dict[str, dict[str, Any]]:
    made = ProjectFolder(folder / "project", definition_text(draft))
    report = made.run()
    assert report.complete, report.why
    return made.postings()


def test_a_list_whose_pages_say_what_a_posting_is(site: JobSite, tmp_path: Path) -> None:
    draft = drafted(site, "/jobs")
    assert draft.source.block["site"]["postings"] == "/job/*"
    # The page itself is asked for once more, by whoever found that it is no feed.
    assert len(site.requests) <= MOST_VISITS + 1
    assert set(imported(draft, tmp_path)) == ALL


def test_a_list_whose_pages_are_read_by_where_things_stand_in_them(site: JobSite, tmp_path: Path) -> None:
    site.page("/careers", page(f"<h1>Vacancies</h1><ul>{ROWS}</ul>"))
    for number, slug, title, town in VACANCIES:
        site.page(f"/vacancy/{number}-{slug}", detail(title, town))
    postings = imported(drafted(site, "/careers"), tmp_path)
    assert set(postings) == {"4101", "4102", "4103", "4104"}
    cook = postings["4101"]
    assert (cook["title"], cook["locations"][0]["city"], cook["contract"]) == ("Cook", "Leeds", "permanent")
    assert "small team" in cook["description_text"]
    assert cook["url"] == site.url("/vacancy/4101-cook")


def test_pages_are_read_in_the_character_set_that_their_server_names(site: JobSite) -> None:
    """In Shift JIS a letter may hold what elsewhere is a backslash, with which the data would be broken."""
    for number in range(1, 7):
        said = json.dumps(job_posting(number, title="代表"), ensure_ascii=False)
        site.page(
            f"/job/{number}",
            json_ld_page({}).decode().replace("{}", said).encode("shift_jis"),
            content_type="text/html; charset=shift_jis",
        )
    for path in ("/jobs", "/job/1"):
        draft = drafted(site, path)
        assert draft.source.brings_posting and not draft.questions


def test_a_start_page_that_leads_to_the_list(site: JobSite, tmp_path: Path) -> None:
    site.page("/", page('<h1>Example Kitchens</h1><a href="/about">About us</a><a href="/jobs">Jobs</a>'))
    assert set(imported(drafted(site, "/"), tmp_path)) == ALL


def test_postings_that_only_a_sitemap_names(site: JobSite, tmp_path: Path) -> None:
    site.page("/", page("<h1>Example Kitchens</h1><p>We cook.</p>"))
    site.sitemap({f"/job/{number}": "" for number in range(1, 7)} | {"/": "", "/about": ""})
    draft = drafted(site, "/")
    assert draft.source.block["site"]["sitemaps"] == site.url("/sitemap.xml")
    assert set(imported(draft, tmp_path)) == ALL


def test_a_service_that_is_shown_within_a_page(site: JobSite) -> None:
    site.page("/careers", page('<h1>Careers</h1><iframe src="https://jobs.lever.co/acme"></iframe>'))
    assert drafted(site, "/careers").source.block == {"lever": "acme"}


def forbidden(site: JobSite) -> None:
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs\n")


def leading_inwards(site: JobSite) -> None:
    """The list leads to a machine of the house: by another name of this one."""
    inner = site.url("/job", host="localhost")
    links = "".join(f'<li><a class="job" href="{inner}/{number}">A job</a></li>' for number in (1, 2, 3))
    site.page("/jobs", page(f"<h1>Jobs</h1><ul>{links}</ul>"))


@pytest.mark.parametrize("arrange", [forbidden, leading_inwards])
def test_what_a_site_forbids_and_what_it_may_not_lead_to_is_not_asked_for(
    site: JobSite, arrange: Callable[[JobSite], None]
) -> None:
    arrange(site)
    with contextlib.suppress(SourceError):
        drafted(site, "/jobs")
    assert not any(seen.path.startswith("/job/") for seen in site.requests)
