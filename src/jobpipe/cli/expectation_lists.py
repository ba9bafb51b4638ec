"""How expectations look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from jobpipe.cli.printing import console, plain_text

if TYPE_CHECKING:
    from datetime import timedelta

    from jobpipe.runs.expectations.telling import Expectations

_SORTS = {
    "count": "records",
    "field": "postings that have",
    "flaw": "postings with",
    "same": "postings with the same",
    "unmapped": "labels without a meaning,",
    "values": "values of",
    "length": "length of",
}


def print_expectations(found: Expectations) -> None:
    out = console()
    if not found.knows_enough:
        runs = "1 run" if found.runs == 1 else f"{found.runs} runs"
        out.print(plain_text(f"{found.name}: nothing is expected yet; {runs} left figures, three are needed"))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("figure", "usual, and no surprise", f"run {found.run}", ""):
        table.add_column(head)
    for one in found.figures:
        style = "red" if one.broken else ""
        table.add_row(
            _name(one.measure), plain_text(one.usual), Text(one.last, style=style), Text(one.broken, style="bold red")
        )
    out.print(table)
    if (changes := found.changes) is not None:
        said = f"something new comes every {_span(changes.usual)}; after {_span(changes.allowed)} without it is late"
        out.print(plain_text(said))


def _name(measure: str) -> str:
    sort, _, name = measure.partition(":")
    return f"{_SORTS[sort]} {name}".strip()


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return (
        f"{hours * 60:.0f} minutes" if hours < 1.5 else f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
    )
