"""What a plan was made on, and what of it has changed since: a plan made on another revision is refused."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import xxhash

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, MappingChange, Plan, PlanKind, PlanState, Run, RunKind, RunState
from jobpipe.runs.history import that_made_anything
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.workspace import Workspace

# Changes of labels that are named.
_NAMED = 3


class StalePlanError(UsageError):
    """Something that the plan was made on is not as it was."""

    code = "JP4002"


class Basis(msgspec.Struct, kw_only=True):
    # Of the text of the project's own file.
    file: str
    # Of what is to be: `Preparation.revision_text` and `tables_digest`.
    revision: str
    tables: str
    # The last run, its state, and what a person decided of it.
    run: int
    state: str
    # Of how many rows of each kind are stored.
    stored: str


def basis_of(workspace: Workspace, owner: Import, preparation: Preparation) -> Basis:
    run = last_run(owner)
    counts = workspace.documents.counts(owner.pk)
    stored = sorted((int(role), int(status), reason, number) for (role, status, reason), number in counts.items())
    return Basis(
        file=digest_of_text(workspace.project.text_of(owner.name)),
        revision=preparation.revision_text,
        tables=preparation.tables_digest,
        run=run.pk if run is not None else 0,
        state=f"{run.state} {run.decided_by}".strip() if run is not None else "",
        stored=digest_of_text(repr(stored)),
    )


def last_run(owner: Import) -> Run | None:
    """The last one that did anything."""
    runs = that_made_anything(Run.objects.filter(import_row=owner))
    return runs.defer("definition").order_by("-id").first()


def digest_of_text(text: str) -> str:
    return xxhash.xxh3_128_hexdigest(text.encode())


def refuse_stale(plan: Plan, now: Basis) -> None:
    """Raises StalePlanError with all that has changed since the plan was made, or since its applying began."""
    changed = list(changes_since(plan, now))
    if changed:
        raise StalePlanError(
            f"plan {plan.pk} was made on another state: {'; '.join(changed)}",
            hint=f"jobpipe plan {plan.import_row.name} makes another one",
        )


def changes_since(plan: Plan, now: Basis) -> Iterator[str]:
    """In words."""
    made = msgspec.convert(plan.basis, Basis)
    name = plan.import_row.name
    is_begun = plan.state == PlanState.APPLYING
    is_written = is_begun and bool(plan.definition) and now.file == digest_of_text(plan.definition)
    if now.file != made.file and not is_written:
        yield f"imports/{name}.yaml was edited"
    elif now.revision != made.revision:
        yield "hooks.py, an override or a step is another now"
    if now.tables != made.tables:
        yield _changed_tables(plan)
    if is_begun and _is_own(plan, made):
        return
    if now.run != made.run:
        yield _later_run(now.run)
    elif now.state != made.state:
        yield f"run {now.run} is {now.state} by now"
    elif now.stored != made.stored:
        yield "stored postings were expired, excluded or deleted"


def _is_own(plan: Plan, then: Basis) -> bool:
    """Whether nothing but interrupted attempts to apply it was run since."""
    later = that_made_anything(Run.objects.filter(import_row=plan.import_row_id, pk__gt=then.run))
    cut = (RunState.FAILED, RunState.CANCELLED)
    later = later.exclude(kind=RunKind.REPROCESS, state__in=cut, revision=then.revision)
    left = left_by(plan)
    return not (later.exclude(pk=left.pk) if left is not None else later).exists()


def left_by(plan: Plan) -> Run | None:
    """The import that an interrupted attempt to apply it has begun: it goes on."""
    if plan.state != PlanState.APPLYING or plan.kind != PlanKind.SOURCE:
        return None
    own = Run.objects.filter(import_row=plan.import_row_id, kind=RunKind.IMPORT, state=RunState.RUNNING)
    return own.filter(revision=plan.basis["revision"], pk__gt=plan.basis["run"]).first()


def _changed_tables(plan: Plan) -> str:
    changes = MappingChange.objects.filter(at__gte=plan.made_at).select_related("entry").order_by("-id")
    named = [f"{one.label!r} in {one.entry.table}" + (f" by {one.by}" if one.by else "") for one in changes[:_NAMED]]
    return f"labels mean something else ({', '.join(named)})" if named else "a mapping table is another now"


def _later_run(number: int) -> str:
    run = Run.objects.filter(pk=number).defer("definition").first()
    return f"run {number} ({run.kind}, {run.state}) was made since" if run is not None else "a run was made since"
