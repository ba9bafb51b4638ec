"""Whom a rule is about: the imports within its scope, whose stored postings are made again when it changes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from jobpipe.errors import DefinitionError, JobpipeError, UsageError
from jobpipe.ledger.models import Import, OverrideChange, OverrideScope, Run, RunState
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.preparing import prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.reprocessing import reprocess_import
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace


def check_owner(workspace: Workspace, scope: str, owner: str) -> None:
    """Raises UsageError or DefinitionError for an import or client that is not there."""
    if scope == OverrideScope.IMPORT:
        workspace.project.load(owner)  # names the nearest one where there is none
    elif scope == OverrideScope.CLIENT and not any(UsedTables(workspace).within(scope, owner)):
        clients = {definition.client for definition, _ in UsedTables(workspace).within(OverrideScope.GLOBAL, "")}
        near = difflib.get_close_matches(owner, [client for client in clients if client], n=1)
        hint = f"did you mean {near[0]}?" if near else "`client: …` in a definition says whose it is"
        raise UsageError(f"no import has the client {owner!r}", hint=hint)


def touched_by(workspace: Workspace, changes: Iterable[OverrideChange]) -> list[str]:
    """The imports that the changed rules are about, each once."""
    used = UsedTables(workspace)
    scopes = sorted({(change.entry.scope, change.entry.owner) for change in changes})
    found = (definition.import_ for scope, owner in scopes for definition, _ in used.within(scope, owner))
    return list(dict.fromkeys(found))


def apply_now(
    workspace: Workspace, names: Iterable[str], *, progress: Progress, stop: StopRequest, workers: int | None = None
) -> dict[str, RunReport | JobpipeError | None]:
    """One reprocess an import; what could not be done now (a run is under way) is done by the import's next run.

    None = nothing was to be done: the import has not run yet, or its postings are made under these rules already.
    """
    done: dict[str, RunReport | JobpipeError | None] = {}
    for name in names:
        if stop.requested:
            break
        try:
            done[name] = _reprocess(workspace, name, progress, stop, workers)
        except (DefinitionError, UsageError) as error:
            done[name] = error
    return done


def _reprocess(
    workspace: Workspace, name: str, progress: Progress, stop: StopRequest, workers: int | None
) -> RunReport | UsageError | None:
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        return None
    last = that_made_anything(Run.objects.filter(import_row=owner)).first()
    is_whole = last is not None and last.state in (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)
    if is_whole and last is not None and last.revision == prepare(workspace, name).revision_text:
        return None
    report = reprocess_import(workspace, name, progress=progress, stop=stop, workers=workers)
    return UsageError(report.error or report.why) if report.state == RunState.SKIPPED else report
