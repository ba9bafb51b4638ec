"""What the address of the search page asks for, and how it is counted: by import, client and facts of postings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from jobpipe.documents.search.numbers import END
from jobpipe.documents.search.store import FACTS, Entry, Survey, Wanted
from jobpipe.web.paging import address
from jobpipe.web.rights import Viewer, visible_imports
from jobpipe.web.words import Words, words_of_house

# Words of the address beside `q`, in the order in which they are shown.
CHOICES = ("state", "import", "client", "country", "contract", "category")
# Seconds for what has changed since the last search.
CATCHING_UP = 1.0
# Those whose values are words of the schema.
_OF_THE_SCHEMA = ("state", "contract")
# Of each, values that are offered.
_MOST_VALUES = 12


@dataclass(frozen=True, slots=True)
class Value:
    words: str
    count: int
    # The page with it chosen, or not chosen any more.
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Owners:
    """The imports that may be seen, by their ids: (name, client)."""

    known: dict[int, tuple[str, str]]

    @classmethod
    def of(cls, viewer: Viewer) -> Owners:
        found = visible_imports(viewer).values_list("pk", "name", "client")
        return cls({number: (name, client) for number, name, client in found})

    @property
    def clients(self) -> set[str]:
        return {client for _, client in self.known.values()}

    def name(self, import_id: int) -> str:
        return self.known.get(import_id, ("", ""))[0]

    def client(self, import_id: int) -> str:
        return self.known.get(import_id, ("", ""))[1]


def wanted_of(request: HttpRequest, owners: Owners, viewer: Viewer) -> Wanted:
    return wanted({name: request.GET.get(name, "").strip() for name in ("q", *CHOICES)}, owners, viewer)


def wanted(asked: Mapping[str, str], owners: Owners, viewer: Viewer) -> Wanted:
    """`asked`: `q` and `CHOICES`. Of a viewer who does not see all, only what they may see is ever asked for."""
    imports = None if viewer.sees_all else frozenset(owners.known)
    if asked["import"] or asked["client"]:
        imports = frozenset(
            number
            for number, (name, client) in owners.known.items()
            if asked["import"] in ("", name) and asked["client"] in ("", client)
        )
    return Wanted(text=asked["q"][:500], imports=imports, **{fact: asked[fact] for fact in FACTS})


def before_of(request: HttpRequest) -> int | None:
    """The posting behind which the page begins."""
    text = request.GET.get("before", "")
    return int(text) if text.isdecimal() and len(text) < 20 and int(text) < END else None


def choices(
    request: HttpRequest, survey: Survey, owners: Owners, say: Words | None = None
) -> list[tuple[str, list[Value]]]:
    """What one may choose further, the most frequent first; `say`: in whose words."""
    say = say or words_of_house()
    names: Counter[str] = Counter()
    clients: Counter[str] = Counter()
    for number, count in survey.imports.items():
        names[owners.name(number)] += count
        clients[owners.client(number)] += count
    counted = {"import": names, "client": clients, **{fact: Counter(survey.facts.get(fact, {})) for fact in FACTS}}
    offered = [(name, _values(request, name, counted[name], say)) for name in CHOICES]
    return [(name, values) for name, values in offered if values]


def _values(request: HttpRequest, name: str, counted: Counter[str], say: Words) -> list[Value]:
    chosen = request.GET.get(name, "")
    counted.pop("", None)
    if chosen and chosen not in counted:
        counted[chosen] = 0
    first = sorted(counted.items(), key=lambda one: (one[0] != chosen, -one[1], one[0]))[:_MOST_VALUES]
    is_coded = name in _OF_THE_SCHEMA
    return [
        Value(say.value(value) if is_coded else value, count, _toggled(request, name, value), value == chosen)
        for value, count in first
    ]


def _toggled(request: HttpRequest, name: str, value: str) -> str:
    is_chosen = request.GET.get(name, "") == value
    return address(request, **{name: None if is_chosen else value, "before": None})


@dataclass(frozen=True, slots=True)
class Hit:
    entry: Entry
    import_name: str
    client: str


def hits(entries: list[Entry], owners: Owners) -> list[Hit]:
    return [Hit(one, owners.name(one.import_id), owners.client(one.import_id)) for one in entries]
