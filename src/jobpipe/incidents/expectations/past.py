"""The past of an import, as its next run is judged by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from jobpipe.incidents.expectations.figures import Figures
from jobpipe.incidents.expectations.measures import Measure

# What has been so for so long, in so many runs, is how it is now, whatever it was before.
NEW_NORMAL_AFTER = timedelta(days=28)
NEW_NORMAL_RUNS = 10
# So often broken and come back is how an import lives.
FLAPPED = 2
# Measures that say what rules and mappings make of a source, rather than what the source has.
OURS = ("values:", "length:")


@dataclass(kw_only=True)
class PastFigures:
    """One run that left figures."""

    run: int
    at: datetime
    read: Callable[[], Figures] = field(repr=False)
    # Names of the measures that broke with what was expected of it.
    broken: frozenset[str] = frozenset()
    # A person said of its incidents, or of the run itself, that this is how it is now: these measures, "*" = all.
    accepted: frozenset[str] = frozenset()
    # The definition, or what labels mean, was changed before it.
    own_change: bool = False
    # As they were asked for first.
    measures: dict[str, Measure] | None = field(default=None, repr=False)

    @cached_property
    def figures(self) -> Figures:
        return self.read()


class Past:
    """The oldest first."""

    def __init__(self, runs: Iterable[PastFigures]) -> None:
        self.runs: Sequence[PastFigures] = sorted(runs, key=lambda one: one.run)

    def normal(self, name: str, at: datetime) -> list[PastFigures]:
        """The runs from which is learned what is usual of a measure, the oldest first.

        Where it broke, and nobody said that it is how it is now, nothing is learned; what a person accepted, or what
        lasts for four weeks, is where learning begins anew.
        """
        learned: list[PastFigures] = []
        broken: list[PastFigures] = []
        for one in self.runs:
            if one.own_change and name.startswith(OURS):
                learned, broken = [], []
            if name in one.broken:
                broken.append(one)
            else:
                # Once it is how it is now, it stays so.
                learned = [*(broken if _is_new_normal(broken, one.at) else learned), one]
                broken = []
            if one.accepted & {name, "*"}:
                learned, broken = broken or [one], []
        return broken if _is_new_normal(broken, at) else learned

    def lived(self, name: str, at: datetime) -> list[PastFigures]:
        """The runs that say how much a measure wobbles: what broke again and again, and came back, is its way."""
        normal = self.normal(name, at)
        if not normal:
            return []
        inside = range(normal[0].run, normal[-1].run + 1)
        lived = [one for one in self.runs if one.run in inside]
        healed = sum(name in one.broken and name not in after.broken for one, after in pairwise(lived))
        return lived if healed >= FLAPPED else normal

    def is_broken(self, name: str, at: datetime) -> bool:
        """Whether it was broken in the last run, and that is not how it is by now."""
        if not self.runs or name not in self.runs[-1].broken or self.runs[-1].accepted & {name, "*"}:
            return False
        return self.runs[-1] not in self.normal(name, at)


def _is_new_normal(broken: Sequence[PastFigures], at: datetime) -> bool:
    return len(broken) >= NEW_NORMAL_RUNS and at - broken[0].at >= NEW_NORMAL_AFTER
