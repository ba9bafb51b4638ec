"""Applying a plan: its change is made, and a run does what the plan said, with the very definition and decisions.

Whoever is killed on the way leaves a plan that is being applied: applying it again goes on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, Plan, PlanKind, PlanState, Run, RunState
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.conducting import Conductor
from jobpipe.runs.definition_files import write_definition
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.mappings.remapping import bring_up_to_date, is_up_to_date, note_up_to_date
from jobpipe.runs.overrides.deciding import RuleDecision
from jobpipe.runs.overrides.deciding import decide as decide_rules
from jobpipe.runs.plans.basis import basis_of, left_by, refuse_stale
from jobpipe.runs.plans.kinds import kept_parts_of
from jobpipe.runs.plans.making import Working
from jobpipe.runs.preparing import Change, Preparation, prepare
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.reprocessing import refuse_over_an_interrupted_run, reprocess_held
from jobpipe.runs.starting import new_run
from jobpipe.runs.taxonomies.in_force import number_in_force
from jobpipe.runs.taxonomies.releases import apply as apply_release
from jobpipe.runs.workspace import Workspace

_DONE = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)


def change_of(plan: Plan) -> Change:
    """What it was made for."""
    definition = (plan.definition, plan.shown) if plan.definition else None
    return Change(
        definition,
        tuple(Decision(**decision) for decision in plan.decisions),
        rules=tuple(RuleDecision(**decision) for decision in plan.rules),
        release=(plan.release[0], plan.release[1]) if plan.release else None,
    )


def apply_plan(workspace: Workspace, number: int, *, by: str, working: Working) -> RunReport:
    """The report of the run that did it.

    Raises UsageError where there is no such plan, where it was applied, was partial, or cannot be written;
    StalePlanError where it was made on another revision; ImportIsRunningError while another process writes the import.
    """
    plan = plan_numbered(number)
    owner = plan.import_row
    with ledger_expected(), hold(workspace, owner) as held:
        plan = plan_numbered(number)
        _refuse_what_cannot_be(plan)
        if plan.state == PlanState.APPLYING and plan.run is not None and plan.run.state in _DONE:
            # Killed when all was done but this.
            _end(held, plan)
            return report_of(plan.run)
        left = left_by(plan)
        if left is None:
            refuse_over_an_interrupted_run(held, owner)
        change = change_of(plan)
        refuse_stale(plan, basis_of(held, owner, prepare(held, owner.name, change)))
        _begin(held, plan, by)
        _make_the_change(held, plan, change, by)
        report = _run(held, prepare(held, owner.name), owner, plan, working, left)
        if not working.stop.requested and report.state != RunState.CANCELLED:
            _end(held, plan)
        return report


def plan_numbered(number: int) -> Plan:
    plan = Plan.objects.select_related("import_row").filter(pk=number).first()
    if plan is None:
        raise UsageError(f"there is no plan {number}", hint="`jobpipe plans` lists them")
    return plan


def _refuse_what_cannot_be(plan: Plan) -> None:
    if plan.state == PlanState.APPLIED:
        run = f" by run {plan.run_id}" if plan.run_id else ""
        raise UsageError(f"plan {plan.pk} was applied{run}", hint=f"jobpipe plan {plan.import_row.name} makes another")
    if plan.partial:
        raise UsageError(
            f"plan {plan.pk} is partial: something that it would have to read is not kept",
            hint=f"put the definition in place; then jobpipe run {plan.import_row.name} reads the source",
        )


def _begin(workspace: Workspace, plan: Plan, by: str) -> None:
    plan.state = PlanState.APPLYING
    plan.applied_at, plan.applied_by = datetime.now(UTC), by[:200]
    with workspace.writing():
        plan.save(update_fields=["state", "applied_at", "applied_by"])


def _end(workspace: Workspace, plan: Plan) -> None:
    plan.state = PlanState.APPLIED
    with workspace.writing():
        plan.save(update_fields=["state"])


def _make_the_change(workspace: Workspace, plan: Plan, change: Change, by: str) -> None:
    """May be repeated."""
    if change.definition is not None:
        _write_definition(workspace, plan)
    if change.decisions:
        decide(workspace, change.decisions, by=by)
    with workspace.writing():
        # Once: what is in force is no change any more.
        if change.rules:
            decide_rules(workspace, change.rules, by=by)
        if change.release is not None:
            name, number = change.release
            apply_release(workspace, name, number, on=number_in_force(name), by=by)
        if change.rules or change.release is not None:
            now = prepare(workspace, plan.import_row.name)
            plan.rules, plan.release = [], []
            # New rules have their numbers now.
            plan.basis = {**plan.basis, "revision": now.revision_text, "tables": now.tables_digest}
            plan.save(update_fields=["rules", "release", "basis"])


def _write_definition(workspace: Workspace, plan: Plan) -> None:
    name = plan.import_row.name
    if workspace.project.text_of(name) == plan.definition:
        return
    otherwise = f"put {Path(plan.shown).name} in its place where it can, then plan again"
    write_definition(workspace.project, name, plan.definition, otherwise=otherwise)


def _run(
    workspace: Workspace, preparation: Preparation, owner: Import, plan: Plan, working: Working, left: Run | None
) -> RunReport:
    """`left`: the import of the kept source that was interrupted."""
    owner.refresh_from_db(fields=["mappings"])
    progress, stop, workers = working.progress, working.stop, working.workers
    if plan.kind == PlanKind.MAPPINGS:
        remapped = bring_up_to_date(workspace, preparation, owner, progress=progress, stop=stop, workers=workers)
        if remapped.report is None:
            raise UsageError(f"plan {plan.pk}: no stored posting has these labels any more")
        _note_run(workspace, plan, Run.objects.get(pk=remapped.report.run))
        return remapped.report
    if plan.kind == PlanKind.SOURCE:
        return _read_kept(workspace, preparation, owner, plan, working, left)
    return reprocess_held(
        workspace,
        preparation,
        owner,
        progress=progress,
        stop=stop,
        workers=workers,
        begun=lambda run: _note_run(workspace, plan, run),
    )


def _read_kept(
    workspace: Workspace, preparation: Preparation, owner: Import, plan: Plan, working: Working, left: Run | None
) -> RunReport:
    """An import of what the last runs read: there is nothing else that the plan could have spoken of."""
    offline = replace(workspace, kept_parts=kept_parts_of(workspace, owner, preparation))
    if not is_up_to_date(preparation, owner):
        note_up_to_date(workspace, owner, "")
    run = left or new_run(workspace, owner, preparation, "")
    _note_run(workspace, plan, run)
    progress, stop = working.progress, working.stop
    conductor = Conductor(offline, preparation, run, working.workers, progress, stop, is_taken_up=left is not None)
    report = conductor.conduct()
    if not working.stop.requested:
        bring_up_to_date(workspace, preparation, owner, progress=progress, stop=stop, workers=working.workers)
    return report


def _note_run(workspace: Workspace, plan: Plan, run: Run) -> None:
    plan.run = run
    with workspace.writing():
        plan.save(update_fields=["run"])


__all__ = ["ImportIsRunningError", "apply_plan", "change_of", "plan_numbered"]
