"""Decisions over labels: taken, taken back, undone. Each is an entry of the ledger and a line of its history.

Of two people who decide over one label at the same time the last one counts, and both are in the history; who says
which revision of the entry a decision was made on is refused where it is another by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobpipe.errors import UsageError
from jobpipe.ledger.models import MappingChange, MappingEntry, Scope
from jobpipe.ledger.text import storable
from jobpipe.runs.undoing import join, made_together, standing
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.labels import MAX_LABEL, normalise_label, tidy_label
from jobpipe.taxonomy.patterns import MAX_PATTERNS, check_pattern

MAX_VALUE = 1_000
_HISTORY = "`jobpipe map history`"


class StaleDecisionError(UsageError):
    """The entry is no longer as it was when the decision was made."""

    code = "JP4003"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a label is to mean."""

    table: str
    label: str
    # A code, a value, or {"code": …, "taxonomy": …, …}; None = what the layers below say.
    value: Any
    scope: str = Scope.GLOBAL.value
    # The name of the import or client; "" = global.
    owner: str = ""
    is_pattern: bool = False
    # Of the entry that it was made on, 0 = there was none; None = whatever it is by now.
    revision: int | None = None


def decide(workspace: Workspace, decisions: Iterable[Decision], *, by: str) -> list[MappingChange]:
    """All or none of them; what changes nothing leaves no change.

    Raises UsageError for one that makes no sense, StaleDecisionError for one that was made on another revision.
    """
    sound = [sound_decision(decision) for decision in decisions]
    made: list[MappingChange] = []
    with workspace.writing():
        for decision in sound:
            entry = _entry_of(decision)
            if decision.revision is not None and decision.revision != entry.revision:
                raise _stale(entry)
            change = _change(entry, decision.value, decision.label, by=by, undoes=None)
            if change is not None:
                made.append(change)
        join(MappingChange, made)
        _check_patterns(sound)
    return made


def undo(workspace: Workspace, number: int | None, *, by: str) -> list[MappingChange]:
    """Take back a change, with those that were made together with it; None = the last one that still stands.

    Raises UsageError where there is none, StaleDecisionError where one of the labels was decided over again since.
    """
    with workspace.writing():
        changes = made_together(MappingChange.objects.all(), number, _HISTORY)
        made = []
        for change in reversed(changes):
            entry = MappingEntry.objects.select_for_update().get(pk=change.entry_id)
            if change.pk not in (entry.revision, standing(entry)):
                raise StaleDecisionError(
                    f"{entry.label!r} in {entry.table} was changed again by change {entry.revision}",
                    hint=f"jobpipe map undo {entry.revision}, then this one; or set it anew",
                )
            back = _change(entry, change.before, change.label_before or change.label, by=by, undoes=change)
            if back is not None:
                made.append(back)
        join(MappingChange, made)
    return made


def history(*, table: str = "", label: str = "", limit: int = 50) -> Sequence[MappingChange]:
    """The newest first."""
    found = MappingChange.objects.select_related("entry").order_by("-id")
    if table:
        found = found.filter(entry__table=table)
    if label:
        found = found.filter(entry__normalised__in=(normalise_label(label), label))
    return list(found[:limit])


def decision_of(change: MappingChange) -> Decision:
    """What a change says, for whoever it is about."""
    entry = change.entry
    return Decision(
        table=entry.table,
        label=change.label,
        value=change.after,
        scope=entry.scope,
        owner=entry.owner,
        is_pattern=entry.is_pattern,
    )


Identity = tuple[str, str, str, bool, str]


def identity_of(entry: MappingEntry) -> Identity:
    """What there is one entry of."""
    return entry.table, entry.scope, entry.owner, entry.is_pattern, entry.normalised


