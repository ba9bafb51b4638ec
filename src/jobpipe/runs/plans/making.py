"""Making a plan: the change is tried out on what is stored, and what it would do is kept as a row of the ledger."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, Plan, PlanKind, PlanState, Run, RunKind, RunState
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.runs.absence import live_postings
from jobpipe.runs.conducting import Conductor
from jobpipe.runs.mappings.remapping import Touched, remap_records, touched_by
from jobpipe.runs.plans.basis import basis_of
from jobpipe.runs.plans.figures import figures_of
from jobpipe.runs.plans.kinds import changed_words, kept_parts_of, kind_of
from jobpipe.runs.plans.trial import Trial, TrialProgress
from jobpipe.runs.preparing import Change, Preparation, prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.reprocessing import reprocess_records
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

# Of an import: plans that are older, and those before so many, are removed.
KEPT = 20
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Working:
    """How it is computed, and what is told of it meanwhile."""

    progress: Progress
    stop: StopRequest
    workers: int | None = None


def make_plan(
    workspace: Workspace, name: str, change: Change, *, by: str, working: Working, anew: bool = False
) -> Plan | None:
    """None = no stored posting would be made otherwise. `anew`: what the last run read is read anew in any case.

    Raises DefinitionError for an invalid definition, UsageError where the import never ran, where a run of it is under
    way or was interrupted, and where one changed it meanwhile.
    """
    preparation = prepare(workspace, name, change)
    drop_dead_connection()
    owner = Import.objects.filter(name=name).first()
    if owner is None or not workspace.documents.counts(owner.pk):
        raise UsageError(f"nothing is stored of {name}: it has not run yet", hint=f"jobpipe run {name}")
    refuse_while_it_runs(owner)
    kind = PlanKind.SOURCE if anew else kind_of(preparation, owner)
    if kind is None:
        return None
    basis = basis_of(workspace, owner, preparation)
    figures = _try_out(workspace, preparation, owner, kind, working)
    if figures is None:
        return None
    if basis_of(workspace, owner, preparation) != basis:
        raise UsageError(f"a run or a decision changed {name} while it was planned", hint=f"jobpipe plan {name}")
    plan = Plan(
        import_row=owner,
        kind=kind,
        made_at=datetime.now(UTC),
        made_by=by[:200],
        definition=change.definition[0] if change.definition else "",
        shown=change.definition[1] if change.definition else "",
        decisions=[asdict(decision) for decision in change.decisions],
        rules=[asdict(decision) for decision in change.rules],
        release=list(change.release or ()),
        basis=msgspec.to_builtins(basis),
        document=msgspec.json.encode(figures).decode(),
        partial=figures["partial"],
    )
    with workspace.writing():
        plan.save()
        _remove_old(owner, plan.made_at)
    return plan


def refuse_while_it_runs(owner: Import) -> None:
    run = Run.objects.filter(import_row=owner, state=RunState.RUNNING).first()
    if run is not None:
        raise UsageError(
            f"run {run.pk} of {owner.name} is under way, or was interrupted: what is stored is not whole",
            hint=f"wait for its end, or let it go on: jobpipe run {owner.name}",
        )


def _remove_old(owner: Import, now: datetime) -> None:
    plans = Plan.objects.filter(import_row=owner).exclude(state=PlanState.APPLYING)
    newest = list(plans.order_by("-id").values_list("pk", flat=True)[:KEPT])
    plans.exclude(pk__in=newest).delete()
    plans.filter(made_at__lt=now - KEPT_FOR).delete()


# Trying it out --------------------------------------------------------------------------------------


def _try_out(
    workspace: Workspace, preparation: Preparation, owner: Import, kind: PlanKind, working: Working
) -> dict[str, Any] | None:
    """The figures; None = nothing is touched. Raises UsageError where it was stopped."""
    live = live_postings(workspace.documents, owner.pk)
    touched = touched_by(workspace.documents, preparation, owner)
    if kind == PlanKind.MAPPINGS and (touched is None or not touched.are_there()):
        return None
    run_kind = RunKind.IMPORT if kind == PlanKind.SOURCE else RunKind.REPROCESS
    with (
        tempfile.TemporaryDirectory(dir=workspace.scratch, prefix="plan-") as folder,
        Trial(workspace, preparation, owner, run_kind, Path(folder)) as trial,
    ):
        _run(trial, preparation, kind, touched, working)
        if working.stop.requested:
            raise UsageError("interrupted: nothing was planned")
        figures = figures_of(trial, live_before=live, is_whole=kind == PlanKind.REPROCESS)
    figures["changes"] = {
        "definition": changed_words(preparation, owner),
        "labels": [{"table": use.table, "label": use.label} for use in touched.uses] if touched else [],
    }
    return figures


def _run(trial: Trial, preparation: Preparation, kind: PlanKind, touched: Touched | None, working: Working) -> None:
    workspace, run, progress = trial.workspace, trial.run, TrialProgress(working.progress)
    if kind == PlanKind.SOURCE:
        offline = replace(workspace, kept_parts=kept_parts_of(workspace, run.import_row, preparation))
        Conductor(offline, preparation, run, working.workers, progress, working.stop).conduct()
        return
    if kind == PlanKind.MAPPINGS:
        assert touched is not None
        remap_records(workspace, preparation, run, touched, progress, working.stop, working.workers)
        return
    reprocess_records(workspace, preparation, run, touched, progress, working.stop, working.workers)
