"""What was measured, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from bench.feeds import changes, new_on_second_day
from bench.runners import FIRST, OURS, SAME_BYTES, SAME_FILE, SECOND

# Beyond it, the slowest round less the fastest one, in medians, is pointed out.
LARGE_SPREAD = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one runner."""

    runner: str
    scenario: str
    round: int
    wall: float  # seconds
    cpu: float  # seconds
    peaks: list[float]  # MB, a process each, largest first
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The rounds of one runner in one scenario: medians."""

    rounds: int
    wall: float
    fastest: float
    slowest: float
    cpu: float
    peak: float  # MB, of the largest process
    all_peaks: float  # MB, of all processes together

    @property
    def spread(self) -> float:
        return (self.slowest - self.fastest) / self.wall


@dataclass(slots=True)
class Results:
    size: int
    # About the machine and the versions, for the reader.
    setting: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    startups: list[Sample] = field(default_factory=list)
    # Runner -> why it has no figures.
    failures: dict[str, str] = field(default_factory=dict)

    def of(self, runner: str, scenario: str) -> Summary | None:
        return _summary(one for one in self.samples if (one.runner, one.scenario) == (runner, scenario))

    def startup(self, runner: str) -> Summary | None:
        return _summary(one for one in self.startups if one.runner == runner)

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Results:
        raw = json.loads(file.read_text(encoding="utf-8"))
        samples = [Sample(**one) for one in raw.pop("samples")]
        startups = [Sample(**one) for one in raw.pop("startups")]
        return cls(**raw, samples=samples, startups=startups)


def _summary(samples: Iterable[Sample]) -> Summary | None:
    found = list(samples)
    if not found:
        return None
    walls = [one.wall for one in found]
    return Summary(
        rounds=len(found),
        wall=median(walls),
        fastest=min(walls),
        slowest=max(walls),
        cpu=median(one.cpu for one in found),
        peak=median(max(one.peaks, default=0.0) for one in found),
        all_peaks=median(sum(one.peaks) for one in found),
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the figures that the project asks of itself."""

    what: str
    asked: str
    measured: str


def figures(results: Results) -> list[Figure]:
    """Those that can be computed from what ran; nothing is judged here."""
    return [
        figure
        for figure in (
            _times_as_fast(results, FIRST, "script", "first import, against the engineer's script", "≥ 1.8 × as fast"),
            _times_as_fast(results, FIRST, "scrapy_feed", "first import, against Scrapy", "≥ 3 × as fast"),
            _times_as_fast(results, FIRST, "dlt_merge", "first import, against dlt", "≥ 3.5 × as fast"),
            _cpu_against_script(results),
            _times_as_fast(results, SECOND, "script", "second day, against the engineer's script", "≥ 9 × as fast"),
            _times_as_fast(
                results, SECOND, "script_by_hash", "second day, against the one that skips by hash", "≥ 1 ×"
            ),
            _against_floor(results, "wall"),
            _against_floor(results, "cpu"),
            _beyond_reading(results, SAME_FILE),
            _beyond_reading(results, SAME_BYTES),
        )
        if figure is not None
    ]


def _times_as_fast(results: Results, scenario: str, peer: str, what: str, asked: str) -> Figure | None:
    ours, theirs = results.of(OURS.name, scenario), results.of(peer, scenario)
    if ours is None or theirs is None:
        return None
    return Figure(what, asked, f"{theirs.wall / ours.wall:.2f} ×")


def _cpu_against_script(results: Results) -> Figure | None:
    ours, script = results.of(OURS.name, FIRST), results.of("script", FIRST)
    if ours is None or script is None:
        return None
    return Figure("first import, CPU a posting against the script's", "≤ 1.2 ×", f"{ours.cpu / script.cpu:.2f} ×")


def _against_floor(results: Results, measure: str) -> Figure | None:
    """The second day, in times of the floor plus what its changed and new records cost on a first import."""
    first, second, floor = (
        results.of(OURS.name, FIRST),
        results.of(OURS.name, SECOND),
        results.of("floor", SECOND),
    )
    if first is None or second is None or floor is None:
        return None
    cost = getattr(first, measure) / results.size * processed_on_second_day(results.size)
    times = getattr(second, measure) / (getattr(floor, measure) + cost)
    what = f"second day, against the floor plus the cost of the changed and new records ({measure})"
    return Figure(what, "≤ 2.5 ×", f"{times:.2f} ×")


def processed_on_second_day(size: int) -> int:
    return len(changes(size)[0]) + new_on_second_day(size)


def _beyond_reading(results: Results, scenario: str) -> Figure | None:
    ours, reading = results.of(OURS.name, scenario), results.of("read_only", scenario)
    started = results.startup("read_only")
    if ours is None or reading is None or started is None:
        return None
    # What Python needs to start is no part of reading.
    beyond = ours.wall - (reading.wall - started.wall)
    return Figure(f"{scenario}: beyond reading it", "< 1 s", f"{beyond:.2f} s")


def expected_counts(size: int, scenario: str) -> dict[str, int]:
    """What the generator knows of the account."""
    if scenario == FIRST:
        return {"read": size, "new": size, "updated": 0, "unchanged": 0, "rejected": 0, "expired": 0}
    if scenario != SECOND:
        return {}
    changed, gone = changes(size)
    new = new_on_second_day(size)
    return {
        "read": size - len(gone) + new,
        "new": new,
        "updated": len(changed),
        "unchanged": size - len(gone) - len(changed),
        "rejected": 0,
        "expired": len(gone),
    }


def deviations(results: Results) -> list[str]:
    """Where a runner's own counts are not those of the feed: then it has not done the same work."""
    found: dict[str, None] = {}
    for sample in results.samples:
        for name, count in expected_counts(results.size, sample.scenario).items():
            said = sample.counts.get(name)
            if said is not None and said != count:
                found[f"{sample.runner}, {sample.scenario}: {name} is {said}, expected {count}"] = None
    return list(found)
