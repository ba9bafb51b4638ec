"""Decisions over overrides: saved, taken back, undone, rolled back. Each is an entry of the ledger and its history.

Of two people who change one rule at the same time the last one counts, and both are in the history; who says which
revision of the entry a decision was made on is refused where it is another by now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jobpipe.definition.overrides import MAX_RULES, OverrideError, parse_rule
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Override, OverrideChange, OverrideScope
from jobpipe.ledger.text import storable
from jobpipe.runs.overrides.layers import today
from jobpipe.runs.undoing import join, made_together, standing
from jobpipe.runs.workspace import Workspace
from jobpipe.transform.keys import MAX_KEY_CHARACTERS
from jobpipe.transform.override_checks import check_rule

MAX_NAME = 200
MAX_NOTE = 2_000
# Of a decision over a posting.
MAX_REASON = 500
# Active ones of one import.
MAX_POSTINGS = 10_000
RULES = "`jobpipe override history`"
POSTINGS = "`jobpipe posting history`"
# Its import, and its key.
Posting = tuple[str, str]


class StaleOverrideError(UsageError):
    """The entry is no longer as it was when the decision was made."""

    code = "JP4003"


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleDecision:
    """What is to become of one rule; None = as it is."""

    # 0 = a new one.
    number: int = 0
    # Of a new one.
    scope: str = OverrideScope.GLOBAL.value
    owner: str = ""
    rule: str | None = None
    name: str | None = None
    note: str | None = None
    enabled: bool | None = None
    # The rule of the same scope that it is to come before; 0 = it becomes the last one.
    before: int | None = None
    removed: bool = False
    # Of the entry that it was made on; None = whatever it is by now.
    revision: int | None = None


def decide(workspace: Workspace, decisions: Iterable[RuleDecision], *, by: str) -> list[OverrideChange]:
    """All or none of them; what changes nothing leaves no change.

    Raises OverrideError for a rule that is not valid, UsageError for one that is not there, StaleOverrideError for a
    decision that was made on another revision.
    """
    sound = [_sound(decision) for decision in decisions]
    with workspace.writing():
        made = [change for decision in sound if (change := _decide_one(decision, by)) is not None]
        join(OverrideChange, made)
        _check_numbers(made)
    return made


def decide_posting(
    workspace: Workspace, owner: str, key: str, content: dict[str, Any] | None, *, by: str
) -> OverrideChange | None:
    """What counts for one posting of an import; None = nothing any more. None where that changes nothing."""
    made = decide_postings(workspace, [(owner, key)], lambda posting, before: content or {}, by=by)
    return made[0] if made else None


def decide_postings(
    workspace: Workspace,
    postings: Iterable[Posting],
    changed: Callable[[Posting, dict[str, Any]], dict[str, Any]],
    *,
    by: str,
) -> list[OverrideChange]:
    """What was decided of these becomes what `changed` makes of it, {} = nothing any more; all together."""
    with workspace.writing():
        made: list[OverrideChange] = []
        now = datetime.now(UTC)
        for owner, key in postings:
            entry, _ = Override.objects.select_for_update().get_or_create(
                scope=OverrideScope.POSTING, owner=owner, key=_sound_key(key), defaults={"changed_at": now}
            )
            content = changed((owner, key), dict(entry.content) if entry.active else {})
            change = _change(entry, content or None, by=by, undoes=None)
            if change is not None:
                made.append(change)
        join(OverrideChange, made)
        _check_numbers(made)
    return made


def limits(until: str, reason: str) -> dict[str, str]:
    """Of a decision over a posting: its last day (ISO, UTC; "" = until it is taken back), and why.

    Raises UsageError for a day that is over or none, and for a reason that is too long.
    """
    if until:
        try:
            until = date.fromisoformat(until).isoformat()
        except ValueError as error:
            raise UsageError(f"{until!r} is no day", hint="such as 2031-05-01") from error
        if until < today():
            raise UsageError(f"{until} is over: today is {today()} (UTC)", hint="taking it back ends it at once")
    if len(reason) > MAX_REASON:
        raise UsageError(f"a reason has at most {MAX_REASON} characters")
    return {"until": until, "reason": storable(reason)}


def correct(
    workspace: Workspace, postings: Iterable[Posting], values: dict[str, Any], limited: dict[str, str], *, by: str
) -> list[OverrideChange]:
    """These values (`runs.finding_postings.read_values`) beside those that were set before; `limited`: of `limits`."""

    def changed(posting: Posting, before: dict[str, Any]) -> dict[str, Any]:
        old = before.get("override", {}).get("values", {})
        return before | {"override": {"values": {**old, **values}, **limited}}

    return decide_postings(workspace, postings, changed, by=by)


def _sound_key(key: str) -> str:
    if not key or len(key) > MAX_KEY_CHARACTERS:
        raise UsageError(f"a key has 1 to {MAX_KEY_CHARACTERS} characters", hint="`jobpipe postings NAME` lists them")
    return storable(key)


def undo(workspace: Workspace, number: int | None, *, by: str, postings: bool = False) -> list[OverrideChange]:
    """Take back a change, with those that were made together with it; None = the last one that still stands.

    `postings`: of those over single postings, else of those over rules.  Raises UsageError where there is none,
    StaleOverrideError where one of the entries was changed again since.
    """
    hint = POSTINGS if postings else RULES
    with workspace.writing():
        made: list[OverrideChange] = []
        for change in reversed(made_together(_changes(postings=postings), number, hint)):
            entry = Override.objects.select_for_update().get(pk=change.entry_id)
            if change.pk not in (entry.revision, standing(entry)):
                raise StaleOverrideError(
                    f"#{entry.pk} was changed again by change {entry.revision}", hint="undo that one first"
                )
            back = _change(entry, change.before, by=by, undoes=change)
            if back is not None:
                made.append(back)
        join(OverrideChange, made)
    return made


def roll_back(workspace: Workspace, to: int, *, by: str) -> list[OverrideChange]:
    """Make all rules what they were right after change `to`; 0 = before the first. Raises UsageError."""
    changes = _changes(postings=False)
    if to and not changes.filter(pk=to).exists():
        raise UsageError(f"there is no change {to}", hint=f"{RULES} lists them")
    last = OverrideChange.objects.filter(together=changes.get(pk=to).together).order_by("-id")[0].pk if to else 0
    with workspace.writing():
        made: list[OverrideChange] = []
        later = changes.filter(pk__gt=last).values_list("entry_id", flat=True)
        for entry in Override.objects.select_for_update().filter(pk__in=set(later)).order_by("id"):
            then = entry.changes.filter(pk__lte=last).order_by("-id").first()
            back = _change(entry, then.after if then is not None else None, by=by, undoes=None)
            if back is not None:
                made.append(back)
        join(OverrideChange, made)
    return made


def history(*, postings: bool = False, number: int = 0, key: str = "", limit: int = 50) -> Sequence[OverrideChange]:
    """The newest first; of one entry where its number or key is given."""
    found = _changes(postings=postings).select_related("entry").order_by("-id")
    if number:
        found = found.filter(entry_id=number)
    if key:
        found = found.filter(entry__key=key)
    return list(found[:limit])


def rules_of_scope(scope: str, owner: str) -> list[Override]:
    """Those that are not removed, in their order."""
    rows = Override.objects.filter(scope=scope, owner=owner, active=True)
    return sorted(rows, key=lambda row: (row.content.get("position", 0), row.pk))


def _changes(*, postings: bool) -> Any:
    found = OverrideChange.objects.all()
    is_posting = {"entry__scope": OverrideScope.POSTING}
    return found.filter(**is_posting) if postings else found.exclude(**is_posting)


def _sound(decision: RuleDecision) -> RuleDecision:
    if decision.rule is not None:
        check_rule(parse_rule(storable(decision.rule)))
    for what, said, most in (("name", decision.name, MAX_NAME), ("note", decision.note, MAX_NOTE)):
        if said is not None and len(said) > most:
            raise UsageError(f"a {what} of {len(said):,} characters; the limit is {most:,}")
    return decision


def _decide_one(decision: RuleDecision, by: str) -> OverrideChange | None:
    entry = _entry_of(decision)
    if decision.revision is not None and decision.revision != entry.revision:
        raise StaleOverrideError(
            f"rule #{entry.pk} was changed meanwhile: revision {entry.revision}", hint="look at it again"
        )
    if decision.removed:
        return _change(entry, None, by=by, undoes=None)
    content = dict(entry.content) if entry.active else {"enabled": True}
    for name, said in (("rule", decision.rule), ("name", decision.name), ("note", decision.note)):
        if said is not None:
            content[name] = storable(said.strip())
    if decision.enabled is not None:
        content["enabled"] = decision.enabled
    if decision.before is not None or "position" not in content:
        content["position"] = _position(entry, decision.before or 0)
    return _change(entry, {name: said for name, said in content.items() if said != ""}, by=by, undoes=None)


def _entry_of(decision: RuleDecision) -> Override:
    if decision.number:
        entry = Override.objects.select_for_update().exclude(scope=OverrideScope.POSTING).filter(pk=decision.number)
        found = entry.first()
        if found is None or not found.active:
            raise UsageError(f"there is no rule #{decision.number}", hint="`jobpipe override list` lists them")
        return found
    if decision.rule is None:
        raise UsageError("a new rule needs its text")
    return Override.objects.create(
        scope=decision.scope,
        owner="" if decision.scope == OverrideScope.GLOBAL else storable(decision.owner),
        changed_at=datetime.now(UTC),
    )


def _position(entry: Override, before: int) -> float:
    """Between the rule with the number `before` and the one that comes before it; 0 = after all others."""
    others = [row for row in rules_of_scope(entry.scope, entry.owner) if row.pk != entry.pk]
    places = [float(row.content.get("position", 0)) for row in others]
    if not before:
        return max(places, default=0.0) + 1
    at = next((place for place, row in enumerate(others) if row.pk == before), None)
    if at is None:
        where = f"{entry.scope} {entry.owner}".strip()
        raise UsageError(f"there is no rule #{before} of {where}", hint="a rule has its place among those of its scope")
    return (places[at] + (places[at - 1] if at else places[at] - 2)) / 2


def _change(
    entry: Override, content: dict[str, Any] | None, *, by: str, undoes: OverrideChange | None
) -> OverrideChange | None:
    before = entry.content if entry.active else None
    if before == content:
        return None
    now = datetime.now(UTC)
    change = OverrideChange.objects.create(
        entry=entry, together=0, before=before, after=content, undoes=undoes, at=now, by=by[:200]
    )
    entry.active = content is not None
    if content is not None:
        entry.content = content
    entry.revision, entry.changed_at, entry.changed_by = change.pk, now, by[:200]
    entry.save(update_fields=["active", "content", "revision", "changed_at", "changed_by"])
    return change


def _check_numbers(made: Iterable[OverrideChange]) -> None:
    for scope, owner in {(change.entry.scope, change.entry.owner) for change in made}:
        most = MAX_POSTINGS if scope == OverrideScope.POSTING else MAX_RULES
        if Override.objects.filter(scope=scope, owner=owner, active=True).count() > most:
            raise UsageError(f"{scope} {owner} would have more than {most:,} overrides")


__all__ = [
    "OverrideError",
    "RuleDecision",
    "StaleOverrideError",
    "decide",
    "decide_posting",
    "decide_postings",
    "history",
    "roll_back",
    "rules_of_scope",
    "undo",
]
