"""What all pages of a client's space have in common: its words, its tabs, and a viewer who sees that client alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import HttpResponse

from jobpipe.ledger.models import Import
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.notes import show
from jobpipe.web.rights import Viewer
from jobpipe.web.routes import Request
from jobpipe.web.taking_effect import Settled
from jobpipe.web.words import CHOSEN, LANGUAGES, Words, language_of, words_of

_TABS = ("home", "refused", "labels", "rules", "offers", "settings")


def within(viewer: Viewer, client: str) -> Viewer:
    """Whoever sees several clients decides over this one here."""
    return replace(viewer, clients=frozenset({client}))


def imports_of(client: str) -> QuerySet[Import]:
    return Import.objects.filter(client=client).order_by("name")


def address_of(client: str, tab: str = "home") -> str:
    own = f"/clients/{quote(client, safe='')}/"
    return own if tab == "home" else f"{own}{tab}/"


def words_for(request: Request) -> Words:
    """A client's people read their language; staff the one that they chose by `?lang=`, which is kept."""
    session = request.logged_in
    asked = request.GET.get("lang", "")
    is_staff = bool(request.viewer.looks_as) or not request.viewer.is_client
    if is_staff and asked in LANGUAGES and session.data.get(CHOSEN) != asked:
        session.data = {**session.data, CHOSEN: asked}
        with turn_to_write():
            session.save(update_fields=["data"])
    return words_of(session.data.get(CHOSEN, "en") if is_staff else language_of(request))


def space(
    request: Request, client: str, tab: str, context: dict[str, Any], *, template: str = "", status: int = 200
) -> HttpResponse:
    say = words_for(request)
    is_staff = bool(request.viewer.looks_as) or not request.viewer.is_client
    shown = {
        "say": say,
        "client": client,
        "tab": tab,
        "space": address_of(client),
        "tabs": [(one, say[f"tab_{one}"], address_of(client, one)) for one in _TABS],
        "languages": LANGUAGES if is_staff else (),
        "is_staff": not request.viewer.is_client,
        **context,
    }
    return show(request, template or f"client_{tab}.html", shown, status=status)


def words_of_settled(say: Words, changes: int, settled: Settled) -> str:
    if not changes:
        return say["nothing_changed"]
    said = [say["saved"]]
    if settled.made:
        said.append(say["done_made"].format(count=say.number(settled.made)))
    if settled.later:
        said.append(say["done_later"].format(names=", ".join(settled.later[:10])))
    return " ".join(said)
