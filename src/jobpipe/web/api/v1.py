"""Version 1 of the API, put together: its addresses and its description (OpenAPI)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI

from jobpipe.web.api import (
    destinations,
    imports,
    incidents,
    mappings,
    notifications,
    postings,
    records,
    runs,
    schedules,
)
from jobpipe.web.api.answers import refused, say_errors
from jobpipe.web.api.parameters import only_known_parameters

PARTS = (imports, schedules, runs, records, postings, incidents, mappings, destinations, notifications)
_ABOUT = """\
Programs ask with a token, `Authorization: Bearer TOKEN`, which a person makes on the page of their account. A token has
scopes, an end, and never more rights than its account: what the account may not see is not there (404). Lists come in
pages: give back `next` as `cursor`. Whatever goes wrong has one shape, `{"error": {"code", "message", "hint"}}`. A
token has 120 requests at once and 10 more each second; who asks too often gets 429 with `Retry-After`.
"""


def _made() -> NinjaAPI:
    api = NinjaAPI(
        title="job-pipe",
        version="1",
        description=_ABOUT,
        # No page of documentation: it would load scripts from elsewhere.
        docs_url=None,
        urls_namespace="api-v1",
    )
    say_errors(api)
    api.add_decorator(only_known_parameters)
    for part in PARTS:
        api.add_router("", part.router)
    return api


api = _made()


def patterns() -> list[URLPattern]:
    return [path("api/v1/", api.urls), re_path(r"^api(/.*)?$", _nowhere)]  # type: ignore[list-item]


def _nowhere(request: HttpRequest, *_: Any) -> HttpResponse:
    return refused(404, "there is no such address", "the description is at /api/v1/openapi.json")


_nowhere.csrf_exempt = True  # type: ignore[attr-defined]
