"""A draft for a terminal: each choice with its confidence, its reason and samples; what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobpipe.cli.preview_table import visible
from jobpipe.drafting.draft import CERTAIN

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from jobpipe.drafting.draft import Choice, Draft


def print_draft(draft: Draft) -> None:
    from rich.text import Text

    from jobpipe.cli.printing import console

    out = console()
    out.print(_heading(draft), soft_wrap=False)
    if draft.choices:
        out.print(_table(draft, out.width))
    for notice in draft.notices:
        out.print(Text(f"note: {notice}", style="yellow"), soft_wrap=False)
    for question in draft.questions:
        out.print(Text(f"open: {question.about}: {question.text}", style="yellow"), soft_wrap=False)


def _heading(draft: Draft) -> str:
    source = draft.source
    parts = [source.format, source.compression, source.encoding]
    if source.record and source.kind != "connector":
        parts.append(f"records at {source.record}")
    if source.dialect:
        parts.append(f"known as {source.dialect}")
    looked = f"{draft.looked_at:,} looked at" if draft.looked_at else ""
    said = ", ".join(part for part in (*parts, looked) if part)
    return f"{source.kind}: {said}" if said else source.kind


def _table(draft: Draft, width: int) -> Table:
    from rich import box
    from rich.table import Table

    from jobpipe.cli.printing import plain_text

    names = max(len(one.field) for one in draft.choices)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", width=min(width, 140))
    table.add_column("field", width=names, no_wrap=True)
    table.add_column("sure", width=4, justify="right", no_wrap=True)
    table.add_column("from, and why", ratio=5, overflow="fold")
    table.add_column("such as", ratio=4, overflow="fold")
    for one in draft.choices:
        table.add_row(plain_text(one.field), _sure(one), _why(one), plain_text(_samples(one)))
    return table


def _sure(one: Choice) -> Text:
    from rich.text import Text

    style = "green" if one.confidence >= CERTAIN else "yellow" if one.is_enough else "red"
    return Text(f"{one.confidence:.0%}", style=style)


def _why(one: Choice) -> Text:
    from rich.text import Text

    text = Text(", ".join(one.paths) or "the same for all", style="cyan")
    text.append(f"\n{visible(one.reason)}", style="dim")
    if not one.is_enough:
        text.append("\nleft out", style="red")
    if one.confidence < CERTAIN and one.runners_up:
        text.append(f"\nor {', '.join(other.path for other in one.runners_up[:2])}", style="dim")
    return text


def _samples(one: Choice) -> str:
    shown = [visible(text) for text in one.samples[:2]]
    return "\n".join(text if len(text) <= 44 else f"{text[:43]}…" for text in shown)
