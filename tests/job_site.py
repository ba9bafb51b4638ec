"""A company's career site for tests: lists, pages of postings and a sitemap, served from 127.0.0.1."""

from __future__ import annotations

import json
from typing import Any

from http_source import HttpSource, Resource


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


class JobSite(HttpSource):
    """Six postings on two lists: /jobs and /jobs-2."""

    def __init__(self) -> None:
        super().__init__()
        for number in range(1, 7):
            self.page(f"/job/{number}", json_ld_page(job_posting(number)))
        self.page("/jobs", list_page(["/job/1", "/job/2", "/job/3"], "/jobs-2"))
        self.page("/jobs-2", list_page(["/job/4", "/job/5", "/job/6"]))

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