def take(entries: dict[Identity, MappingEntry], decision: Decision) -> None:
    """What `decide` would make of the entries, without the ledger; `decision` is one of `sound_decision`."""
    fresh = MappingEntry(
        table=decision.table,
        scope=decision.scope,
        owner=decision.owner,
        is_pattern=decision.is_pattern,
        normalised=_normalised(decision),
        label=decision.label,
    )
    entry = entries.setdefault(identity_of(fresh), fresh)
    entry.active = decision.value is not None
    if decision.value is not None:
        entry.value, entry.label = decision.value, decision.label


def _normalised(decision: Decision) -> str:
    return (decision.label if decision.is_pattern else normalise_label(decision.label))[:MAX_LABEL]


def sound_decision(decision: Decision) -> Decision:
    """As it is kept. Raises UsageError for one that makes no sense."""
    label = storable(decision.label.strip() if decision.is_pattern else tidy_label(decision.label))
    if not label:
        raise UsageError("an empty label", hint="a label is a source's word")
    if decision.is_pattern and decision.value is not None:
        check_pattern(label)
    value = _sound_value(decision.value, label)
    return Decision(
        table=decision.table,
        label=label,
        value=value,
        scope=decision.scope,
        owner="" if decision.scope == Scope.GLOBAL else decision.owner,
        is_pattern=decision.is_pattern,
        revision=decision.revision,
    )


def _sound_value(value: Any, label: str) -> Any:
    if isinstance(value, dict):
        value = {storable(str(name)): storable(str(said)) for name, said in value.items() if said not in (None, "")}
        if not value.get("code"):
            raise UsageError(f"no code for {label!r}", hint="a label is mapped to a code or a value")
        value = value["code"] if len(value) == 1 else value
    if isinstance(value, str):
        value = storable(value.strip())
        if not value:
            raise UsageError(f"no code for {label!r}", hint="`jobpipe map remove` takes a decision back")
    if len(str(value)) > MAX_VALUE:
        raise UsageError(f"what {label!r} is mapped to has more than {MAX_VALUE:,} characters")
    return value


def _entry_of(decision: Decision) -> MappingEntry:
    """The row of its label, made where there is none yet, with the revision 0."""
    entry, _ = MappingEntry.objects.select_for_update().get_or_create(
        table=decision.table,
        scope=decision.scope,
        owner=decision.owner,
        is_pattern=decision.is_pattern,
        normalised=_normalised(decision),
        defaults={
            "label": decision.label,
            "value": decision.value if decision.value is not None else "",
            "active": False,
            "revision": 0,
            "changed_at": datetime.now(UTC),
        },
    )
    return entry


def _change(
    entry: MappingEntry, value: Any, label: str, *, by: str, undoes: MappingChange | None
) -> MappingChange | None:
    before = entry.value if entry.active else None
    if before == value and (value is None or entry.label == label):
        return None
    now = datetime.now(UTC)
    change = MappingChange.objects.create(
        entry=entry,
        together=0,
        before=before,
        after=value,
        label_before=entry.label if entry.revision else "",
        label=label,
        undoes=undoes,
        at=now,
        by=by[:200],
    )
    entry.active = value is not None
    if value is not None:
        entry.value, entry.label = value, label
    entry.revision, entry.changed_at, entry.changed_by = change.pk, now, by[:200]
    entry.save()
    return change


def _check_patterns(decisions: Iterable[Decision]) -> None:
    for table, scope, owner in {(one.table, one.scope, one.owner) for one in decisions if one.is_pattern}:
        there = MappingEntry.objects.filter(table=table, scope=scope, owner=owner, is_pattern=True, active=True)
        if there.count() > MAX_PATTERNS:
            raise UsageError(f"{table} would have more than {MAX_PATTERNS} patterns", hint="map the labels themselves")


def _stale(entry: MappingEntry) -> StaleDecisionError:
    now = f"{entry.value!r}" if entry.active else "nothing"
    return StaleDecisionError(
        f"{entry.label!r} in {entry.table} was changed meanwhile: revision {entry.revision}, {now}",
        hint="look at it again, and decide on that revision",
    )
