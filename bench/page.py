"""The page of a comparison: Markdown, with its plot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.plot import draw
from bench.results import LARGE_SPREAD, Results, Summary, deviations, figures, processed_on_second_day
from bench.runners import FIRST, OURS, RUNNERS, SCENARIOS, SCRIPT, SECOND

_READING = """\
`python -m bench.compare` runs every runner in turns (A B C …, A B C …), pinned to the same cores, the feed in the page
cache and the disk synchronised before each run; the figures are medians, and include the start of the process.
CPU counts all processes of a run. Memory is the peak of the largest process (VmHWM, shared pages included).
What each runner does, and in whose favour each choice was made, is said in `bench/README.md`.
"""


def write_page(results: Results, page: Path) -> str:
    """Write the page and its plot; the page's text."""
    page.parent.mkdir(parents=True, exist_ok=True)
    plot = page.with_suffix(".svg")
    draw(results, plot)
    text = "\n".join(_lines(results, plot.name))
    page.write_text(text, encoding="utf-8")
    return text


def _lines(results: Results, plot: str) -> Iterable[str]:
    yield f"# Benchmarks: {thousands(results.size)} postings\n"
    yield _READING
    yield f"![Wall time and peak memory of each runner]({plot})\n"
    yield "## What the project asks of itself\n"
    yield from table(("figure", "asked", "measured"), [(one.what, one.asked, one.measured) for one in figures(results)])
    for scenario in SCENARIOS:
        yield from _scenario(results, scenario)
    yield from _start_up(results)
    yield from _remarks(results)
    yield "## Setting\n"
    yield from table(("", ""), list(results.setting.items()))


def _scenario(results: Results, scenario: str) -> Iterable[str]:
    summaries = [(runner, found) for runner in RUNNERS if (found := results.of(runner.name, scenario)) is not None]
    if not summaries:
        return
    ours, script = results.of(OURS.name, scenario), results.of(SCRIPT.name, scenario)
    yield f"## {scenario.capitalize()}\n"
    if scenario == SECOND:
        yield (
            f"95 % of the offers of both days are unchanged, 3 % changed, 1 % new, 1 % gone: "
            f"{thousands(processed_on_second_day(results.size))} to process.\n"
        )
    rows = [
        (
            runner.title,
            f"{found.wall:.2f}",
            f"{found.fastest:.2f} – {found.slowest:.2f}",
            _ratio(found.wall, ours.wall if ours else None),
            thousands(results.size / found.wall),
            f"{found.cpu / results.size * 1e6:.0f}",
            _ratio(found.cpu, script.cpu if script else None),
            f"{found.peak:.0f}",
            f"{found.all_peaks:.0f}",
        )
        for runner, found in summaries
    ]
    head = (
        *("runner", "wall s", "fastest – slowest", "× ours", "postings/s", "CPU µs a posting", "× script's CPU"),
        *("peak MB", "all processes MB"),
    )
    yield from table(head, rows)


def _start_up(results: Results) -> Iterable[str]:
    rows = [
        (runner.title, f"{found.wall:.2f}", f"{found.cpu:.2f}", f"{found.peak:.0f}")
        for runner in RUNNERS
        if (found := results.startup(runner.name)) is not None
    ]
    if rows:
        yield "## Start-up\n"
        yield "The same with a feed of ten offers; it is contained in the times above.\n"
        yield from table(("runner", "wall s", "CPU s", "peak MB"), rows)


def _remarks(results: Results) -> Iterable[str]:
    remarks = [
        f"{runner.title}, {scenario}: the rounds lie far apart, {found.fastest:.2f} to {found.slowest:.2f} s"
        for runner in RUNNERS
        for scenario in SCENARIOS
        if (found := results.of(runner.name, scenario)) is not None and _is_spread(found)
    ]
    remarks += [f"not the same work: {text}" for text in deviations(results)]
    # Why it failed may hold paths of the machine: that is printed, not published.
    remarks += [f"{runner.title} failed, and is left out" for runner in RUNNERS if runner.name in results.failures]
    if any((found := results.of(one.name, FIRST)) is not None and found.rounds < 3 for one in RUNNERS):
        remarks.append("fewer than three rounds: the figures are a hint")
    if remarks:
        yield "## Remarks\n"
        yield from (f"- {remark}" for remark in remarks)
        yield ""


def _is_spread(found: Summary) -> bool:
    # A tenth of a second is the machine's, whatever the share.
    return found.spread > LARGE_SPREAD and found.slowest - found.fastest > 0.1


def _ratio(value: float, base: float | None) -> str:
    return f"{value / base:.2f}" if base else "–"


def thousands(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """A Markdown table whose source is a table too: first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    is_text = len(head) < 4

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place == 0 or is_text else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    yield line(head)
    yield line(
        ["-" * width if place == 0 or is_text else "-" * (width - 1) + ":" for place, width in enumerate(widths)]
    )
    yield from (line(row) for row in rows)
    yield ""
