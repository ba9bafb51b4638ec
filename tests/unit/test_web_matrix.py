"""Every role at every address: what is answered follows from the address' right and its object, with no hole.

A new address is tried by being there.  Where a part of it has a name that is not known, the test says so: `PARTS` of
tests/web_addresses.py is to be told what that is.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from two_clients import CLIENTS, TwoClients, two_clients
from web_addresses import PARTS, Place, Who, address_of, form_of, page_of, parts_of
from web_client import account, logged_in, show

from jobpipe.ledger.models import AccountRole, ApiToken, Incident, IncidentState, MappingChange, Run, StaleSummary
from jobpipe.runs.history import next_sequence
from jobpipe.web.rights import Right, viewer_of
from jobpipe.web.routes import ROUTES, Route
from jobpipe.web.sessions import COOKIE

MINE, OTHERS = CLIENTS
# Those who see all clients, and those who see Acme alone.
EVERYTHING = (
    ("admin", AccountRole.ADMIN, ()),
    ("developer", AccountRole.DEVELOPER, ()),
    ("operator", AccountRole.OPERATOR, ()),
    ("account manager of all", AccountRole.ACCOUNT_MANAGER, ()),
)
OF_ACME = (
    ("account manager of Acme", AccountRole.ACCOUNT_MANAGER, ("Acme",)),
    ("client Acme", AccountRole.CLIENT, ("Acme",)),
)
# Parts that are about one client's things, and those that are about the things of all clients.
OF_ONE_CLIENT = {"import_name", "client", "run", "incident", "plan"}
OF_ALL_CLIENTS = {"destination", "delivery"}
# Their list, and who works for all of them.
PAGES_OF_ALL_CLIENTS = {"destinations/", "workers/"}
# Those of whom most is asked for.
SOME = {"admin", "account manager of Acme", "client Acme"}
# The API, which asks for tokens and whose objects are tried by test_web_api.
BESIDE = {"api/v1/", "^api(/.*)?$"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClients]:
    with two_clients(tmp_path_factory.mktemp("matrix") / "project") as made:
        show(made.workspace)
        importlib.import_module("jobpipe.web.urls")
        yield made


@pytest.fixture(scope="module")
def everybody(project: TwoClients) -> list[Who]:
    account(AccountRole.OPERATOR, name="somebody")
    found = [_who(words, role, clients, sees_all=True) for words, role, clients in EVERYTHING]
    found += [_who(words, role, clients, sees_all=False) for words, role, clients in OF_ACME]
    return [*found, Who("nobody", None, False, "")]


def _who(words: str, role: str, clients: tuple[str, ...], *, sees_all: bool) -> Who:
    made = account(role, *clients)
    ApiToken.objects.create(account=made, name="t", prefix="jp", digest=words, created_at=datetime.now(UTC))
    return Who(words, made, sees_all, logged_in(made).cookies[COOKIE].value)


def test_every_role_gets_at_every_address_what_its_right_and_the_object_say(
    project: TwoClients, everybody: list[Who]
) -> None:
    wrong = [
        f"{method} {route.path} ({name}) as {who.words}: {said}, not {due}"
        for route in ROUTES
        for who in everybody
        for name in ((MINE, OTHERS) if _is_of_one_client(route) else (MINE,))
        for method in route.methods
        for due, said in [_tried(project, route, method, name, who)]
        if not _is_as_due(due, said)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_part_of_an_address_that_nobody_knows_is_no_hole() -> None:
    unknown = {f"{part} of {route.path}" for route in ROUTES for part in parts_of(route) if part not in PARTS}
    assert not unknown, f"PARTS of tests/web_addresses.py is to be told what these are: {unknown}"


def test_every_address_is_one_of_these() -> None:
    from django.urls import get_resolver

    ours = {route.name for route in ROUTES}
    found = get_resolver("jobpipe.web.urls").url_patterns
    assert {str(one.pattern) for one in found if getattr(one, "name", "") not in ours} <= BESIDE


def _tried(project: TwoClients, route: Route, method: str, name: str, who: Who) -> tuple[str, str]:
    place = Place(project, name, who)
    # Whatever it does is not done.
    with transaction.atomic():
        client = who.client()
        answer: Any = (
            client.get(page_of(route, place))
            if method == "GET"
            else client.post(address_of(route, place), form_of(route).given(place))
        )
        transaction.set_rollback(True)
    leads_to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
    leaves = route.name == "entry.logout" and who.account is not None
    return _due(route, name, who), "login" if leads_to_login and not leaves else str(answer.status_code)


def test_no_page_asks_the_ledger_more_than_ten_times(project: TwoClients, everybody: list[Who]) -> None:
    """Whoever looks, the server's clock and what a transaction begins and ends with among them."""
    asked = {
        f"{route.path} as {who.words}": _asked(project, route, who)
        for route in ROUTES
        for who in everybody
        if "GET" in route.methods and route.needs is not Right.NOBODY and who.words in SOME
    }
    assert {page: number for page, number in asked.items() if number > 10} == {}


def test_the_first_look_after_a_run_and_a_decision_asks_no_more_than_ten_times(
    project: TwoClients, everybody: list[Who]
) -> None:
    """What is remembered between pages, and what is summed up of imports, is worked out then."""
    asked = {
        f"{route.path} as {who.words}": _asked_first(project, route, who)
        for route in ROUTES
        for who in everybody
        if "GET" in route.methods and route.needs is not Right.NOBODY and who.words == "admin"
    }
    assert {page: number for page, number in asked.items() if number > 10} == {}


def _asked_first(project: TwoClients, route: Route, who: Who) -> int:
    address = page_of(route, Place(project, MINE, who))
    client = who.client()
    client.get(address)
    _change()
    assert StaleSummary.objects.exists()
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def _change() -> None:
    """A run of each import ends, with something for somebody to do, and a label is decided again."""
    for name in CLIENTS:
        last = Run.objects.filter(import_row__name=name).latest("pk")
        last.pk, last.sequence = None, next_sequence()
        last.save(force_insert=True)
        Incident.objects.filter(import_name=name).update(state=IncidentState.REOPENED)
    last_change = MappingChange.objects.latest("pk")
    last_change.pk = None
    last_change.save(force_insert=True)


def _asked(project: TwoClients, route: Route, who: Who) -> int:
    address = page_of(route, Place(project, MINE, who))
    client = who.client()
    # What has changed of imports is summed up at the first look.
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


def _is_of_one_client(route: Route) -> bool:
    return bool(parts_of(route) & OF_ONE_CLIENT) or form_of(route).of == "client"


def _due(route: Route, name: str, who: Who) -> str:
    if route.needs is Right.NOBODY:
        return "no failure"
    if who.account is None:
        return "login"
    if not viewer_of(who.account).may(route.needs):
        return "403"
    form = form_of(route)
    is_of_all = bool(parts_of(route) & OF_ALL_CLIENTS) or route.path in PAGES_OF_ALL_CLIENTS or form.of == "all"
    if form.also is not None and not viewer_of(who.account).may(form.also):
        return "404"
    if not who.sees_all and (is_of_all or name != MINE):
        return "404"
    return "an answer"


def _is_as_due(due: str, said: str) -> bool:
    if due == "no failure":
        return said == "login" or int(said) < 500
    if due == "an answer":
        return said not in ("login", "403", "404") and int(said) < 500
    return said == due
