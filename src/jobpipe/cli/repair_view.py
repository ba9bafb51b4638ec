"""How the proposal of a repair looks in a terminal: each edit with its reasons, the patch, its effect, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from jobpipe.drafting.repairing.proposal import Edit, Proposal
    from jobpipe.runs.repairs.proposing import Proposed

_MARGIN = 9


def print_proposal(
    name: str,
    proposed: Proposed,
    patch: str,
    plan: dict[str, Any] | None,
    *,
    is_written: bool,
    with_unsure: bool,
) -> None:
    from jobpipe.cli.printing import console

    out, proposal = console(), proposed.proposal
    _print(out, name, "bold", _headline(proposal, proposed.source))
    for notice in proposal.notices:
        _print(out, "note", "yellow", notice)
    for edit in proposal.edits:
        _print_edit(out, edit)
    for lost in proposal.lost:
        _print(out, "lost", "red", f"{lost.name}: {lost.has:,} of {lost.had:,} that had it have it; {lost.why}")
    if patch:
        out.print()
        _print_patch(out, patch)
    if patch:
        out.print()
        _print(out, "effect", "dim", _effect(proposal, with_unsure=with_unsure))
        if plan is not None:
            _print(out, f"plan {plan['plan']}", "cyan", f"of the next run: {_planned(plan)}")
    for line in _next(name, proposal, patch, plan, is_written=is_written, with_unsure=with_unsure):
        _print(out, "next", "dim", line)


def _print(out: Console, word: str, style: str, text: str) -> None:
    """A word in the margin, and text beside it that is broken to fit."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    if len(word) >= _MARGIN:
        out.print(Text(word, style=style))
        out.print(Padding(Text(text), (0, 0, 0, _MARGIN)), soft_wrap=False)
        return
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=_MARGIN - 1, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_row(Text(word, style=style), Text(text))
    out.print(table, soft_wrap=False)


def _headline(proposal: Proposal, source: str) -> str:
    read = f"read {source}: {proposal.new_records:,} records"
    if not proposal.is_needed:
        return f"nothing to repair ({read})"
    return f"{read}, {proposal.paired:,} of them known from before"


def _print_edit(out: Console, edit: Edit) -> None:
    word, style = ("sure", "green") if edit.is_sure else ("unsure", "yellow")
    _print(out, word, style, f"{edit.name}: {edit.what}  ({edit.confidence:.0%})")
    for reason in edit.reasons:
        _print(out, "", "", reason)
    for doubt in edit.doubts:
        _print(out, "", "", f"but {doubt}")


def _print_patch(out: Console, patch: str) -> None:
    from rich.text import Text

    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in patch.splitlines():
        style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        out.print(Text(line, style=style), soft_wrap=True)


def _effect(proposal: Proposal, *, with_unsure: bool) -> str:
    which = 2 if with_unsure else 1
    made = f"{proposal.postings[0]:,} of {proposal.paired:,} records looked at give a posting; "
    with_it = f"with the edit {proposal.postings[which]:,}, of which {proposal.as_before[which]:,} are as they were"
    return f"{made}{with_it} ({proposal.as_before[0]:,} without it)"


def _planned(plan: dict[str, Any]) -> str:
    account = plan.get("account", {})
    parts = [f"{count:,} {word}" for word, count in account.items() if word != "read" and count]
    return f"read {account.get('read', 0):,} = {' + '.join(parts) or '0'}"


def _next(
    name: str,
    proposal: Proposal,
    patch: str,
    plan: dict[str, Any] | None,
    *,
    is_written: bool,
    with_unsure: bool,
) -> Iterator[str]:
    if is_written:
        yield f"imports/{name}.yaml is written: jobpipe run {name}"
    elif patch:
        apply = f"jobpipe apply {plan['plan']}   or  " if plan is not None else ""
        yield f"{apply}jobpipe repair {name} --write{' --unsure' if with_unsure else ''}"
    if proposal.unsure and not with_unsure:
        yield f"look at what is unsure: jobpipe repair {name} --unsure shows its patch"
