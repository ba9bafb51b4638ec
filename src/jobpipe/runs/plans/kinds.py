"""What a change is about: which records have to be made again to see what it does, and what it changes in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.models import Definition
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Import, PlanKind, Run, RunKind, RunState
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.mappings.remapping import is_up_to_date
from jobpipe.runs.plans.basis import last_run
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.workspace import Workspace

# What of a source decides which records there are, and what they are.
_RECORDS = ("feed", "parts", "api", "site", "soap", "files", "record", "format", "encoding", "csv")
_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)


def kind_of(preparation: Preparation, owner: Import) -> PlanKind | None:
    """None = the stored postings are made as they would be."""
    before = definition_of_last_import(owner)
    if before is not None and _records(before) != _records(preparation.definition):
        return PlanKind.SOURCE
    last = last_run(owner)
    if last is None or last.state not in _OVER or last.revision != preparation.revision_text:
        return PlanKind.REPROCESS
    return None if is_up_to_date(preparation, owner) else PlanKind.MAPPINGS


def definition_of_last_import(owner: Import) -> Definition | None:
    """The one that the source was last read with; None where it cannot be read any more."""
    run = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT, state__in=_OVER).order_by("-id").first()
    return _parsed(run)


def kept_parts_of(workspace: Workspace, owner: Import, preparation: Preparation) -> KeptParts:
    return KeptParts.of_last_run(workspace, owner, definition_of_last_import(owner), preparation.definition)


def changed_words(preparation: Preparation, owner: Import) -> list[str]:
    """The words of the definition that differ from those of the last run: posting.title, keep …"""
    run = Run.objects.filter(import_row=owner, state__in=_OVER).order_by("-id").first()
    before = _parsed(run)
    return list(_differing(_dump(before), _dump(preparation.definition), "")) if before is not None else []


def _parsed(run: Run | None) -> Definition | None:
    try:
        return parse_definition(run.definition, "the last run's definition").definition if run is not None else None
    except JobpipeError:
        return None


def _records(definition: Definition) -> Any:
    source = definition.source.model_dump(mode="json", by_alias=True)
    return {part: source[part] for part in _RECORDS}


def _dump(definition: Definition) -> Any:
    return definition.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _differing(before: Any, after: Any, prefix: str) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if name in ("posting", "source") and isinstance(one, dict) and isinstance(other, dict):
            yield from _differing(one, other, f"{name}.")
        else:
            yield prefix + name
