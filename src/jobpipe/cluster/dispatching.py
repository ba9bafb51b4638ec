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

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobpipe.cluster.member import this_member
from jobpipe.cluster.queues import CRAWL, FETCH
from jobpipe.definition.project import Project
from jobpipe.ledger.clock import server_time
from jobpipe.ledger.models import BatchAttempt, Dispatch, Import, Run, RunState
from jobpipe.runs.lease import LENGTH
from jobpipe.runs.process_mark import is_known_to_be_dead
from jobpipe.sources.asking import way_of

# From being taken until the conductor holds the import's lease.
CLAIM = timedelta(seconds=30)
# A second of waiting counts for so many seconds of running.
AGEING = 2.0
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
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


@dataclass(frozen=True, slots=True)
class Request:
    """An import that was asked to run."""

    name: str
    run: int
    queue: str
    # It waited or ran already.
    was_there: bool


def request(project: Project, name: str) -> Request:
    """Let a worker run this import; one that waits or runs already is not asked for twice.

    Raises DefinitionError, UsageError.
    """
    definition = project.load(name).definition
    queue = CRAWL if way_of(definition.source) == "site" else FETCH
    with transaction.atomic():
        owner, _ = Import.objects.get_or_create(name=name, defaults={"client": definition.client})
        # Two who ask at once wait for each other here.
        owner = Import.objects.select_for_update().get(pk=owner.pk)
        there = Dispatch.objects.filter(import_row=owner).select_related("run").first()
        if there is not None and there.run.state in UNFINISHED:
            return Request(name, there.run_id, there.queue, was_there=True)
        if there is not None:  # its conductor died after the run's end
            _forget(there)
        run = Run.objects.create(import_row=owner, state=RunState.QUEUED, started_at=Now(), revision="", definition="")
        Dispatch.objects.create(
            import_row=owner, run=run, queue=queue, requested_at=Now(), expected_seconds=_last_seconds(owner)
        )
    return Request(name, run.pk, queue, was_there=False)


def _last_seconds(owner: Import) -> float:
    past = Run.objects.filter(import_row=owner, finished_at__isnull=False, unchanged=False).order_by("-id")
    return past.values_list("seconds", flat=True).first() or 0.0


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
        _forget(row)
        return
    if row.sittings >= MOST_SITTINGS:
        words = f"given up: its conductor ended {row.sittings} times without finishing; see the workers' logs"
        Run.objects.filter(pk=row.run_id).update(state=RunState.FAILED, error=words, finished_at=Now())
        _forget(row)
        return
    # Whoever was quicker, because the lease had lapsed, keeps it.
    Dispatch.objects.filter(pk=row.pk, sittings=sitting).update(claimed_at=None, claimed_by="")


def _forget(row: Dispatch) -> None:
    """With what its workers have begun: the last sitting may have had none, and one that was killed left its own."""
    BatchAttempt.objects.filter(run=row.run_id).delete()
    row.delete()
