"""The entries at the side of every page, by what the viewer may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from jobpipe.web.rights import Right, Viewer
from jobpipe.web.words import Words


@dataclass(frozen=True, slots=True)
class Entry:
    words: str
    address: str
    is_here: bool
    # Under which heading; "" = above all of them.
    heading: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    words: str
    address: str
    needs: Right
    # Only for those who see all clients.
    is_of_all: bool = False
    heading: str = ""


_ENTRIES = (
    _Known("Overview", "/", Right.SEE),
    _Known("Imports", "/imports/", Right.SEE),
    _Known("Runs", "/runs/", Right.SEE),
    _Known("Incidents", "/incidents/", Right.SEE),
    _Known("Postings", "/postings/", Right.SEE),
    _Known("Mappings", "/mappings/", Right.SEE),
    _Known("Destinations", "/destinations/", Right.SEE, is_of_all=True),
    _Known("Clients", "/clients/", Right.CLIENT_SPACE),
    _Known("Schedules", "/schedules/", Right.SEE, heading="Operation"),
    _Known("Workers", "/workers/", Right.SEE, is_of_all=True, heading="Operation"),
    _Known("Notifications", "/notifications/", Right.NOTIFY, is_of_all=True, heading="Operation"),
    _Known("Accounts", "/accounts/", Right.ACCOUNTS, is_of_all=True, heading="House"),
    _Known("Audit", "/audit/", Right.AUDIT, is_of_all=True, heading="House"),
)
# What has no entry of its own.
_FURTHER = (
    _Known("New import", "/imports/new/", Right.DEFINE, is_of_all=True),
    _Known("Tables of mappings", "/mappings/tables/", Right.SEE),
    _Known("Coverage of mappings", "/mappings/coverage/", Right.SEE),
    _Known("History of mappings", "/mappings/history/", Right.SEE),
    _Known("Rules", "/rules/", Right.SEE),
    _Known("History of rules", "/rules/history/", Right.SEE),
    _Known("Your account", "/account/", Right.SELF),
    _Known("API tokens", "/account/tokens/", Right.SELF),
)


def entries_for(viewer: Viewer, path: str, say: Words) -> list[Entry]:
    if viewer.is_client:
        own = sorted(viewer.clients or ())
        address = f"/clients/{quote(own[0], safe='')}/" if len(own) == 1 else "/clients/"
        words = say["tab_home"] if len(own) == 1 else say["clients_of_yours"]
        # As a browser asks for it, the name of the client is not quoted.
        is_here = path.startswith("/clients/")
        return [
            Entry(words, address, is_here),
            Entry(say["tab_find"], "/postings/", path.startswith("/postings/")),
        ]
    return [
        Entry(one.words, one.address, _is_within(path, one.address), one.heading) for one in _open_to(viewer, _ENTRIES)
    ]


def _is_within(path: str, address: str) -> bool:
    return path == address if address == "/" else path.startswith(address)


def pages_for(viewer: Viewer) -> list[tuple[str, str]]:
    """(words, address) of all pages that are about no one thing, for whoever looks for one by its name."""
    return [(one.words, one.address) for one in _open_to(viewer, (*_ENTRIES, *_FURTHER))]


def _open_to(viewer: Viewer, known: Iterable[_Known]) -> list[_Known]:
    return [one for one in known if viewer.may(one.needs) and (viewer.sees_all or not one.is_of_all)]
