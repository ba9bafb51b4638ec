"""Pausing, resuming and removing an import: rows of the ledger, with who and when, and what becomes of its postings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from jobpipe.definition.project import Project
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, ImportDecision, ScheduledImport, Standing
from jobpipe.runs.ending import end_removed
from jobpipe.runs.lease import hold
from jobpipe.runs.report import RunReport
from jobpipe.runs.standing import in_words, standing_of
from jobpipe.runs.workspace import Workspace

KEEP, EXPIRE = "keep", "expire"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person decides of an import as a whole."""

    standing: Standing
    by: str
    reason: str = ""
    # Of a pause.
    until: datetime | None = None
    # keep or expire.
    postings: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    decision: ImportDecision
    # That expired its postings; None = they were kept.
    ended: RunReport | None = None


def moment_of(project: Project, text: str) -> datetime:
    """`2026-12-24` or `2026-12-24T08:00`, in the project's zone where it names none. Raises UsageError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day; write 2026-12-24 or 2026-12-24T08:00") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(project.settings.zone))


def decide(workspace: Workspace, name: str, wish: Wish) -> Decided:
    """Pause or remove an import; what is expired is expired under its lease.

    Raises UsageError where there is no such import, ImportIsRunningError where its postings cannot be expired now.
    May be repeated, also to expire what a pause had kept.
    """
    owner = _owner_of(workspace.project, name)
    if wish.until is not None and wish.until <= datetime.now(UTC):
        raise UsageError(f"a pause until {wish.until:%Y-%m-%d %H:%M} UTC is over already", hint="--until 2026-12-24")
    if wish.postings != EXPIRE:
        return Decided(_record(owner, wish))
    with hold(workspace, owner) as held:
        # First: no run begins from now on.
        decision = _record(owner, wish)
        ended = end_removed(held, owner, f"{wish.standing} by {wish.by}")
        decision.run_id = ended.run
        with held.writing():
            decision.save(update_fields=["run"])
    return Decided(decision, ended)


def resume(workspace: Workspace, name: str, by: str) -> Decided:
    """It may run again, from now on. Raises UsageError where it is neither paused nor removed."""
    owner = _owner_of(workspace.project, name)
    if standing_of(owner.pk) is None:
        raise UsageError(f"{name} is neither paused nor removed", hint="`jobpipe status` shows what is")
    decision = _record(owner, Wish(standing=Standing.RESUMED, by=by))
    # What it missed meanwhile was not asked for.
    ScheduledImport.objects.filter(import_row=owner).update(known_since=decision.at)
    return Decided(decision)


def refusal_of(owner: Import) -> str:
    """Why an import does not run now; "" = it may."""
    decision = standing_of(owner.pk)
    if decision is None:
        return ""
    return f"{owner.name} is {in_words(decision)} (jobpipe resume {owner.name} lets it run again)"


def _record(owner: Import, wish: Wish) -> ImportDecision:
    return ImportDecision.objects.create(
        import_row=owner,
        standing=wish.standing,
        at=datetime.now(UTC),
        by=wish.by,
        reason=wish.reason,
        until=wish.until,
        postings=wish.postings,
    )


def _owner_of(project: Project, name: str) -> Import:
    """Also of an import whose definition is gone, as long as the ledger knows it."""
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        client = project.load(name).definition.client
        owner, _ = Import.objects.get_or_create(name=name, defaults={"client": client})
    return owner
