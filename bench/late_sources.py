"""Sources that are late or stop, by the moments at which runs found something new."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from bench.import_histories import BEGIN
from bench.page import table
from jobpipe.incidents.expectations.staleness import is_stale

IMPORTS, DAYS, LEARNED = 60, 120, 30
FIRST_SEED = 8_000_000

# Hours from the beginning at which a source brings something, of all of its days.
Comes = Callable[[random.Random], list[float]]


def _daily(rng: random.Random) -> list[float]:
    return [24 * day + rng.uniform(5, 7) for day in range(DAYS)]


def _several(rng: random.Random) -> list[float]:
    return [24 * day + hour + rng.uniform(-0.5, 0.5) for day in range(DAYS) for hour in (6, 10, 14, 18)]


def _working_days(rng: random.Random) -> list[float]:
    return [24 * day + rng.uniform(5, 9) for day in range(DAYS) if day % 7 < 5 and rng.random() > 0.04]


def _now_and_then(rng: random.Random) -> list[float]:
    found, hours = [], 0.0
    while hours < 24 * DAYS:
        hours += rng.expovariate(1 / 60)
        found.append(hours)
    return found


KINDS: dict[str, tuple[Comes, float]] = {
    "once a day, 12 hours late": (_daily, 36),
    "four times a day, 12 hours late": (_several, 24),
    "on working days, stopped for ten days": (_working_days, 240),
    "now and then, stopped for 40 days": (_now_and_then, 960),
}


def page_of_late_sources() -> list[str]:
    """Runs every hour; `silence`: hours without anything new that are to be told before they end."""
    rows = []
    for name, (comes, silence) in KINDS.items():
        false = found = 0
        for seed in range(IMPORTS):
            hours = sorted(comes(random.Random(FIRST_SEED + seed)))
            false += _false_alarms(hours)
            found += _is_found(hours, silence)
        months = IMPORTS * (DAYS - LEARNED) / 30
        rows.append([name, str(IMPORTS), f"{found / IMPORTS:.0%}", str(false), f"{false / months:.3f}"])
    heads = ["source", "imports", "found", "false alarms", "an import and month"]
    return ["Sources that are late or stop, looked at every hour:", "", *table(heads, rows), ""]


def _false_alarms(hours: list[float]) -> int:
    moments = [_moment(hour) for hour in hours]
    alarms = 0
    for place in range(len(moments) - 1):
        if hours[place] > 24 * LEARNED:
            # The last look before the next change.
            alarms += is_stale(moments[max(0, place - 60) : place + 1], moments[place + 1] - timedelta(minutes=1))
    return alarms


def _is_found(hours: list[float], silence: float) -> bool:
    moments = [_moment(hour) for hour in hours if hour < 24 * (DAYS - 20)]
    return is_stale(moments[-60:], moments[-1] + timedelta(hours=silence))


def _moment(hour: float) -> datetime:
    return BEGIN.replace(hour=0) + timedelta(hours=hour)
