"""Starting runs by hand and following them: the sender's side of a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import InterfaceError
from django.db import OperationalError as DatabaseOperationalError
from kombu.exceptions import OperationalError

from jobpipe.cluster.broker import BrokerUnavailableError, connection_to
from jobpipe.cluster.member import Member
from jobpipe.cluster.queues import declare
from jobpipe.cluster.tasks import send_sign
from jobpipe.ledger.models import Cancellation, Dispatch, Run, RunState
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected, unavailable
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.requesting import Request, request_of_cluster

# Seconds between two tries to reach a ledger that is away.
BETWEEN_TRIES = 1.0


def _silent(text: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the ledger showed: runs that have ended since the last one, and where the others are."""

    ended: list[RunReport]
    # Name -> stage, records …: see `Dispatch.progress`; {} = it waits.
    running: dict[str, dict[str, object]]


def request_all(member: Member, names: Sequence[str], *, tell: Callable[[str], None] = _silent) -> list[Request]:
    """Ask for a run of each; `tell` hears of a broker that is away, which the runs do not need to be found.

    Raises DefinitionError, UsageError before anything is asked for, LedgerUnavailableError.
    """
    for name in names:
        member.project.load(name)
    with ledger_expected():
        requests = [request_of_cluster(member.project, name) for name in names]
    try:
        _call_for(member.addresses.broker, [request.queue for request in requests if not request.was_there])
    except BrokerUnavailableError as error:
        tell(f"{error}; the runs are asked for, and begin when it is back")
    return requests


def _call_for(broker: str, queues: Iterable[str]) -> None:
    """Workers look every few seconds who waits; a sign makes it at once."""
    with connection_to(broker) as connection:
        try:
            declare(connection)
            for queue in queues:
                send_sign(queue)
        except (OperationalError, *connection.connection_errors, *connection.channel_errors) as error:
            raise BrokerUnavailableError(f"the broker cannot be reached: {error}") from error


def follow(requests: Sequence[Request], *, tick: float, tell: Callable[[str], None] = _silent) -> Iterator[Seen]:
    """A look every `tick` seconds, until all have ended; `tell` hears of a ledger that is away, which is waited for."""
    left = {request.name: request.run for request in requests}
    is_away = False
    while left:
        try:
            drop_dead_connection()
            seen = _look(left)
        except (DatabaseOperationalError, InterfaceError) as error:
            if not is_away:
                lost = unavailable(error)
                tell(f"{lost.place}: {lost.message}; it is waited for")
            is_away = True
            time.sleep(BETWEEN_TRIES)
            continue
        is_away = False
        for report in seen.ended:
            del left[report.name]
        yield seen
        if left:
            time.sleep(tick)


def _look(left: dict[str, int]) -> Seen:
    rows = Dispatch.objects.filter(import_row__name__in=list(left)).select_related("import_row")
    there = {row.import_row.name: row for row in rows}
    # The run that a conductor began anew, because it could not go on with the one that was asked for.
    left.update({name: row.run_id for name, row in there.items()})
    over = [name for name in left if name not in there]
    runs = Run.objects.select_related("import_row").in_bulk([left[name] for name in over])
    return Seen(
        [report_of(_made_of(runs[left[name]])) for name in over], {name: row.progress for name, row in there.items()}
    )


def _made_of(run: Run) -> Run:
    """Where another run was made instead, and ended before anybody looked, that one."""
    if run.state != RunState.CANCELLED or Cancellation.objects.filter(run=run).exists():
        return run
    others = Run.objects.select_related("import_row").filter(import_row=run.import_row_id, finished_at__isnull=False)
    return others.exclude(state=RunState.CANCELLED).order_by("-finished_at").first() or run
