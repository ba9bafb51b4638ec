"""Which processes work on what, and what waits: as locks of this machine say it, or leases of a cluster.

What is read is what they go by themselves; nothing is written for whoever looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db.models import Count, Min

from jobpipe.ledger.models import (
    Delivery,
    DeliveryState,
    Destination,
    Dispatch,
    DutyLease,
    Notification,
    NotificationState,
    Run,
    RunState,
)
from jobpipe.ledger.opening import is_shared
from jobpipe.runs.deliveries.delivering import duty_of
from jobpipe.runs.file_lock import holder_of
from jobpipe.runs.lease import LENGTH, lock_of
from jobpipe.runs.process_mark import is_known_to_be_dead, shown
from jobpipe.runs.scheduling.duty import LENGTH as DUTY_LENGTH
from jobpipe.runs.scheduling.duty import SCHEDULING, lock_of_duty
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has something in its hands."""

    # For a person: `number 4711 on a-host`.
    process: str
    # When it took that, and when it last said that it lives; None = not known. The kernel's word needs no sign.
    since: datetime | None = None
    last_sign: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkOnRun:
    run: Run
    # None = nobody has it now: whoever looks next takes it up.
    holder: Holder | None
    # fetch or crawl, and how often it was taken; "" and 0 on one machine.
    queue: str = ""
    sittings: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    # What is in it.
    of: str
    number: int
    oldest: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    is_cluster: bool
    # None = nobody schedules.
    scheduler: Holder | None
    runs: list[WorkOnRun]
    # Destination -> who delivers to it now.
    deliveries: list[tuple[str, Holder]]
    queues: list[Queue]


def work_now(workspace: Workspace, now: datetime) -> Work:
    """A few statements, however much goes on."""
    under_way = Run.objects.filter(state=RunState.RUNNING).select_related("import_row", "import_row__lease")
    running = list(under_way.defer("definition", "account", "notices", "suspected").order_by("started_at", "id"))
    duties = _duties(now)
    dispatches = {row.run_id: row for row in Dispatch.objects.all()} if is_shared() else {}
    destinations = list(Destination.objects.order_by("name"))
    return Work(
        is_cluster=is_shared(),
        scheduler=_of_duty(workspace.locks, SCHEDULING, duties),
        runs=[_on_run(workspace.locks, run, dispatches.get(run.pk), now) for run in running],
        deliveries=[
            (row.name, holder)
            for row in destinations
            if (holder := _of_duty(workspace.locks, duty_of(row), duties)) is not None
        ],
        queues=[*_waiting_runs(dispatches.values()), *_waiting_messages()],
    )


def _duties(now: datetime) -> dict[str, DutyLease]:
    """Of a cluster, those that somebody has."""
    if not is_shared():
        return {}
    held = DutyLease.objects.filter(until__gt=now).exclude(holder="")
    return {row.duty: row for row in held if not is_known_to_be_dead(row.holder)}


def _of_duty(locks: Path, duty: str, duties: dict[str, DutyLease]) -> Holder | None:
    if not is_shared():
        return _of_file(lock_of_duty(locks, duty))
    row = duties.get(duty)
    return Holder(shown(row.holder), None, row.until - timedelta(seconds=DUTY_LENGTH)) if row is not None else None


def _of_file(path: Path) -> Holder | None:
    process = holder_of(path)
    if process is None:
        return None
    taken = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Holder(f"number {process}" if process else "a process", taken)


def _on_run(locks: Path, run: Run, dispatch: Dispatch | None, now: datetime) -> WorkOnRun:
    if not is_shared():
        return WorkOnRun(run=run, holder=_of_file(lock_of(locks, run.import_row.name)))
    lease = getattr(run.import_row, "lease", None)
    holder = None
    if lease is not None and lease.holder and lease.until > now and not is_known_to_be_dead(lease.holder):
        since = dispatch.claimed_at if dispatch is not None else None
        holder = Holder(shown(lease.holder), since, lease.until - timedelta(seconds=LENGTH))
    return WorkOnRun(
        run=run,
        holder=holder,
        queue=dispatch.queue if dispatch is not None else "",
        sittings=dispatch.sittings if dispatch is not None else 0,
    )


def _waiting_runs(dispatches: Iterable[Dispatch]) -> list[Queue]:
    """Asked for, and not begun."""
    queued = Run.objects.filter(state=RunState.QUEUED).order_by().values_list("id", "started_at")
    of_run = {row.run_id: row for row in dispatches}
    by_queue: dict[str, list[datetime]] = defaultdict(list)
    for number, asked in queued:
        row = of_run.get(number)
        by_queue[row.queue if row is not None else "runs"].append(row.requested_at if row is not None else asked)
    names = ("fetch", "crawl") if is_shared() else ("runs",)
    return [
        Queue(name, "asked for", len(by_queue[name]), min(by_queue[name], default=None))
        for name in dict.fromkeys((*names, *by_queue))
    ]


def _waiting_messages() -> list[Queue]:
    prepared = Delivery.objects.filter(state=DeliveryState.PREPARED)
    queued = Notification.objects.filter(state=NotificationState.QUEUED)
    of = (
        ("deliveries", "on their way", prepared.aggregate(number=Count("pk"), oldest=Min("created_at"))),
        ("notifications", "to be sent", queued.aggregate(number=Count("pk"), oldest=Min("created_at"))),
    )
    return [Queue(name, what, found["number"], found["oldest"]) for name, what, found in of]
