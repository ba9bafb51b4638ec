"""What is said of breaks, for a person: what it was, what it is, with the figures."""

from __future__ import annotations

from collections.abc import Mapping

from jobpipe.incidents.expectations.breaks import Break
from jobpipe.incidents.expectations.causes import Cause
from jobpipe.posting_facts import size_of_step

# Measures that a message names.
_NAMED = 6
# Values of these are digests.
_UNNAMED = ("values:category", "values:company", "values:city")
_OF_LENGTH = {
    "title": "titles",
    "description": "descriptions",
    "company": "names of companies",
    "city": "names of cities",
}


def message_of(cause: Cause) -> str:
    said = [_said(one) for one in cause.breaks if not _is_part(one, cause)][:_NAMED]
    others = sorted(one.measure.partition(":")[2] for one in cause.breaks if _is_part(one, cause))
    text = "; ".join(said)
    return f"{text}; with it {', '.join(others)}" if others else text


def percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share == 0 or share >= 0.01 else f"{share * 100:.1f} %"


def range_of(low: float, high: float) -> str:
    return percent(low) if percent(low) == percent(high) else f"{percent(low)} to {percent(high)}"


def mix_of(mix: Mapping[str, float], measure: str = "", *, most: int = 3) -> str:
    """The most frequent values of a distribution; of lengths the middle."""
    if measure.startswith("length:"):
        return _typical(mix, measure)
    if measure in _UNNAMED:
        return f"{len(mix)} values, the most frequent {percent(max(mix.values(), default=0.0))}"
    named = sorted(mix.items(), key=lambda one: (-one[1], one[0]))[:most]
    return ", ".join(f"{'others' if name == '*' else name} {percent(share)}" for name, share in named)


def _is_part(one: Break, cause: Cause) -> bool:
    """`salary.currency` goes without saying where the salary is gone."""
    root, dot, _ = one.measure.partition(".")
    return bool(dot) and any(other.measure == root for other in cause.breaks)


def _said(one: Break) -> str:
    sort, _, name = one.measure.partition(":")
    past = f"in the last {one.runs} runs" if one.runs > 1 else "in the last run"
    if sort == "count":
        return f"{one.now:,.0f} records, where about {one.before:,.0f} were expected from the last {one.runs} runs"
    if sort == "field":
        return f"{name}: {percent(one.before)} of the postings {past}, {percent(one.now)} in this one"
    if sort == "drift":
        return (
            f"{name}: {percent(one.before)} of the postings four weeks ago, {percent(one.now)} in this run, and fewer "
            "from week to week"
        )
    if sort == "unmapped":
        return (
            f"labels of {name} without a meaning: {percent(one.before)} of the postings {past}, now {percent(one.now)}"
        )
    if sort == "flaw":
        return f"{name}: {percent(one.now)} of the postings, {percent(one.before)} {past}"
    if sort == "same":
        return f"{percent(one.now)} of the postings have the same {name}, {percent(one.before)} {past}"
    before, now = one.mix_before or {}, one.mix_now or {}
    if sort == "length":
        what = _OF_LENGTH.get(name, "amounts of salaries")
        return f"{what} are usually around {_typical(before, one.measure)}, now around {_typical(now, one.measure)}"
    if one.measure in _UNNAMED:
        return f"{name}: {percent(one.now)} of the postings would have other values than usual"
    return f"{name}: {_changes(before, now)}"


def _changes(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    names = sorted({*before, *now}, key=lambda name: (-abs(now.get(name, 0.0) - before.get(name, 0.0)), name))[:3]
    return ", ".join(
        f"{'others' if name == '*' else name} {percent(before.get(name, 0.0))}, now {percent(now.get(name, 0.0))}"
        for name in names
    )


def _typical(mix: Mapping[str, float], measure: str) -> str:
    reached = 0.0
    for place in sorted(mix, key=int):
        reached += mix[place]
        if reached >= 0.5:
            size = size_of_step(int(place) * 6)
            return f"{size:,.0f}" if measure.endswith(":salary") else f"{size:,.0f} characters"
    return "nothing"
