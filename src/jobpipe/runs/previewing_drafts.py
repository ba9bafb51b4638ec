"""What a draft of a definition makes of a few real records, beside what the project's file makes of the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.models import Definition
from jobpipe.documents.store import Role, Selection
from jobpipe.errors import JobpipeError, SourceError, UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.plans.kinds import definition_of_last_import
from jobpipe.runs.preparing import prepare
from jobpipe.runs.previewing import Few, Preview, PreviewedRecord, Reading, look, prepare_to_look, preview
from jobpipe.runs.retrying import Wanted, rejected_rows
from jobpipe.runs.stored_records import records_of
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.record import RawRecord
from jobpipe.transform.compile import FieldTrace, Transformer
from jobpipe.transform.outcome import Item
from jobpipe.transform.problems import DefinitionProblems

# Characters of a record that are shown.
_MOST_RAW = 6_000


@dataclass(frozen=True, slots=True)
class FieldBeside:
    field: str
    # What the rule's paths found.
    found: list[tuple[str, tuple[Any, ...]]]
    # None = nothing. `before`: under the project's file.
    before: Any
    after: Any
    error: str
    by: str

    @property
    def differs(self) -> bool:
        return bool(self.before != self.after)


@dataclass(frozen=True, slots=True)
class RecordBeside:
    one: PreviewedRecord
    # None = the project's file cannot make anything of it, or there is none.
    has_before: bool
    fields: list[FieldBeside]

    @property
    def differing(self) -> list[FieldBeside]:
        """All of them where there is nothing to compare with."""
        return [one for one in self.fields if one.differs or one.error or not self.has_before]

    @property
    def same(self) -> list[FieldBeside]:
        return [one for one in self.fields if one not in self.differing]

    @property
    def raw_text(self) -> str:
        """Its plain values where it can be read, else its bytes; cut."""
        if self.one.record is None:
            return self.one.raw[:_MOST_RAW].decode("utf-8", "replace")
        text = msgspec.json.format(msgspec.json.encode(self.one.record), indent=2).decode()
        return text if len(text) <= _MOST_RAW else f"{text[:_MOST_RAW]}…"


@dataclass(frozen=True, slots=True)
class DraftPreview:
    preview: Preview
    records: list[RecordBeside]
    # They come from the archive of the last run; False = the source was asked.
    is_kept: bool


def preview_draft(workspace: Workspace, name: str, text: str, *, count: int = 3) -> DraftPreview:
    """The first records, from what the last run kept, else from the source.

    Raises DefinitionError for an invalid draft, SourceError where no record can be read.
    """
    project, written = workspace.project, (text, f"imports/{name}.yaml")
    kept = kept_parts_for(workspace, name, parse_definition(*written).definition)
    made: Preview | None = None
    if kept is not None:
        try:
            made = preview(project, name, count=count, definition=written, kept=kept)
        except SourceError:
            # Not kept, or cut otherwise: the source has it.
            made = None
    is_kept = made is not None
    if made is None:
        made = preview(project, name, count=count, definition=written)
    before = _transformer_of_file(workspace, name)
    return DraftPreview(made, [_beside(one, before) for one in made.records], is_kept)


def preview_records(
    workspace: Workspace, name: str, text: str, records: Sequence[RawRecord], *, count: int = 3
) -> DraftPreview:
    """The same of records that were read before, for the draft itself. Raises DefinitionError for an invalid draft."""
    preparation, notices = prepare_to_look(workspace.project, name, (text, f"imports/{name}.yaml"))
    few = Few(Reading(location="the source, for this draft"), list(records[:count]), 1, len(records))
    made = look(preparation, few, notices)
    return DraftPreview(made, [_beside(one, None) for one in made.records], is_kept=True)


def preview_rejected(workspace: Workspace, name: str, text: str, *, incident: int, count: int = 3) -> DraftPreview:
    """The same of records in quarantine; `incident`: of those that it is about, 0 = of any.

    Raises DefinitionError for an invalid draft, UsageError where nothing of that is in quarantine.
    """
    preparation, notices = prepare_to_look(workspace.project, name, (text, f"imports/{name}.yaml"))
    owner = Import.objects.filter(name=name).first()
    records = _rejected(workspace, owner, incident, count) if owner is not None else []
    if not records:
        raise UsageError("nothing of that is in quarantine", hint="preview the first records of the source")
    reading = Reading(location="quarantine, where rejected records are kept")
    made = look(preparation, Few(reading, records, 1, len(records)), notices)
    before = _transformer_of_file(workspace, name)
    return DraftPreview(made, [_beside(one, before) for one in made.records], is_kept=True)


def _rejected(workspace: Workspace, owner: Import, incident: int, count: int) -> list[RawRecord]:
    documents = workspace.documents
    found: list[RawRecord] = []
    for row in islice(rejected_rows(documents, owner, Wanted(incident=incident)), count):
        stored = records_of(documents, owner.pk, (Selection(role=Role.REJECTED, after_row=row.row - 1),))
        found += [one.record for one in islice(stored, 1)]
    return found


def kept_parts_for(workspace: Workspace, name: str, now: Definition) -> KeptParts | None:
    """What the last run kept of an import; None = it never ran."""
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        return None
    return KeptParts.of_last_run(workspace, owner, definition_of_last_import(owner), now)


def _transformer_of_file(workspace: Workspace, name: str) -> Transformer | None:
    try:
        return transformer_of(prepare(workspace, name).charge)
    except JobpipeError:
        return None


def _beside(one: PreviewedRecord, transformer: Transformer | None) -> RecordBeside:
    before = _posting_of(one, transformer) if transformer is not None else None
    after = one.posting or {}
    traces = {trace.field: trace for trace in one.fields}
    names = list(dict.fromkeys((*traces, *(before or {}), *after)))
    fields = [_field(name, traces.get(name), before or {}, after) for name in names]
    return RecordBeside(one, before is not None, fields)


def _field(name: str, trace: FieldTrace | None, before: dict[str, Any], after: dict[str, Any]) -> FieldBeside:
    if trace is None:
        return FieldBeside(name, [], before.get(name), after.get(name), "", "")
    value = after.get(name, msgspec.to_builtins(trace.value))
    return FieldBeside(name, list(trace.found), before.get(name), value, trace.error, trace.by)


def _posting_of(one: PreviewedRecord, transformer: Transformer) -> dict[str, Any] | None:
    day = datetime.now(UTC).date().isoformat()
    item = Item(one.ordinal, one.raw, 0, day=day)
    try:
        body = transformer.transform(item, one.context).body
    except DefinitionProblems:  # paths that are not of this kind of record
        return None
    return msgspec.json.decode(body) if body else None
