"""Rules above definitions as forms give them: read, checked, tried on stored postings, saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import Http404, QueryDict

from jobpipe.definition.overrides import OverrideRule, Overrides, parse_rule
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import Import, Override, OverrideChange, OverrideScope, Run
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.overrides.deciding import RuleDecision, decide
from jobpipe.runs.overrides.layers import in_order
from jobpipe.runs.overrides.scopes import check_owner, touched_by
from jobpipe.runs.overrides.trying import Trial, try_rules, with_rule, without_rule
from jobpipe.transform.override_checks import check_rule
from jobpipe.web.label_forms import refuse_what_is_not_theirs, sees_scope
from jobpipe.web.paging import number_in
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer
from jobpipe.web.taking_effect import FEW, Settled, settle_rules

# A rule is tried on stored records of so many imports, in all on `FEW` of them.
_MOST_IMPORTS = 10
# Of a form, besides the rule: kept between looking and saving.
KEPT_FIELDS = ("for", "number", "name", "note", "do")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What a rule would do, before it is saved."""

    decision: RuleDecision
    rule: str
    # By import; and of how many records it was passed over, and why.
    trials: list[tuple[str, Trial, list[tuple[int, str]]]] = field(default_factory=list)
    # Imports of its scope that were not tried.
    others: int = 0


def rules_of(viewer: Viewer, *, client: str = "") -> list[Override]:
    """Those that may be seen, as they count; `client`: its own and those of its imports alone."""
    rows = Override.objects.filter(active=True).exclude(scope=OverrideScope.POSTING)
    if client:
        names = Import.objects.filter(client=client).values("name")
        rows = rows.filter(scope=OverrideScope.CLIENT, owner=client) | rows.filter(
            scope=OverrideScope.IMPORT, owner__in=names
        )
    elif viewer.clients is not None:
        names = Import.objects.filter(client__in=viewer.clients).values("name")
        rows = (
            rows.filter(scope=OverrideScope.GLOBAL)
            | rows.filter(scope=OverrideScope.CLIENT, owner__in=viewer.clients)
            | rows.filter(scope=OverrideScope.IMPORT, owner__in=names)
        )
    return in_order(rows)


def rule_numbered(viewer: Viewer, text: str) -> Override:
    """Raises Http404 for one that there is not, or that is not theirs."""
    rows = Override.objects.filter(active=True).exclude(scope=OverrideScope.POSTING)
    number = number_in(text)
    row = rows.filter(pk=number).first() if number is not None else None
    if row is None or not sees_scope(viewer, row.scope, row.owner):
        raise Http404
    return row


def decision_of_form(viewer: Viewer, form: QueryDict) -> RuleDecision:
    """A new rule (rule, for, name, note), or what becomes of one that is there (number, and `do`: off on remove set).

    Raises Http404 for what is not theirs, UsageError where the form says neither.
    """
    if form.get("number"):
        row = rule_numbered(viewer, form.get("number", ""))
        revision = form.get("revision", "")
        one = RuleDecision(number=row.pk, revision=int(revision) if revision.isdecimal() else row.revision)
        return _changed(one, form)
    if not form.get("for"):
        raise UsageError("the form does not say whom the rule is for", hint="load the page again")
    scope, _, owner = form.get("for", "").partition(" ")
    refuse_what_is_not_theirs(viewer, [(scope, owner)])
    rule, name, note = (form.get(name, "").strip() for name in ("rule", "name", "note"))
    return RuleDecision(scope=scope, owner=owner, rule=rule, name=name, note=note)


def _changed(one: RuleDecision, form: QueryDict) -> RuleDecision:
    act = form.get("do", "set")
    if act in ("off", "on"):
        return replace(one, enabled=act == "on")
    if act == "remove":
        return replace(one, removed=True)
    return replace(one, rule=form.get("rule", "").strip(), name=form.get("name", ""), note=form.get("note", ""))


def tried(viewer: Viewer, decision: RuleDecision) -> Tried:
    """On stored postings of the imports that it is about; nothing is written.

    Raises OverrideError with the place in the rule, UsageError where its scope is not there.
    """
    row = rule_numbered(viewer, str(decision.number)) if decision.number else None
    scope, owner = (row.scope, row.owner) if row is not None else (decision.scope, decision.owner)
    text = decision.rule if decision.rule is not None else (row.content["rule"] if row is not None else "")
    rule = parse_rule(text, number=decision.number, scope=scope, owner=owner)
    check_rule(rule)
    check_owner(workspace(), scope, owner)
    names = [definition.import_ for definition, _ in UsedTables(workspace()).within(scope, owner)]
    known = list(Import.objects.filter(name__in=names).order_by("name").values_list("name", flat=True))
    some = known[:_MOST_IMPORTS]
    trials = []
    for name in some:
        try:
            made = try_rules(workspace(), name, lambda now: _with(now, decision, rule), records=FEW // len(some))
        except DefinitionError:
            continue
        trials.append((name, made, [(count, made.why[number]) for number, count in made.faults.items()]))
    return Tried(decision=decision, rule=text, trials=trials, others=len(known) - len(some))


def _with(now: Overrides, decision: RuleDecision, rule: OverrideRule) -> Overrides:
    is_out = decision.removed or decision.enabled is False
    return without_rule(now, decision.number) if is_out else with_rule(now, rule)


@dataclass(frozen=True, slots=True)
class Saved:
    changes: int
    settled: Settled


def save(viewer: Viewer, decision: RuleDecision) -> Saved:
    """Raises as `tried` does, and StaleOverrideError where the rule was changed since it was looked at."""
    if not decision.number:
        check_owner(workspace(), decision.scope, decision.owner)
    return settle(decide(workspace(), [decision], by=viewer.name))


def settle(changes: Sequence[OverrideChange]) -> Saved:
    names = touched_by(workspace(), changes)
    return Saved(len(changes), settle_rules(names, live_of(names)))


def live_of(names: Iterable[str]) -> int:
    """Live postings of these imports, as their last runs left them."""
    last = Run.objects.filter(import_row=OuterRef("pk"), finished_at__isnull=False).order_by("-id").values("live")
    found = Import.objects.filter(name__in=list(names)).annotate(live=Subquery(last[:1]))
    return sum(live or 0 for live in found.values_list("live", flat=True))


def fault_of(error: Any) -> dict[str, Any]:
    """What is wrong with a rule, with the spot under it."""
    start, end = getattr(error, "start", 0), getattr(error, "end", 0)
    text = getattr(error, "text", "")
    spot = {"before": text[:start], "at": text[start:end] or " ", "after": text[end:]} if text else {}
    return {"message": error.message, "hint": error.hint, "place": error.place, "spot": spot}
