"""What stands for each part of the interface's addresses, in a project of two clients."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.utils.http import urlencode
from two_clients import CLIENTS, TwoClients

from jobpipe.documents.store import Selection, Status
from jobpipe.drafting.draft import Draft, Question, SourceChoice
from jobpipe.ledger.models import (
    Account,
    ApiToken,
    DefinitionDraft,
    Delivery,
    Import,
    MappingChange,
    OverrideChange,
    WebSession,
)
from jobpipe.web.proposals import Proposal, packed
from jobpipe.web.rights import Right
from jobpipe.web.routes import Route
from jobpipe.web.sessions import COOKIE

_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Who:
    words: str
    account: Account | None
    sees_all: bool
    # Its cookie; "" = it has none.
    key: str

    def client(self) -> Client:
        made = Client()
        made.cookies[COOKIE] = self.key
        return made


@dataclass(frozen=True)
class Place:
    """Whose thing an address is to be about, and who asks."""

    project: TwoClients
    name: str
    who: Who


# What stands for each part of an address.
PARTS: dict[str, Callable[[Place], object]] = {
    "import_name": lambda place: place.name,
    "client": lambda place: Import.objects.get(name=place.name).client,
    "run": lambda place: place.project.run(place.name),
    "incident": lambda place: place.project.incident(place.name),
    "plan": lambda place: place.project.plan(place.name),
    "destination": lambda place: "partner",
    "delivery": lambda place: Delivery.objects.latest("pk").pk,
    # Of the archive of a run.
    "part": lambda place: 0,
    # Of a destination's file.
    "name": lambda place: "jobs.jsonl",
    "account_number": lambda place: Account.objects.get(name="somebody").pk,
    # One's own, but for whoever is nobody.
    "token": lambda place: (
        ApiToken.objects.filter(account=place.who.account).latest("pk").pk if place.who.account else 1
    ),
    "session_mark": lambda place: _spare_session(place.who.account) if place.who.account else "0" * 16,
}


@dataclass(frozen=True)
class Form:
    """What is sent to an address whose object stands in its form rather than in its parts."""

    given: Callable[[Place], dict[str, object]] = lambda place: {}
    # Whose it is: one client's, or all clients' ("" = nobody's).
    of: str = ""
    # A right that is needed besides the address' own; without it the address is not there.
    also: Right | None = None


def _rule(place: Place) -> dict[str, object]:
    return {"for": f"client {CLIENTS[place.name]}", "rule": 'drop when posting.title == "Nobody"'}


def _change(model: Any, place: Place) -> dict[str, object]:
    return {"change": model.objects.filter(entry__owner=CLIENTS[place.name]).latest("pk").pk}


def _posting(place: Place) -> dict[str, object]:
    """One that is live, and a decision over it that is refused: what is done otherwise goes on after the answer."""
    documents = place.project.workspace.documents
    row = next(iter(documents.select(place.project.import_id(place.name), Selection(status=Status.LIVE))))
    return {"import": place.name, "key": row.key, "field": "title", "value": "Other", "until": "no day"}


def _draft(place: Place) -> dict[str, object]:
    """No words, but a draft that is there."""
    if place.who.account is not None:
        DefinitionDraft.objects.get_or_create(
            import_name=place.name,
            account=place.who.account,
            defaults={"text": "import: x\n", "updated_at": datetime.now(UTC)},
        )
    return {}


def _proposal(place: Place) -> dict[str, object]:
    """No words, but a draft that was drafted."""
    if place.who.account is not None:
        source = SourceChoice(kind="feed", block={"feed": "feed.xml"}, format="xml")
        question = Question(about="company", text="Whose jobs are these?")
        drafted = Draft(import_=place.name, client="", source=source, choices=(), questions=(question,))
        proposal = Proposal(draft=drafted)
        DefinitionDraft.objects.update_or_create(
            import_name=place.name,
            account=place.who.account,
            defaults={"text": proposal.text, "proposal": packed(proposal), "updated_at": datetime.now(UTC)},
        )
    return {}


# By the names of addresses.
FORMS: dict[str, Form] = {
    "account.test_notifications": Form(also=Right.SEE),
    "client_decisions.show_rule_effect": Form(_rule),
    "client_decisions.save_rule": Form(_rule),
    "client_decisions.take_down": Form(_posting),
    "client_decisions.bring_back": Form(_posting),
    "postings.show": Form(_posting),
    "postings.exclude": Form(_posting),
    "postings.correct_it": Form(_posting),
    "postings.restore": Form(_posting),
    "definitions.patch": Form(_draft),
    "draft_answers.answers": Form(_proposal),
    "mappings.show_effect": Form(also=Right.SEE),
    "mappings.import_csv": Form(also=Right.SEE),
    "mappings.take_back": Form(lambda place: _change(MappingChange, place), of="client"),
    "rules.show_effect": Form(_rule, of="client", also=Right.SEE),
    "rules.save_rule": Form(_rule, of="client"),
    "rules.take_back": Form(lambda place: _change(OverrideChange, place), of="client"),
    "rules.go_back_to": Form(lambda place: _change(OverrideChange, place), of="all"),
}
NO_FORM = Form()


def _token(who: Account) -> int:
    return ApiToken.objects.filter(account=who).latest("pk").pk


def _spare_session(who: Account) -> str:
    now = datetime.now(UTC)
    digest = f"{who.pk:016d}".ljust(64, "0")
    WebSession.objects.get_or_create(
        digest=digest,
        defaults={"account": who, "created_at": now, "last_seen": now, "expires_at": now + timedelta(days=1)},
    )
    return digest[:16]


def parts_of(route: Route) -> set[str]:
    return set(_PART.findall(route.path))


def form_of(route: Route) -> Form:
    return FORMS.get(route.name, NO_FORM)


def page_of(route: Route, place: Place) -> str:
    """Its address with what is asked of it, for a GET."""
    given = form_of(route).given(place)
    return address_of(route, place) + (f"?{urlencode(given)}" if given else "")


def address_of(route: Route, place: Place) -> str:
    return "/" + _PART.sub(lambda part: str(PARTS[part[1]](place)), route.path)
