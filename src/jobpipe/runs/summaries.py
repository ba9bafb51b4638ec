"""Lists of imports by their state, as fast for thousands of them: from summaries that are derived where they are stale.

`runs/overview.py` says what is true of an import; a summary keeps that with the moments at which it changes by itself,
so that the ledger can sort and count. Triggers of the ledger name each import of which anything was written
(`ledger/migrations/0021_import_summaries.py`), whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.db.models import Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from jobpipe.ledger.models import ImportSummary
from jobpipe.runs.overview import STATES, WEEK, Overview, finished_runs, overviews
from jobpipe.runs.scheduling.punctuality import ImportState, Punctuality
from jobpipe.runs.stale_summaries import derive, read_stale

# Looks at what was written while summaries were derived.
_TRIES = 3
# What lists show: of its schedule, and of the last run and of one that waits.
_OF_SCHEDULE = ("schedule", "zone", "grace", "known_since", "state", "next_due", "fault")
_OF_RUN = ("kind", "state", "ending_since", "started_at", "why", "notices")
# Of the last run, what programs are told besides.
IN_FULL = (*_OF_RUN, "finished_at", "error")


def summaries(now: datetime) -> QuerySet[Any]:
    """Of all imports that the ledger knows, as they are at the moment that `bring_up_to_date` gave: each with
    `state_now`, `rank` and `waits`, by which and the name they are in the order of `jobpipe.runs.overview.worst_first`.
    """
    rests = Q(decision__isnull=False) & (Q(rests_until__isnull=True) | Q(rests_until__gt=now))
    state = Case(
        When(rests, then=Value(ImportState.PAUSED.value)),
        When(down_from__lte=now, then=Value(ImportState.DOWN.value)),
        When(late_from__lte=now, then=Value(ImportState.LATE.value)),
        default=F("rested"),
    )
    return ImportSummary.objects.annotate(state_now=state).annotate(
        rank=Case(
            *(When(state_now=one.value, then=Value(rank)) for rank, one in enumerate(STATES)),
            output_field=IntegerField(),
        ),
        waits=Case(When(WAITS, then=Value(0)), default=Value(1), output_field=IntegerField()),
    )


# Somebody is to do something about it.
WAITS = Q(incidents__gt=0) | Q(held_run__isnull=False)
WORST_FIRST = ("rank", "waits", "import_row__name")


class Figures(NamedTuple):
    """Of one import, for programs that count."""

    name: str
    client: str
    state: str
    live: int | None
    last_good: datetime | None
    next_due: datetime | None
    # Of the last run; None = it never ran.
    last_state: str | None
    last_seconds: float | None
    last_account: dict[str, int] | None
    last_end: datetime | None


def figures_of_all(now: datetime) -> list[Figures]:
    """As `overviews(now)` has them, by name, at a fraction of what those cost.

    Where the ledger takes nothing (its disk is full, it is read-only), they are derived.
    """
    try:
        bring_up_to_date(now)
    except DatabaseError:
        return [_figures(one) for one in overviews(now)]
    of_run = (f"last_run__{name}" for name in ("state", "seconds", "account", "finished_at"))
    owner = ("import_row__name", "import_row__client", "state_now")
    rows = summaries(now).order_by("import_row__name")
    found = rows.values_list(*owner, "live", "last_good", "import_row__scheduled__next_due", *of_run)
    return [Figures(*row) for row in found]


def _figures(one: Overview) -> Figures:
    last = one.last
    of_run = (last.state, last.seconds, last.account, last.finished_at) if last is not None else (None,) * 4
    return Figures(one.name, one.client, str(one.state), one.live, one.last_good, one.next_due, *of_run)


def shown(found: QuerySet[Any], now: datetime, *, of_last_run: Sequence[str] = _OF_RUN) -> list[Overview]:
    """Of `summaries(now)`, in their order: one statement. Of the last run only these fields are read."""
    before = finished_runs(OuterRef("pk")).filter(finished_at__lte=now - WEEK).values("live")
    rows = found.annotate(live_then=Subquery(before[:1])).select_related(
        "import_row__scheduled", "last_run__cancellation", "held_run", "decision"
    )
    owner = ("import_row__name", "import_row__client")
    of_run = [f"last_run__{name}" for name in (*of_last_run, "cancellation__at")]
    of_run += [f"held_run__{name}" for name in _OF_RUN]
    schedule = (f"import_row__scheduled__{name}" for name in _OF_SCHEDULE)
    own = ("last_good", "live", "rested", "due", "late_from", "incidents", "last_run_id", "held_run_id", "decision_id")
    decision = (f"decision__{name}" for name in ("standing", "at", "by", "until", "reason"))
    return [_overview(row) for row in rows.only(*own, *owner, *of_run, *schedule, *decision)]


def _overview(row: Any) -> Overview:
    state = ImportState(row.state_now)
    has_missed = state in (ImportState.LATE, ImportState.DOWN) and row.late_from is not None
    return Overview(
        name=row.import_row.name,
        number=row.pk,
        client=row.import_row.client,
        punctuality=Punctuality(state, row.due if has_missed else None),
        scheduled=getattr(row.import_row, "scheduled", None),
        last=row.last_run,
        held=row.held_run,
        last_good=row.last_good,
        live=row.live,
        live_a_week_ago=row.live_then,
        decision=row.decision if state == ImportState.PAUSED else None,
        incidents=row.incidents,
    )


# Keeping them --------------------------------------------------------------------------------------


def bring_up_to_date(now: datetime | None = None) -> datetime:
    """Derive what is stale: a second statement, where there is any.

    The ledger's time at that look is given back, unless one is given.
    """
    looked_at, stale = read_stale()
    at = now or looked_at
    # What is written meanwhile, again and again, is seen at the next look.
    for _ in range(_TRIES):
        if not stale or derive(stale, at) == len(stale):
            break
        _, stale = read_stale()
    return at
