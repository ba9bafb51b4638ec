"""Signs for destinations that are due, so that a worker delivers to them: one at a time for each."""

from __future__ import annotations

import time
from dataclasses import dataclass

from jobpipe.cluster.tasks import send_delivery
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Destination
from jobpipe.runs.deliveries.delivering import duty_of
from jobpipe.runs.deliveries.due import DueDestinations
from jobpipe.runs.scheduling.duty import is_taken
from jobpipe.runs.workspace import Workspace

# Seconds until a sign that nothing came of is taken for lost.
AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class _Sign:
    sent: float
    # What every sitting at the destination changes.
    before: tuple[object, ...]


class DeliverySigns:
    """Remembers what it sent; a scheduler that takes over sends them once more, which does no harm."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._due = DueDestinations(workspace)
        self._out: dict[str, _Sign] = {}

    def send(self) -> list[str]:
        """To whom one was sent just now. Raises `kombu.exceptions.OperationalError` where the broker stays away."""
        due = self._due.names(ledger_time())
        self._out = {name: sign for name, sign in self._out.items() if name in due}
        rows = {row.name: row for row in Destination.objects.filter(name__in=due)}
        return [name for name in due if self._sent_to(name, rows.get(name))]

    def _sent_to(self, name: str, row: Destination | None) -> bool:
        before = _standing(row)
        out = self._out.get(name)
        if out is not None and out.before == before and time.monotonic() - out.sent < AGAIN:
            return False
        if row is not None and is_taken(self._workspace.locks, duty_of(row)):
            return False
        send_delivery(name)
        self._out[name] = _Sign(time.monotonic(), before)
        return True


def _standing(row: Destination | None) -> tuple[object, ...]:
    if row is None:
        return ()
    return row.sequence, row.offset, str(row.sweep), row.failures, row.next_try, row.last_success
