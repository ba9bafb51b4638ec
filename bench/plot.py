"""The plot of a comparison: wall time of both days and peak memory, a bar a runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.results import Results, Summary
from bench.runners import FIRST, RUNNERS, SECOND

_OURS, _THEIRS, _FLOOR = "#1f6feb", "#8b949e", "#d0d7de"


def draw(results: Results, file: Path) -> None:
    """Write the plot as SVG; the same results give the same file."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"
    # Words stay words, in the reader's own typeface.
    matplotlib.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(13, 3.6), sharey=True, layout="constrained")
    _bars(panels[0], results, FIRST, "first import, seconds", "wall", "{:.1f}")
    _bars(panels[1], results, SECOND, "second day, seconds", "wall", "{:.1f}")
    _bars(panels[2], results, FIRST, "first import, largest process, MB", "peak", "{:.0f}")
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def _bars(panel: Any, results: Results, scenario: str, title: str, measure: str, form: str) -> None:
    shown = [runner for runner in RUNNERS if FIRST in runner.scenarios and results.of(runner.name, FIRST)]
    panel.set_title(title, fontsize=10)
    panel.set_yticks(range(len(shown)), [runner.title for runner in shown], fontsize=9)
    panel.invert_yaxis()
    panel.tick_params(axis="x", labelsize=8)
    panel.tick_params(axis="y", length=0)
    panel.margins(x=0.15)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    for place, runner in enumerate(shown):
        found: Summary | None = results.of(runner.name, scenario)
        if found is None:
            continue
        value = getattr(found, measure)
        panel.barh(place, value, color=_colour(runner.name), height=0.65)
        panel.text(value, place, " " + form.format(value), va="center", fontsize=8)


def _colour(runner: str) -> str:
    if runner == "floor":
        return _FLOOR
    return _OURS if runner.startswith("jobpipe") else _THEIRS
