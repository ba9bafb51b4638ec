"""A run of an import that is tried out on its source: the same code over today's records, and nothing is kept of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from jobpipe.ledger.models import Import, RunKind
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.conducting import Conductor
from jobpipe.runs.plans.kinds import kept_parts_of
from jobpipe.runs.plans.making import Working, refuse_while_it_runs
from jobpipe.runs.plans.trial import Trial, TrialProgress
from jobpipe.runs.preparing import prepare
from jobpipe.runs.report import RunReport
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    # Read instead of the source.
    instead: Path | None = None
    # What the last run kept is read instead of the source.
    from_archive: bool = False
    # Of records; None = all.
    limit: int | None = None


def dry_run(workspace: Workspace, name: str, how: DryRun, working: Working) -> RunReport:
    """What a run would do now; its report has the number 0.

    Raises DefinitionError for an invalid definition, UsageError where a run is under way or was interrupted.
    """
    preparation = prepare(workspace, name)
    drop_dead_connection()
    with ledger_expected():
        # One that never ran has no row, and gets none.
        stored = Import.objects.filter(name=name).first()
        owner = stored or Import(pk=0, name=name, client=preparation.definition.client)
        if stored is not None:
            refuse_while_it_runs(stored)
        with (
            tempfile.TemporaryDirectory(dir=workspace.scratch, prefix="dry-run-") as folder,
            Trial(workspace, preparation, owner, RunKind.IMPORT, Path(folder)) as trial,
        ):
            if how.instead is not None:
                trial.run.instead = str(how.instead.resolve())
            tried = replace(
                trial.workspace,
                archives=Path(folder) / "archive",
                most_records=how.limit,
                kept_parts=kept_parts_of(workspace, owner, preparation) if how.from_archive else None,
            )
            progress = TrialProgress(working.progress, "trying")
            report = Conductor(tried, preparation, trial.run, working.workers, progress, working.stop).conduct()
    return replace(report, run=0)
