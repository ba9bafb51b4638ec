"""Which column gets which role: the surest first, and no column twice where the roles do not go together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jobpipe.drafting.draft import ENOUGH
from jobpipe.drafting.names import group_of
from jobpipe.drafting.recognising import (
    addresses,
    companies,
    contracts,
    dates,
    descriptions,
    labels,
    places,
    references,
    salaries,
    titles,
)
from jobpipe.drafting.recognising.recogniser import Finding, Recogniser, Survey, Told, weigh

RECOGNISERS: tuple[Recogniser, ...] = (
    *references.RECOGNISERS,
    *titles.RECOGNISERS,
    *addresses.RECOGNISERS,
    *companies.RECOGNISERS,
    *descriptions.RECOGNISERS,
    *places.RECOGNISERS,
    *contracts.RECOGNISERS,
    *salaries.RECOGNISERS,
    *dates.RECOGNISERS,
    *labels.RECOGNISERS,
)
_BY_ROLE = {one.role: one for one in RECOGNISERS}
# Below these odds a column is not even a runner-up.
_LEAST = -2.5
# Roles that take several columns.
_SEVERAL = frozenset({"description.more", "category"})
# A second column that fits nearly as well makes the first less sure.
_CLOSE, _DOUBT = 0.35, 0.5
_RUNNERS_UP = 4
# Columns that lie within the text of another.
_WITHIN = frozenset({"line", "split"})


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a role got; `others`: what else fits, the likeliest first."""

    findings: list[Finding]
    others: list[Finding]

    @property
    def best(self) -> Finding:
        return self.findings[0]


def compete(survey: Survey, told: Told | None = None) -> dict[str, Assigned]:
    """By role. `told`: what is known of a column besides, from a dialect or the project's own definitions."""
    findings = sorted(
        (
            found
            for one in RECOGNISERS
            for column in survey.columns
            if (found := weigh(one, column, survey, told(one.role, column) if told else None)) is not None
            and found.odds > _LEAST
        ),
        key=lambda found: (-found.odds, found.column.place),
    )
    findings = _without_needless_lines(findings)
    assigned: dict[str, Assigned] = {}
    taken: dict[int, list[str]] = {}
    for found in findings:
        holders = taken.get(id(found.column), [])
        shares = _BY_ROLE[found.role].shares_with
        here = assigned.get(found.role)
        is_held = any(holder not in shares for holder in holders)
        if here is not None and (is_held or found.role not in _SEVERAL):
            here.others.append(found)
            continue
        if is_held:
            continue
        if here is None:
            assigned[found.role] = Assigned([found], [])
        else:
            here.findings.append(found)
        taken.setdefault(id(found.column), []).append(found.role)
    return {role: _doubted(one) for role, one in assigned.items()}


def sure_parts(assigned: dict[str, Assigned], group: str) -> dict[str, Finding]:
    """Of a group of roles (locations, salary) the parts that are sure enough, by their names."""
    return {
        role.partition(".")[2]: one.best
        for role, one in assigned.items()
        if role.startswith(f"{group}.") and one.best.confidence >= ENOUGH
    }


def _without_needless_lines(findings: list[Finding]) -> list[Finding]:
    """A labelled line of a text counts only where no column of its own says anything of the group."""
    told = {group_of(one.role) for one in findings if one.column.origin not in _WITHIN and one.confidence >= ENOUGH}
    if {"company", "locations"} <= told:
        return [one for one in findings if one.column.origin not in _WITHIN]
    return [one for one in findings if one.column.origin not in _WITHIN or group_of(one.role) not in told]


def _doubted(one: Assigned) -> Assigned:
    best = one.best
    rivals = [
        other for other in one.others if other.odds > best.odds - _CLOSE and other.column.firsts != best.column.firsts
    ]
    if rivals and best.role != "description.more":
        best = replace(best, odds=best.odds - _DOUBT, reason=f"{best.reason}; {rivals[0].column.path} is close")
    return Assigned([best, *one.findings[1:]], one.others[:_RUNNERS_UP])
