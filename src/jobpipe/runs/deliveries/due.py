"""Which destinations have something to do: asked every second, and cheap."""

from __future__ import annotations

import time
from datetime import datetime

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Delivery, DeliveryState, Destination
from jobpipe.runs.deliveries.change_lists import last_sequence
from jobpipe.runs.deliveries.delivering import definition_digest
from jobpipe.runs.workspace import Workspace

# Seconds between two looks at whether files say something else now.
_FILES_EVERY = 5.0


class DueDestinations:
    """Remembers what files say: one is read again when it has changed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read: dict[str, tuple[Stamp | None, DestinationDefinition | None]] = {}
        self._looked = -_FILES_EVERY

    def names(self, now: datetime) -> list[str]:
        """A destination whose file is not valid is due when the file has changed, so that its fault is told once."""
        last = last_sequence()
        rows = {row.name: row for row in Destination.objects.all()}
        prepared = Delivery.objects.filter(state=DeliveryState.PREPARED)
        waiting = set(prepared.values_list("destination_id", flat=True).distinct())
        looks_at_files = time.monotonic() - self._looked >= _FILES_EVERY
        if looks_at_files:
            self._looked = time.monotonic()
        found = []
        for name in self._workspace.project.destinations():
            row = rows.get(name)
            definition, is_news = self._definition(name)
            if definition is None:
                if is_news:
                    found.append(name)
                continue
            if definition.paused or (row is not None and row.next_try is not None and row.next_try > now):
                continue
            has_work = row is None or bool(row.sweep) or row.sequence < last or row.pk in waiting
            if has_work or (looks_at_files and row is not None and self._is_changed(definition, row)):
                found.append(name)
        return found

    def _is_changed(self, definition: DestinationDefinition, row: Destination) -> bool:
        return row.definition != definition_digest(definition, self._workspace.feeding.imports_of(row.name))

    def _definition(self, name: str) -> tuple[DestinationDefinition | None, bool]:
        """As its file says, None where it is not valid; and whether it was read just now."""
        stamp = stamp_of(self._workspace.project.root / "destinations" / f"{name}.yaml")
        before = self._read.get(name)
        if before is not None and before[0] == stamp:
            return before[1], False
        try:
            definition: DestinationDefinition | None = self._workspace.project.load_destination(name)
        except JobpipeError:
            definition = None
        self._read[name] = stamp, definition
        return definition, True
