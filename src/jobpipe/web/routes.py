"""Addresses: each says which right it needs, and by the names of its parts which object it is about.

    @page("imports/<str:import_name>/", needs=Right.SEE)
    def show(request: Request, import_name: str) -> HttpResponse: ...

What the account may not see is not there (404); what it may see and not do is refused (403).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.http import urlencode

from jobpipe.ledger.models import Account, Delivery, Plan, WebSession
from jobpipe.web.rights import Right, Viewer, may_see_client, may_see_import, visible_incidents, visible_runs


class Request(HttpRequest):
    """As views get it, where a login is needed."""

    # Who is at the keyboard.
    account: Account
    # Whose rights count.
    viewer: Viewer
    logged_in: WebSession


View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Route:
    path: str
    name: str
    needs: Right
    methods: tuple[str, ...]
    view: View


ROUTES: list[Route] = []
# What staff who look as a client does may still do: look as another or as themselves, and leave.
_WHILE_LOOKING = ("client.look_as", "entry.logout")


def page(address: str, *, needs: Right, name: str = "", methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """`name`: of the route, otherwise that of the function with its module: `runs.show`. HEAD comes with GET."""

    def register(view: View) -> View:
        own = name or f"{view.__module__.rpartition('.')[2]}.{view.__name__}"
        ROUTES.append(Route(address, own, needs, methods, view))
        return view

    return register


def patterns() -> list[URLPattern]:
    """What is named comes before what stands for any name: `imports/new/` is no import. A client's name may hold
    slashes, so that its first page comes after its others."""
    in_order = sorted(ROUTES, key=lambda route: ("<" in route.path, route.path.endswith("<path:client>/")))
    return [path(route.path, _guarded(route), name=route.name) for route in in_order]


def _guarded(route: Route) -> View:
    @wraps(route.view)
    def guarded(request: Request, **parts: Any) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in route.methods:
            return HttpResponseNotAllowed(route.methods)
        if route.needs is Right.NOBODY:
            return _answer(route, request, parts)
        viewer: Viewer | None = getattr(request, "viewer", None)
        if viewer is None:
            return _to_login(request)
        if not viewer.may(route.needs) or (viewer.looks_as and method != "GET" and route.name not in _WHILE_LOOKING):
            from jobpipe.web.pages.errors import refused

            return refused(request)
        _check_objects(viewer, parts)
        return _answer(route, request, parts)

    return guarded


def _answer(route: Route, request: Request, parts: dict[str, Any]) -> HttpResponseBase:
    """A form with what no ledger stores is refused here, for all of them."""
    if request.method == "POST" and any("\x00" in value for _, values in request.POST.lists() for value in values):
        from jobpipe.web.pages.errors import cannot

        return cannot(request)
    return route.view(request, **parts)


def _to_login(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # The page as a whole goes there, not the piece that asked.
        return HttpResponse(status=401, headers={"HX-Redirect": "/login"})
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return HttpResponseRedirect(f"/login?{query}" if query else "/login")


def _check_objects(viewer: Viewer, parts: dict[str, Any]) -> None:
    """Raises Http404 for what may not be seen."""
    for name, value in parts.items():
        check = _CHECKS.get(name)
        if check is not None and not check(viewer, value):
            raise Http404


def _sees_plan(viewer: Viewer, number: int) -> bool:
    plan = Plan.objects.select_related("import_row").filter(pk=number).first()
    return plan is not None and may_see_import(viewer, plan.import_row.name)


# By the name of a part of the address.
_CHECKS: dict[str, Callable[[Viewer, Any], bool]] = {
    "import_name": may_see_import,
    "client": may_see_client,
    "run": lambda viewer, number: visible_runs(viewer).filter(pk=number).exists(),
    "incident": lambda viewer, number: visible_incidents(viewer).filter(pk=number).exists(),
    "plan": _sees_plan,
    # A destination has postings of several clients: only those who see all see it.
    "destination": lambda viewer, name: viewer.sees_all,
    "delivery": lambda viewer, number: viewer.sees_all and Delivery.objects.filter(pk=number).exists(),
}
