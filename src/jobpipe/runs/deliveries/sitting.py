"""What one sitting at a destination works with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.destinations.ways.way import ChangesWay, SnapshotWay
from jobpipe.errors import OutOfReachError
from jobpipe.ledger.models import Delivery, Destination, Import
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.report import DeliveryReport
from jobpipe.runs.scheduling.duty import Duty
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace


class DeliveryTakenOverError(OutOfReachError):
    """This process was silent for too long: another may be delivering to the destination by now."""

    code = "JP3011"


@dataclass(slots=True, kw_only=True)
class Sitting:
    workspace: Workspace
    definition: DestinationDefinition
    destination: Destination
    # The imports whose postings go there.
    feeding: list[Import]
    duty: Duty
    clock: Callable[[], datetime]
    stop: StopRequest
    # By `time.monotonic`; None = until there is nothing more.
    until: float | None
    open_way: Callable[[DestinationDefinition], ChangesWay | SnapshotWay]
    report: DeliveryReport
    _way: ChangesWay | SnapshotWay | None = field(default=None)

    @property
    def is_over(self) -> bool:
        return self.stop.requested or (self.until is not None and time.monotonic() >= self.until)

    @property
    def moment(self) -> str:
        """ISO 8601, UTC."""
        return self.clock().astimezone(UTC).isoformat(timespec="seconds")

    def way(self) -> ChangesWay | SnapshotWay:
        """Opened when something is to be sent."""
        if self._way is None:
            self._way = self.open_way(self.definition)
        return self._way

    def _confirm(self) -> None:
        """Raises DeliveryTakenOverError where another process may have the destination."""
        if not self.duty.is_mine:
            raise DeliveryTakenOverError(
                f"this process was silent for too long, another may deliver to {self.destination.name}",
                hint="nothing is lost: what was on its way is sent again under the same keys",
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction of the ledger. Raises DeliveryTakenOverError where another may have the destination."""
        with turn_to_write(), transaction.atomic():
            self._confirm()
            yield

    def save_destination(self, *fields: str) -> None:
        with self.writing():
            self.destination.save(update_fields=list(fields))

    def save_delivery(self, delivery: Delivery, *fields: str) -> None:
        with self.writing():
            delivery.save(update_fields=list(fields))

    def move_to(self, position: Mapping[str, Any]) -> None:
        """`position`: fields of the destination, as `Position.as_fields` and `Delivery.after` have them. Not saved."""
        for name, value in position.items():
            setattr(self.destination, name, value)

    def save_course(self) -> None:
        """All that a sitting changes of the destination, within a transaction. Not `definition`, which others unset."""
        self.destination.save(
            update_fields=[
                *("sequence", "offset", "sweep"),
                *("failures", "failing_since", "next_try", "error", "last_success"),
            ]
        )

    def succeeded(self) -> None:
        """The destination has answered. The caller saves."""
        row = self.destination
        if row.failures:
            telling.gone(row.name, (telling.DOWN,), why="it answers again")
        row.failures, row.failing_since, row.next_try, row.error = 0, None, None, ""
        row.last_success = self.clock()

    def close(self) -> None:
        if self._way is not None:
            self._way.close()
