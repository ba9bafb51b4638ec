"""A company's career site for tests: lists, pages of postings and a sitemap, served from 127.0.0.1."""

from __future__ import annotations

import json
from typing import Any

from http_source import HttpSource, Resource

# The references of the postings that it has at first.
ALL = {f"J{number}" for number in range(1, 7)}


def job_posting(number: int, **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": f"Cook {number}",
        "identifier": {"@type": "PropertyValue", "value": f"J{number}"},
        "description": f"&lt;p&gt;Cooking for {number} people.&lt;/p&gt;",
        "hiringOrganization": {"@type": "Organization", "name": "Example Kitchens"},
        "jobLocation": {"@type": "Place", "address": {"addressLocality": "Lyon", "addressCountry": "FR"}},
        "datePosted": "2026-11-02",
        **more,
    }


def json_ld_page(*values: Any) -> bytes:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values)
    return f"<!DOCTYPE html><html><head><title>Careers</title>{scripts}</head><body></body></html>".encode()


def list_page(links: list[str], following: str = "") -> bytes:
    items = "".join(f'<li><a class="job" href="{link}">A job</a></li>' for link in links)
    further = f'<a class="next" href="{following}">More</a>' if following else ""
    return f"<!DOCTYPE html><html><body><ul>{items}</ul>{further}</body></html>".encode()


def written_page(script: str) -> bytes:
    """A page that is empty until its script has run; `show(value)` writes JSON-LD, `link(address)` a link to a job."""
    tools = (
        "function show(value) { const one = document.createElement('script'); one.type = 'application/ld+json';"
        " one.textContent = JSON.stringify(value); document.body.append(one); }"
        "function link(address, kind) { const one = document.createElement('a'); one.href = address;"
        " one.className = kind || 'job'; one.textContent = 'A job'; document.body.append(one); }"
    )
    return f"<!DOCTYPE html><html><body><script>{tools}\n{script}</script></body></html>".encode()


class JobSite(HttpSource):
    """Six postings on two lists: /jobs and /jobs-2."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(1, 7):
            self.page(f"/job/{number}", json_ld_page(job_posting(number)))
        self.page("/jobs", list_page(["/job/1", "/job/2", "/job/3"], "/jobs-2"))
        self.page("/jobs-2", list_page(["/job/4", "/job/5", "/job/6"]))

    def write_with_scripts(self) -> None:
        """The same six postings, which only a browser sees: what a page shows is asked for by its script."""
        for number in range(1, 7):
            self.serve(f"/data/{number}", json.dumps(job_posting(number)).encode(), content_type="application/json")
            self.page(f"/job/{number}", written_page(f"fetch('/data/{number}').then(given => given.json()).then(show)"))
        for path, numbers, following in (("/jobs", (1, 2, 3), "/jobs-2"), ("/jobs-2", (4, 5, 6), "")):
            further = f"; link('{following}', 'next')" if following else ""
            links = f"for (const number of {list(numbers)}) link('/job/' + number){further}"
            self.page(path, written_page(f"setTimeout(() => {{ {links} }}, 50)"))

    def page(self, path: str, body: bytes, **script: Any) -> Resource:
        return self.serve(path, body, **{"content_type": "text/html; charset=utf-8", **script})

    def sitemap(self, entries: dict[str, str]) -> None:
        """Path -> lastmod ("" = none)."""
        urls = "".join(
            f"<url><loc>{self.url(path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
            for path, day in entries.items()
        )
        self.serve(
            "/sitemap.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()
        )

    def definition(self, **site: Any) -> str:
        given = {"start": self.url("/jobs"), "follow": "css:a.next", "postings": "/job/*", "throttle": False, **site}
        kept = {name: value for name, value in given.items() if value is not None}
        return f"import: offers\nsource: {json.dumps({'site': kept})}\n"
