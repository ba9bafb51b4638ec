"""What this process remembers between pages of mappings: the labels of imports, and what suggests codes for them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from jobpipe.definition.file_stamp import stamp_of
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import MappingChange, TaxonomyState
from jobpipe.runs.mappings.deciding import decision_of
from jobpipe.runs.mappings.known_labels import KnownLabels
from jobpipe.runs.mappings.questions import Question
from jobpipe.runs.mappings.suggesting import Suggesters
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.suggestions.suggestion import Suggestion
from jobpipe.transform.coding import CodedTable, coded_table
from jobpipe.web.project import workspace

SUGGESTIONS = 5
# Different questions about labels that are remembered.
_MOST_ASKED = 200

Made = TypeVar("Made")


@dataclass(slots=True)
class _Remembered:
    workspace: Workspace
    labels: KnownLabels
    suggesters: Suggesters
    # What they were made under: taxonomies in force, and files; and the last change that they know.
    mark: Any = None
    last_change: int = 0
    # What was worked out of labels, by what was asked, under this mark of theirs.
    labels_mark: Any = None
    worked_out: dict[Hashable, Any] = field(default_factory=dict)
    # By table, and by whose imports it is looked for in.
    codes: dict[tuple[str, str], CodedTable | None] = field(default_factory=dict)
    working: threading.Lock = field(default_factory=threading.Lock)
    # Of what was worked out of labels alone: suggestions take long, and pages without them do not wait for these.
    noting: threading.Lock = field(default_factory=threading.Lock)


_kept: list[_Remembered] = []


def _remembered() -> _Remembered:
    there = workspace()
    if not _kept or _kept[0].workspace is not there:
        _kept[:] = [_Remembered(there, KnownLabels(there), Suggesters(there))]
    return _kept[0]


def known_labels() -> KnownLabels:
    return _remembered().labels


def worked_out(asked: Hashable, work: Callable[[], tuple[Made, bool]]) -> Made:
    """What `work` gives, once for each state of what labels depend on. It says besides whether that may be kept."""
    kept = _remembered()
    mark = kept.labels.mark()
    with kept.noting:
        if mark != kept.labels_mark or len(kept.worked_out) > _MOST_ASKED:
            kept.labels_mark, kept.worked_out = mark, {}
        known = kept.worked_out.get(asked)
    if known is not None:
        return cast(Made, known)
    made, is_all = work()
    with kept.noting:
        if is_all and kept.labels_mark == mark:
            kept.worked_out[asked] = made
    return made


def suggestions_for(questions: Sequence[Question]) -> list[list[Suggestion]]:
    """For each the likeliest codes; [] where nothing is like it, or its taxonomy cannot be read."""
    # Before numpy is loaded: more threads than this gain little, and take what others need.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
    kept = _remembered()
    with kept.working:
        _catch_up(kept)
        return [_of_one(kept, question) for question in questions]


def coded_table_of(table: str, owners: Iterable[str], whose: str) -> CodedTable | None:
    """That one of these imports has; `whose`: what they are the imports of. None = its values are no codes."""
    kept = _remembered()
    with kept.working:
        _catch_up(kept)
        if (table, whose) not in kept.codes:
            kept.codes[table, whose] = next(filter(None, (_coded(kept, name, table) for name in owners)), None)
        return kept.codes[table, whose]


def _coded(kept: _Remembered, name: str, table: str) -> CodedTable | None:
    try:
        coded = coded_table(kept.workspace.project.load(name).definition)
    except JobpipeError:
        return None
    return coded if coded is not None and coded.table == table else None


def _of_one(kept: _Remembered, question: Question) -> list[Suggestion]:
    try:
        return kept.suggesters.of(question.table, question.labels[0]).suggest(question.label, limit=SUGGESTIONS)
    except JobpipeError:
        return []


def _catch_up(kept: _Remembered) -> None:
    """What was decided since is learned; where something was taken back, or a taxonomy is another, all begins anew."""
    mark = _mark(kept.workspace)
    fresh = list(MappingChange.objects.filter(pk__gt=kept.last_change).select_related("entry").order_by("pk")[:500])
    if mark != kept.mark or len(fresh) == 500 or any(one.after is None for one in fresh):
        kept.suggesters, kept.mark = Suggesters(kept.workspace), mark
        kept.codes = {}
        kept.last_change = MappingChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return
    for change in fresh:
        if not change.entry.is_pattern:
            kept.suggesters.heed(decision_of(change))
    kept.last_change = fresh[-1].pk if fresh else kept.last_change


def _mark(there: Workspace) -> Any:
    stored = tuple(TaxonomyState.objects.order_by("name").values_list("name", "in_force"))
    files = tuple((name, stamp_of(path)) for name, path in there.project.taxonomy_files().items())
    return stored, files, there.project.tables()
