"""The entries at the side of every page, by what the viewer may do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from jobpipe.web.rights import Right, Viewer
from jobpipe.web.words import Words


@dataclass(frozen=True, slots=True)
class Entry:
    words: str
    address: str
    is_here: bool


# Words, address, the right that it needs, and whether only those see it who see all clients.
_ALL = (
    ("Overview", "/", Right.SEE, False),
    ("Imports", "/imports/", Right.SEE, False),
    ("Runs", "/runs/", Right.SEE, False),
    ("Incidents", "/incidents/", Right.SEE, False),
    ("Postings", "/postings/", Right.SEE, False),
    ("Mappings", "/mappings/", Right.SEE, False),
    ("Destinations", "/destinations/", Right.SEE, True),
    ("Clients", "/clients/", Right.CLIENT_SPACE, False),
    ("Accounts", "/accounts/", Right.ACCOUNTS, True),
    ("Audit", "/audit/", Right.AUDIT, True),
)


def entries_for(viewer: Viewer, path: str, say: Words) -> list[Entry]:
    if viewer.is_client:
        own = sorted(viewer.clients or ())
        address = f"/clients/{quote(own[0], safe='')}/" if len(own) == 1 else "/clients/"
        return [Entry(say["tab_home"] if len(own) == 1 else say["clients_of_yours"], address, path.startswith(address))]
    found = []
    for words, address, right, is_of_all in _ALL:
        if viewer.may(right) and (viewer.sees_all or not is_of_all):
            is_here = path == address if address == "/" else path.startswith(address)
            found.append(Entry(words, address, is_here))
    return found
