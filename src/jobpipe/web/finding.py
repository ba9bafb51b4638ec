"""What the jump box finds: imports, clients, runs and incidents by number, postings by key, destinations, pages.

Of each kind a few; the ledger is asked once for each, however much there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from jobpipe.documents.search.store import Wanted
from jobpipe.errors import OutOfReachError
from jobpipe.incidents.kinds import KINDS
from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import Incident
from jobpipe.web.client_space import address_of
from jobpipe.web.filters import posting_address
from jobpipe.web.navigation import pages_for
from jobpipe.web.paging import number_in
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer, visible_imports, visible_incidents, visible_runs

MOST_CHARACTERS = 200
# Of each kind that are shown; of those that wait, incidents whose words are looked at, and postings of these words.
_FEW, _INCIDENTS, _POSTINGS = 6, 500, 100
# A number that may stand alone, or with what it is of.
_NUMBERED = re.compile(r"(?:(run|incident)\s*)?#?\s*(\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    kind: str
    words: str
    address: str
    # What tells it from others of its name.
    beside: str = ""
    # It is called just so: who presses Enter means it.
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """An import that may be seen."""

    number: int
    name: str
    client: str


def findings(viewer: Viewer, text: str) -> list[Finding]:
    """By kind; of each those first that are called just so, or begin so."""
    text = " ".join(text[:MOST_CHARACTERS].split())
    if not text:
        return []
    named = [Named(*row) for row in visible_imports(viewer).order_by("name").values_list("pk", "name", "client")]
    found = [
        *_numbered(viewer, text),
        *_imports(viewer, named, text),
        *_clients(viewer, named, text),
        *_destinations(viewer, text),
        *_postings(viewer, named, text),
        *_pages(viewer, text),
        *_incidents(viewer, text),
    ]
    by_address: dict[str, Finding] = {}
    for one in found:
        by_address.setdefault(one.address, one)
    return list(by_address.values())


def meant(found: list[Finding]) -> Finding | None:
    """The one that Enter leads to; None = one has to choose."""
    exact = [one for one in found if one.is_exact]
    return exact[0] if len(exact) == 1 else (found[0] if len(found) == 1 else None)


def _numbered(viewer: Viewer, text: str) -> Iterator[Finding]:
    said = _NUMBERED.fullmatch(text)
    number = number_in(said[2]) if said is not None else None
    if said is None or number is None:
        return
    word = (said[1] or "").lower()
    if word != "incident":
        runs = visible_runs(viewer).filter(pk=number).values_list("import_row__name", "state")
        for name, state in runs:
            yield Finding(
                kind="run",
                words=f"run {number}",
                address=f"/runs/{number}/",
                beside=f"{name}, {state}",
                is_exact=word == "run",
            )
    if word != "run":
        for one in visible_incidents(viewer).filter(pk=number).only("kind", "import_name", "state"):
            yield _incident(one, is_exact=word == "incident")


def _imports(viewer: Viewer, named: list[Named], text: str) -> Iterator[Finding]:
    clients = {one.name: one.client for one in named}
    if viewer.sees_all:
        # Those that never ran have a file and nothing else.
        clients = {**dict.fromkeys(workspace().project.imports(), ""), **clients}
    for name in _called(clients, text):
        yield Finding(
            kind="import",
            words=name,
            address=f"/imports/{quote(name, safe='')}/",
            beside=clients[name],
            is_exact=_is(name, text),
        )


def _clients(viewer: Viewer, named: list[Named], text: str) -> Iterator[Finding]:
    has_space = viewer.may(Right.CLIENT_SPACE)
    for client in _called(sorted({one.client for one in named if one.client}), text):
        address = address_of(client) if has_space else f"/imports/?{urlencode({'client': client})}"
        yield Finding(kind="client", words=client, address=address, is_exact=_is(client, text))


def _destinations(viewer: Viewer, text: str) -> Iterator[Finding]:
    for name in _called(workspace().project.destinations(), text) if viewer.sees_all else ():
        yield Finding(
            kind="destination", words=name, address=f"/destinations/{quote(name, safe='')}/", is_exact=_is(name, text)
        )


def _postings(viewer: Viewer, named: list[Named], text: str) -> Iterator[Finding]:
    """By key or a part of it; for other words there is their search."""
    owners = {one.number: one for one in named}
    wanted = Wanted(text=text, imports=None if viewer.sees_all else frozenset(owners))
    try:
        entries = workspace().search.search(wanted, limit=_POSTINGS)
    except OutOfReachError:
        return
    seen = [one for one in entries if one.import_id in owners]
    keys = _called(dict.fromkeys(one.key for one in seen), text)
    several = [(one, key) for key in keys for one in seen if one.key == key]
    for one, key in several[:_FEW]:
        owner = owners[one.import_id].name
        yield Finding(
            kind="posting",
            words=key,
            address=posting_address(owner, key),
            beside=", ".join(filter(None, (one.title, owner))),
            is_exact=_is(key, text),
        )


def _pages(viewer: Viewer, text: str) -> Iterator[Finding]:
    addresses = dict(pages_for(viewer))
    for words in _called(addresses, text):
        yield Finding(kind="page", words=words, address=addresses[words], is_exact=_is(words, text))


def _incidents(viewer: Viewer, text: str) -> Iterator[Finding]:
    """Of the latest that wait, by what they say."""
    latest = visible_incidents(viewer).filter(state__in=WAITING).order_by("-last_seen").values("pk")[:_INCIDENTS]
    rows = Incident.objects.filter(pk__in=latest).order_by("-last_seen")
    rows = rows.only("kind", "import_name", "message", "state")
    words = text.casefold()
    alike = [one for one in rows if words in f"{_title(one)} {one.import_name} {one.message}".casefold()]
    for one in alike[:_FEW]:
        yield _incident(one)


def _incident(one: Incident, *, is_exact: bool = False) -> Finding:
    of = f"{one.import_name}, {one.state}" if one.import_name else one.state
    words = f"incident {one.pk}: {_title(one)}"
    return Finding(kind="incident", words=words, address=f"/incidents/{one.pk}/", beside=of, is_exact=is_exact)


def _title(one: Incident) -> str:
    kind = KINDS.get(one.kind)
    return kind.title if kind else one.kind


def _called(names: Iterable[str], text: str) -> list[str]:
    """A few of those that have the text in them: first what is called so, then what begins so."""
    words = text.casefold()
    alike = [(not _is(name, text), not name.casefold().startswith(words), name) for name in names]
    return [name for _, _, name in sorted(one for one in alike if words in one[2].casefold())[:_FEW]]


def _is(name: str, text: str) -> bool:
    return name.casefold() == text.casefold()
