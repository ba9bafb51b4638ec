"""The imports that a page lists: chosen by the words of its address, those that want somebody first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from jobpipe.ledger.models import Import, RunState
from jobpipe.runs.overview import STATES, Overview, never_run
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.summaries import WAITS, WORST_FIRST, bring_up_to_date, shown, summaries
from jobpipe.web.kept import Kept
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer
from jobpipe.web.routes import Request

# A word of the address beside the states: those that somebody is to do something about.
WAITING = "waiting"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportList:
    """What a viewer may see, and what of it is chosen."""

    now: datetime
    # Of all that may be seen, and that the ledger knows.
    visible: QuerySet[Any]
    # By state, of all that may be seen, as the states are ordered.
    states: list[tuple[str, int]]
    clients: list[str]
    held: int
    running: int
    # Chosen: those that the ledger knows, then those that only have a file.
    known: QuerySet[Any]
    number_known: int
    unknown: list[str]

    @property
    def number(self) -> int:
        return self.number_known + len(self.unknown)

    def page(self, first: int, size: int) -> list[Overview]:
        """From two statements on, however many there are."""
        known = shown(self.known.order_by(*WORST_FIRST)[first : first + size], self.now)
        passed = max(first - self.number_known, 0)
        return known + never_run(self.unknown[passed : passed + size - len(known)])

    def everything(self) -> list[Overview]:
        return self.page(0, self.number)


def chosen_imports(request: Request) -> ImportList:
    """`?state=`, `?client=` and `?q=` of the address choose."""
    state, client, words = (request.GET.get(name, "") for name in ("state", "client", "q"))
    now = bring_up_to_date()
    visible = visible_summaries(request.viewer, now)
    groups = _grouped(visible)
    new = _only_files(groups) if request.viewer.sees_all else []
    known, number = _chosen(visible, groups, state, client, words)
    is_new = not client and state in ("", ImportState.NEW)
    return ImportList(
        now=now,
        visible=visible,
        states=_by_state(groups, len(new)),
        clients=sorted({group.client for group in groups if group.client}),
        held=sum(group.held for group in groups),
        running=sum(group.running for group in groups),
        known=known,
        number_known=number,
        unknown=[name for name in new if is_new and words.lower() in name.lower()],
    )


def visible_summaries(viewer: Viewer, now: datetime) -> QuerySet[Any]:
    found = summaries(now)
    return found if viewer.clients is None else found.filter(import_row__client__in=viewer.clients)


class _Group(NamedTuple):
    """The imports of one client in one state."""

    client: str
    state: str
    many: int
    waiting: int
    held: int
    running: int
    # The highest number of one.
    last: int


def _grouped(visible: QuerySet[Any]) -> list[_Group]:
    rows = visible.order_by().values_list("import_row__client", "state_now")
    counted = rows.annotate(
        many=Count("pk"),
        waiting=Count("pk", filter=WAITS),
        held=Count("pk", filter=Q(held_run__isnull=False)),
        running=Count("pk", filter=Q(last_state=RunState.RUNNING)),
        last=Max("pk"),
    )
    return [_Group(*row) for row in counted]


def _chosen(
    visible: QuerySet[Any], groups: Iterable[_Group], state: str, client: str, words: str
) -> tuple[QuerySet[Any], int]:
    """With how many they are."""
    found = visible
    if state == WAITING:
        found = found.filter(WAITS)
    elif state:
        found = found.filter(state_now=state)
    if client:
        found = found.filter(import_row__client=client)
    if not words:
        of_those = [one for one in groups if client in ("", one.client) and state in ("", WAITING, one.state)]
        return found, sum(one.waiting if state == WAITING else one.many for one in of_those)
    # By Python's rules of what is the same letter, which are not those of each database.
    rows = found.order_by().values_list("pk", "import_row__name", "import_row__client")
    numbers = [pk for pk, name, of_client in rows if words.lower() in f"{name} {of_client}".lower()]
    return visible.filter(pk__in=numbers), len(numbers)


def _by_state(groups: Iterable[_Group], new: int) -> list[tuple[str, int]]:
    counted = Counter({str(ImportState.NEW): new})
    for group in groups:
        counted[group.state] += group.many
    return [(str(state), counted[state]) for state in STATES if counted[state]]


# The names of the ledger, by how many they are and the last one: none is ever deleted.
_known: Kept[frozenset[str]] = Kept()


def _only_files(groups: Iterable[_Group]) -> list[str]:
    """The names of imports that have a file, and that the ledger does not know."""
    mark = sum(group.many for group in groups), max((group.last for group in groups), default=0)
    known = _known.of("names", mark, lambda: frozenset(Import.objects.values_list("name", flat=True)))
    return [name for name in workspace().project.imports() if name not in known]
