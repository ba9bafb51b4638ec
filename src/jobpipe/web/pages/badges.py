"""A badge of an import's state, for wikis and dashboards: a picture, or JSON.

Whoever is logged in and may see the import gets it; so does, without a login, whoever has its own address with the key
that its page shows, which opens this badge and nothing else.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from jobpipe.runs.overview import Overview
from jobpipe.web.badges import drawn, key_of
from jobpipe.web.pages.imports import overview_or_404
from jobpipe.web.rights import Right, may_see_import
from jobpipe.web.routes import Request, page


@page("imports/<str:import_name>/badge.svg", needs=Right.NOBODY)
def picture(request: Request, import_name: str) -> HttpResponse:
    one = _shown(request, import_name)
    return HttpResponse(drawn(one.name, str(one.state)), content_type="image/svg+xml")


@page("imports/<str:import_name>/badge.json", needs=Right.NOBODY)
def figures(request: Request, import_name: str) -> HttpResponse:
    one = _shown(request, import_name)
    said: dict[str, Any] = {
        "import": one.name,
        "state": str(one.state),
        "live": one.live,
        "last_good": one.last_good,
        "next_due": one.next_due,
    }
    return JsonResponse(said)


def _shown(request: Request, name: str) -> Overview:
    """Raises Http404, whatever is wrong: no address tells whether there is such an import."""
    given, viewer = request.GET.get("key", ""), getattr(request, "viewer", None)
    if not constant_time_compare(given, key_of(name)) and (viewer is None or not may_see_import(viewer, name)):
        raise Http404
    return overview_or_404(name)
