"""The labels of many imports, worked out once for each state of an import, for pages that are asked for often."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from jobpipe.documents.store import LabelUse
from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import Import, MappingChange, MappingEntry, Run, Scope
from jobpipe.runs.history import runs_mark
from jobpipe.runs.mappings.layers import tables_without_decisions, with_decisions
from jobpipe.runs.mappings.unmapped import LabelsOfImport, labels_of_import
from jobpipe.runs.workspace import Workspace

# Seconds: what is read in less is read again.
_QUICK = 0.05


@dataclass(frozen=True, slots=True)
class OfImport:
    owner: Import
    labels: LabelsOfImport


class KnownLabels:
    """For any number of threads. What has changed since is worked out again when it is asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._working = threading.Lock()
        self._made: dict[int, tuple[Any, LabelsOfImport]] = {}
        # By import, with its last run: what took long to read of a million postings no decision changes.
        self._read: dict[int, tuple[int | None, list[LabelUse]]] = {}

    def mark(self) -> Any:
        """Another one after anything has changed that labels of any import depend on: runs, decisions, files."""
        project = self._workspace.project
        decided = MappingChange.objects.order_by("-pk").values_list("pk", flat=True).first()
        return runs_mark(), decided, project.import_stamps(), project.tables()

    def of(self, owners: Iterable[Import], *, seconds: float) -> tuple[list[OfImport], list[str]]:
        """As much as these seconds allow, and the names of the imports that it was not enough for.

        A few statements of the ledger however many imports there are.
        """
        found: list[OfImport] = []
        waiting: list[str] = []
        with self._working:
            marked = self._marked(owners)
            stale = [owner for owner, mark in marked if self._made.get(owner.pk, (None,))[0] != mark]
            entries = list(MappingEntry.objects.filter(active=True).order_by("id")) if stale else []
            until = time.monotonic() + seconds
            for owner, mark in marked:
                made = self._made.get(owner.pk)
                if made is None or made[0] != mark:
                    if time.monotonic() > until:
                        waiting.append(owner.name)
                        continue
                    made = self._made[owner.pk] = (mark, self._work_out(owner, mark[0], entries))
                found.append(OfImport(owner, made[1]))
        return found, waiting

    def _work_out(self, owner: Import, last_run: int | None, entries: Sequence[MappingEntry]) -> LabelsOfImport:
        project = self._workspace.project
        try:
            definition = project.load(owner.name).definition
            tables = tables_without_decisions(definition, project.tables())
        except DefinitionError:
            return LabelsOfImport([], [])
        decided = with_decisions(definition, tables, entries=entries)
        return labels_of_import(self._uses(owner, last_run), owner, definition, decided)

    def _uses(self, owner: Import, last_run: int | None) -> list[LabelUse]:
        """Rows are written by runs alone."""
        known = self._read.pop(owner.pk, None)
        if known is None or known[0] != last_run:
            begun = time.monotonic()
            known = last_run, list(self._workspace.documents.labels(owner.pk))
            if time.monotonic() - begun < _QUICK:
                return known[1]
        self._read[owner.pk] = known
        return known[1]

    def _marked(self, owners: Iterable[Import]) -> list[tuple[Import, Any]]:
        """With all that its labels depend on: runs, decisions, files."""
        last = Run.objects.filter(import_row=OuterRef("pk"), finished_at__isnull=False).order_by("-id").values("pk")
        runs = dict(Import.objects.annotate(last=Subquery(last[:1])).values_list("pk", "last"))
        newest = MappingEntry.objects.values_list("scope", "owner").annotate(last=Max("revision")).order_by()
        decided = {(scope, owner): last for scope, owner, last in newest}
        stamps = self._workspace.project.import_stamps()
        tables = self._workspace.project.tables()
        marked = []
        for one in owners:
            if one.name in stamps:
                scopes = ((Scope.GLOBAL, ""), (Scope.CLIENT, one.client), (Scope.IMPORT, one.name))
                revisions = tuple(decided.get((scope.value, owner)) for scope, owner in scopes)
                marked.append((one, (runs.get(one.pk), revisions, stamps[one.name], tables)))
        return marked
