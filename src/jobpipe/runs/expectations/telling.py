"""What is expected of an import's next run, figure by figure, for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jobpipe.errors import UsageError
from jobpipe.incidents.expectations.causes import kind_of
from jobpipe.incidents.expectations.counts import expected_count
from jobpipe.incidents.expectations.judging import (
    FEW_RUNS,
    LEAST_MIX_MOVED,
    LEAST_MOVED,
    RECENT,
    Usual,
    usual_of,
)
from jobpipe.incidents.expectations.measures import Mix, Share, measures_of
from jobpipe.incidents.expectations.past import Past
from jobpipe.incidents.expectations.staleness import Patience, patience_with
from jobpipe.incidents.expectations.words import mix_of, percent, range_of
from jobpipe.ledger.models import Import, Run
from jobpipe.runs.expectations.judging import changes_before, past_of

# Shares below are of no interest where nothing broke.
_SEEN = 0.005


@dataclass(frozen=True, slots=True)
class Expected:
    measure: str
    # In words.
    usual: str
    last: str
    # Of shares: what is no surprise; of others None.
    low: float | None
    high: float | None
    # The kind of incident that it broke with; "" = as expected.
    broken: str

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("measure", "usual", "last", "low", "high", "broken")}


@dataclass(frozen=True, slots=True)
class Expectations:
    name: str
    # The last run that left figures; 0 = none has.
    run: int
    # Runs that left figures; below `FEW_RUNS` nothing is expected yet.
    runs: int
    figures: list[Expected]
    changes: Patience | None

    @property
    def knows_enough(self) -> bool:
        return self.runs >= FEW_RUNS

    def as_dict(self) -> dict[str, Any]:
        seconds = {
            name: round(getattr(self.changes, name).total_seconds()) if self.changes else None
            for name in ("usual", "longest", "allowed")
        }
        figures = [one.as_dict() for one in self.figures]
        return {"import": self.name, "run": self.run, "runs": self.runs, "figures": figures, "nothing_new": seconds}


def expectations_of(name: str) -> Expectations:
    """Raises UsageError where the import has never run."""
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        raise UsageError(f"{name} has not run yet", hint=f"`jobpipe run {name}`; after some runs something is expected")
    # The next run, which has no row yet.
    next_run = Run(import_row=owner, pk=2**62, revision="")
    past, now = past_of(next_run), datetime.now(UTC)
    figures = [_count(past, now), *_measures(past, now)] if past.runs else []
    found = [one for one in figures if one is not None]
    last = past.runs[-1].run if past.runs else 0
    return Expectations(name, last, len(past.runs), found, patience_with(changes_before(next_run), now))


def _count(past: Past, now: datetime) -> Expected | None:
    last = past.runs[-1]
    expected = expected_count(past, now)
    usual = f"about {expected[0]:,.0f}, at least {expected[1]:,.0f}" if expected else "not known yet"
    low = expected[1] if expected else None
    return Expected("count", usual, f"{last.figures.read:,}", low, None, _broken("count", past))


def _measures(past: Past, now: datetime) -> list[Expected | None]:
    last = past.runs[-1]
    fields = frozenset(name for one in past.runs[-RECENT:] for name in one.figures.present)
    measured = measures_of(last.figures, fields)
    found: list[Expected | None] = []
    for name, measure in measured.items():
        normal = past.normal(name, now)
        usual = usual_of(name, measure, normal) if len(normal) >= FEW_RUNS else None
        if usual is None:
            continue
        found.append(_share(measure, usual, past) if isinstance(measure, Share) else _mix(measure, usual, past))
    return found


def _share(measure: Share, usual: Usual, past: Past) -> Expected | None:
    assert isinstance(usual.value, float)
    broken = _broken(measure.name, past)
    if not broken and max(usual.value, measure.value) < _SEEN:
        return None
    reach = max(LEAST_MOVED, 2 * usual.wobble)
    low = max(0.0, usual.value - reach) if measure.worse < 0 else 0.0
    high = min(1.0, usual.value + reach) if measure.worse > 0 else 1.0
    return Expected(
        measure.name, f"{percent(usual.value)} ({range_of(low, high)})", percent(measure.value), low, high, broken
    )


def _mix(measure: Mix, usual: Usual, past: Past) -> Expected:
    assert not isinstance(usual.value, float)
    reach = max(LEAST_MIX_MOVED, 2 * usual.wobble)
    said, last = mix_of(usual.value, measure.name), mix_of(measure.value, measure.name)
    return Expected(measure.name, f"{said} (± {percent(reach)})", last, None, None, _broken(measure.name, past))


def _broken(name: str, past: Past) -> str:
    return kind_of(name) if name in past.runs[-1].broken else ""
