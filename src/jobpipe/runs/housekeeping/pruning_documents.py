"""Postings that are gone, records in quarantine that nobody will mend, and earlier revisions."""

from __future__ import annotations

from array import array
from datetime import datetime

from jobpipe.documents.store import Role, Selection, Status
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import Import, Run, RunState
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.housekeeping.pruning_deliveries import drop_where_nothing_is_there
from jobpipe.runs.search_index import forget_rows
from jobpipe.runs.workspace import Workspace

_ROWS = 1_000


class DocumentsPruning:
    def __init__(
        self, workspace: Workspace, gone_before: datetime | None, rejected_before: datetime | None, done: Pruned
    ) -> None:
        self._project = workspace.project
        self._gone_before = gone_before
        self._rejected_before = rejected_before
        self._done = done
        self._gone = done.new("postings that are gone")
        self._rejected = done.new("records in quarantine")
        self._revisions = done.new("earlier revisions")
        self._names = set(workspace.project.imports())

    def prune(self, workspace: Workspace, owner: Import) -> None:
        """Of one import, which is held."""
        if Run.objects.filter(import_row=owner, state=RunState.RUNNING).exists():
            # It is taken up with what it knew when it began.
            self._done.left[owner.name] = "a run of it was interrupted and goes on"
            return
        if self._gone_before is not None:
            selection = Selection(status=Status.EXPIRED)
            self._gone.add(self._drop(workspace, owner, selection, self._gone_before))
        if self._rejected_before is not None and self._stays_in_quarantine(owner):
            selection = Selection(role=Role.REJECTED)
            self._rejected.add(self._drop(workspace, owner, selection, self._rejected_before))
        kept = self._project.settings.keep.revisions
        dropped = upkeep_of(workspace.documents).drop_revisions(owner.pk, kept, dry_run=self._done.dry_run)
        self._revisions.add(dropped.bodies, dropped.bytes)

    def _drop(self, workspace: Workspace, owner: Import, selection: Selection, before: datetime) -> int:
        """Of the rows those that no run has touched since."""
        newer = Run.objects.filter(import_row=owner, started_at__gte=before).order_by("id")
        first = newer.values_list("pk", flat=True).first()
        rows = workspace.documents.select(owner.pk, selection)
        if first is not None:
            old = array("q", (row.row for row in rows if max(row.changed_run, row.written_run) < first))
        elif Run.objects.filter(import_row=owner).exists():
            old = array("q", (row.row for row in rows))
        else:
            # The ledger does not know when that was.
            return 0
        if not self._done.dry_run:
            for start in range(0, len(old), _ROWS):
                some = old[start : start + _ROWS]
                workspace.documents.delete_rows(owner.pk, some)
                drop_where_nothing_is_there(workspace, owner.pk, some)
                forget_rows(workspace, owner.pk, some)
        return len(old)

    def _stays_in_quarantine(self, owner: Import) -> bool:
        """No complete run will come that shows what is gone: of other imports each does."""
        if owner.name not in self._names:
            return True
        try:
            return self._project.load(owner.name).definition.source.holds == "changes"
        except DefinitionError:
            return False
