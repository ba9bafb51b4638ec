"""One posting by its key: in which imports it is, and how it came about."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from jobpipe.definition.overrides import OverrideRule
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, StateRow
from jobpipe.errors import RecordError, UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.preparing import prepare
from jobpipe.runs.stored_records import records_of
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.compile import FieldTrace
from jobpipe.transform.outcome import Item
from jobpipe.transform.override_checks import setter_of
from jobpipe.transform.validation import finaliser_of


@dataclass(frozen=True, slots=True)
class FoundPosting:
    owner: Import
    row: StateRow

    @property
    def name(self) -> str:
        """Of its import."""
        return self.owner.name

    @property
    def import_id(self) -> int:
        return self.owner.pk


def imports_with(workspace: Workspace, key: str) -> list[FoundPosting]:
    """Each import that has a posting with this key, whatever its state."""
    found = []
    for owner in Import.objects.order_by("name"):
        row = workspace.documents.postings_by_key(owner.pk, [key]).get(key)
        if row is not None:
            found.append(FoundPosting(owner, row))
    return found


def chosen_imports(workspace: Workspace, key: str, name: str, *, all_of_them: bool) -> list[str]:
    """The imports that a decision over this key is about: the named one, or those that have it.

    Raises UsageError where none has it and none is named, or several have it and it is not said which.
    """
    if name:
        workspace.project.load(name)  # names the nearest one where there is none
        return [name]
    found = [one.name for one in imports_with(workspace, key)]
    if not found:
        near = _alike(workspace, key)
        hint = f"did you mean {near}?" if near else "--import NAME decides over it before it comes"
        raise UsageError(f"no import has a posting with the key {key!r}", hint=hint)
    if len(found) > 1 and not all_of_them:
        hint = "--import NAME, or --all"
        raise UsageError(f"{len(found)} imports have a posting {key!r}: {', '.join(found)}", hint=hint)
    return found


def _alike(workspace: Workspace, key: str) -> str:
    """A key that is written a little otherwise, among those in which a person's cut of it is found; "" = none."""
    for owner in Import.objects.order_by("name"):
        for other in {key.strip(), key.upper(), key.lower()} - {key}:
            if workspace.documents.postings_by_key(owner.pk, [other]):
                return other
        titled = workspace.documents.select(owner.pk, Selection(text=key)) if len(key) > 3 else ()
        for row in titled:
            return f"{row.key} ({row.title})"
    return ""


def traced(workspace: Workspace, found: FoundPosting) -> list[FieldTrace]:
    """How each field came about, under what counts today; [] where its record is not stored any more."""
    preparation = prepare(workspace, found.name)
    records = records_of(workspace.documents, found.import_id, (Selection(keys=(found.row.key,)),))
    for row, record, _ in records:
        item = Item(1, record.raw, 0, record.flaw, row.first_day, record.offset)
        try:
            return transformer_of(preparation.charge).explain(item, record.context)
        except RecordError:
            return []
    return []


def posting_of(workspace: Workspace, found: FoundPosting) -> dict[str, object]:
    """As it is stored; {} = it never was one."""
    frame = workspace.documents.body(found.import_id, found.row.row)
    posting = unpack(frame).posting if frame is not None else b""
    made: dict[str, object] = msgspec.json.decode(posting) if posting else {}
    return made


def read_values(given: Sequence[str]) -> dict[str, object]:
    """Of `field=value`: text, or JSON where it is a list or an object; `none` = no value. Raises UsageError."""
    values: dict[str, object] = {}
    for one in given:
        field, sign, text = one.partition("=")
        field, text = field.strip(), text.strip()
        if not sign or not field:
            raise UsageError(f"{one!r} is no field=value", hint="title='Head chef' salary.period=month")
        values[field] = _read(field, text)
    return values


def _read(field: str, text: str) -> object:
    value: object = None if text in ("none", "") else text
    if text[:1] in ("[", "{"):
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise UsageError(f"{field}: no JSON: {error}") from error
    rule = OverrideRule(text=f"{field} = {text}", action="set", field=field)
    setter = setter_of(rule, finaliser_of("description"))
    if value is None:
        if field == "title":
            raise UsageError("a posting without a title is none")
        return None
    try:
        setter.finish(value)
    except RecordError as error:
        raise UsageError(f"{field} cannot be {text!r}: {error.message}", hint=_nearest(field, text)) from error
    return value


def _nearest(field: str, text: str) -> str:
    from jobpipe.transform.validation import ENUMS

    found = difflib.get_close_matches(text, ENUMS.get(field.rpartition(".")[2], ()), n=1)
    return f"did you mean {found[0]}?" if found else ""


__all__ = ["FoundPosting", "chosen_imports", "imports_with", "posting_of", "read_values", "traced"]
