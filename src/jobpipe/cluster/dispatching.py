"""Which import is conducted next: rows of the ledger, taken by compare-and-set.

Of those that wait: first those of the client with the fewest runs under way, then whoever is expected to take least,
less what it has waited already, so that small imports pass large ones and nobody waits for ever.  A client's quota and
the share of long runs are kept here as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Now

from jobpipe.cluster.member import this_member
from jobpipe.ledger.clock import server_time
from jobpipe.ledger.models import Dispatch, Run, RunState
from jobpipe.runs.lease import LENGTH
from jobpipe.runs.process_mark import is_known_to_be_dead
from jobpipe.runs.requesting import UNFINISHED, forget

# From being taken until the conductor holds the import's lease.
CLAIM = timedelta(seconds=30)
# A second of waiting counts for so many seconds of running.
AGEING = 2.0
# How often a run may be taken up before it is given up: each time its conductor ended without a word.
MOST_SITTINGS = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """An import that this process conducts now."""

    dispatch: int
    run: int
    name: str
    queue: str
    is_long: bool
    sitting: int


def claim(queue: str, holder: str, *, may_be_long: Callable[[], bool]) -> Taken | None:
    """Take the next import of this queue; None = none may begin now."""
    settings = this_member().project.settings.cluster
    now = server_time()
    waiting, running = _sorted_out(Dispatch.objects.select_related("import_row", "import_row__lease"), now)
    of_client = Counter(row.import_row.client for row in running)
    long_allowed = may_be_long()
    for row in sorted(waiting, key=lambda row: _turn(row, of_client, now)):
        client, is_long = row.import_row.client, row.expected_seconds >= settings.long_run
        is_full = settings.runs_per_client is not None and client and of_client[client] >= settings.runs_per_client
        if row.queue != queue or is_full or (is_long and not long_allowed):
            continue
        if _claim(row, holder):
            return Taken(row.pk, row.run_id, row.import_row.name, queue, is_long, row.sittings + 1)
    return None


def _turn(row: Dispatch, of_client: Counter[str], now: datetime) -> tuple[int, float]:
    """Whose turn it is: the lowest first."""
    client = row.import_row.client
    waited = (now - row.requested_at).total_seconds()
    return (of_client[client] if client else 0), row.expected_seconds - AGEING * waited


def _claim(row: Dispatch, holder: str) -> bool:
    unchanged = Dispatch.objects.filter(pk=row.pk, claimed_at=row.claimed_at, sittings=row.sittings)
    return bool(unchanged.update(claimed_at=Now(), claimed_by=holder, sittings=F("sittings") + 1))


def _sorted_out(rows: Iterable[Dispatch], now: datetime) -> tuple[list[Dispatch], list[Dispatch]]:
    """(those that wait for a conductor, those that have one)"""
    waiting: list[Dispatch] = []
    running: list[Dispatch] = []
    for row in rows:
        (running if _has_conductor(row, now) else waiting).append(row)
    return waiting, running


def _has_conductor(row: Dispatch, now: datetime) -> bool:
    is_claimed = row.claimed_at is not None and row.claimed_at > now - CLAIM
    lease = getattr(row.import_row, "lease", None)
    if lease is None or not lease.holder or lease.until <= now:
        return is_claimed
    if not is_known_to_be_dead(lease.holder):
        return True
    # Claimed a moment ago by one that is about to take the lease; unless it had it already, and died with it.
    return is_claimed and lease.until - timedelta(seconds=LENGTH) < row.claimed_at


def waiting_in(queue: str) -> int:
    """How many imports wait for a conductor in this queue."""
    rows = Dispatch.objects.filter(queue=queue).select_related("import_row", "import_row__lease")
    return len(_sorted_out(rows, server_time())[0])


def give_back(dispatch: int, sitting: int) -> None:
    """After its conductor has ended: a run that is over is forgotten here, another one waits again."""
    row = Dispatch.objects.filter(pk=dispatch).select_related("run").first()
    if row is None:
        return
    if row.run.state not in UNFINISHED:
        forget(row)
        return
    if row.sittings >= MOST_SITTINGS:
        words = f"given up: its conductor ended {row.sittings} times without finishing; see the workers' logs"
        Run.objects.filter(pk=row.run_id).update(state=RunState.FAILED, error=words, finished_at=Now())
        forget(row)
        return
    # Whoever was quicker, because the lease had lapsed, keeps it.
    Dispatch.objects.filter(pk=row.pk, sittings=sitting).update(claimed_at=None, claimed_by="")
