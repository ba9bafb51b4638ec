"""Starting runs by hand and following them: the sender's side of a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobpipe.cluster import dispatching
from jobpipe.cluster.answers import connection_to
from jobpipe.cluster.member import Member
from jobpipe.cluster.queues import declare
from jobpipe.cluster.tasks import send_sign
from jobpipe.ledger.models import Dispatch, Run
from jobpipe.runs.report import RunReport, report_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the ledger showed: runs that have ended since the last one, and where the others are."""

    ended: list[RunReport]
    # Name -> stage, records …: see `Dispatch.progress`; {} = it waits.
    running: dict[str, dict[str, object]]


def request_all(member: Member, names: Sequence[str]) -> list[dispatching.Request]:
    """Ask for a run of each. Raises DefinitionError, UsageError before anything is asked for."""
    for name in names:
        member.project.load(name)
    requests = [dispatching.request(member.project, name) for name in names]
    with connection_to(member.addresses.broker) as connection:
        declare(connection)
    for request in requests:
        if not request.was_there:
            send_sign(request.queue)
    return requests


def follow(requests: Sequence[dispatching.Request], *, tick: float) -> Iterator[Seen]:
    """A look every `tick` seconds, until all have ended."""
    left = {request.name: request.run for request in requests}
    while left:
        rows = Dispatch.objects.filter(import_row__name__in=list(left)).select_related("import_row")
        there = {row.import_row.name: row for row in rows}
        # The run that a conductor began anew, because it could not go on with the one that was asked for.
        left.update({name: row.run_id for name, row in there.items()})
        over = [name for name in left if name not in there]
        runs = Run.objects.select_related("import_row").in_bulk([left[name] for name in over])
        ended = [report_of(runs[left.pop(name)]) for name in over]
        yield Seen(ended, {name: row.progress for name, row in there.items()})
        if left:
            time.sleep(tick)
