"""How runs look in a terminal; JSON for scripts, always one document on stdout."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from rich.console import Console

    from jobpipe.runs.report import RunReport

STATE_STYLES = {
    "succeeded": "green",
    "held": "yellow",
    "partial": "yellow",
    "failed": "red",
    "skipped": "yellow",
    "running": "cyan",
    "cancelled": "dim",
}


# Named at the end of a run.
MAX_INCIDENTS = 10


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def plain_table() -> Any:
    """Names in a first column that never breaks, without lines; add what further columns there are."""
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    return table


def print_rows(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    nothing: str = "",
    wraps: bool = False,
    whole: Collection[str] = (),
) -> None:
    """Cells as they are, below dim headings; `nothing` is said on stderr where there is no row.

    `wraps`: cells are broken to fit the terminal, but those below the headings of `whole`.
    """
    import click
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold" if wraps else "ellipsis", no_wrap=heading in whole)
    for row in rows:
        table.add_row(*map(plain_text, row))
    if nothing and not table.row_count:
        click.echo(nothing, err=True)
    else:
        console().print(table, soft_wrap=False if wraps else None)


def plain_text(text: str) -> Any:
    """For a table: brackets in it are no markup."""
    from rich.text import Text

    return Text(text)


def print_json(document: Any) -> None:
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.write(text.decode() + "\n")


def print_account(report: RunReport) -> None:
    """The account of one run, in lines that add up."""
    from rich.markup import escape

    out = console()
    style = STATE_STYLES.get(report.state, "")
    run = f"run {report.run}" if report.run else "dry run"
    head = f"[bold]{escape(report.name)}[/]  {run}  [{style}]{report.state}[/]" if style else report.name
    out.print(f"{head}  [dim]{report.seconds:.1f} s, {report.peak_rss_mb:.0f} MB[/]")
    if report.error:
        out.print(f"  [red]{escape(report.error)}[/]")
    if report.state == "skipped":
        return
    if report.unchanged:
        out.print(f"  nothing read: {escape(report.why)}   [dim]live[/] {report.live:,}")
        _print_incidents(report)
        return
    account = report.account
    parts = [f"{account[name]:,} {name}" for name in account if name != "read" and account[name]]
    out.print(f"  read {account['read']:,} = " + (" + ".join(parts) or "0"))
    _print_all_rejected(report)
    gone = f", {report.missing:,} missing" if report.missing else ""
    back = f", {report.reappeared:,} reappeared" if report.reappeared else ""
    out.print(f"  [dim]then[/] {report.expired:,} expired{back}{gone}   [bold]{report.live:,} live[/]")
    word = {True: "complete", False: "incomplete", None: "none"}[report.complete]
    out.print(f"  [dim]evidence[/] {word}" + (f": {escape(report.why)}" if report.why else ""))
    for notice in report.notices:
        out.print(f"  [yellow]note[/] {escape(notice.get('message', ''))}")
    if report.account.get("rejected") and report.run:
        out.print(f"  [dim]see[/] jobpipe quarantine {escape(report.name)}")
    _print_incidents(report)
    if report.state == "held" and report.run:
        out.print(f"  [yellow]held[/]: jobpipe accept {report.run}  or  jobpipe dismiss {report.run}")


def print_line(report: RunReport) -> None:
    """One run among several: its account in a line, and what to do where something is to be done."""
    from rich.markup import escape

    out = console()
    style = STATE_STYLES.get(report.state, "dim")
    account = report.account
    made = ", ".join(f"{account[name]:,} {name}" for name in account if name != "read" and account[name])
    said = "nothing new" if report.unchanged else f"read {account['read']:,}" + (f": {made}" if made else "")
    if report.expired:
        said += f"; {report.expired:,} expired"
    parts = [f"[bold]{escape(report.name)}[/]", f"[{style}]{report.state}[/]"]
    if report.run:
        parts += [f"[dim]run {report.run}[/]", said, f"[dim]{report.seconds:.1f} s[/]"]
    out.print("  ".join(parts))
    _print_all_rejected(report)
    if report.error:
        out.print(f"  [red]{escape(report.error)}[/]")
    elif report.state == "partial":
        out.print(f"  [yellow]{escape(report.why)}[/]")
    if report.state == "held":
        out.print(f"  [yellow]held[/]: jobpipe accept {report.run}  or  jobpipe dismiss {report.run}")
    _print_incidents(report)


def _print_all_rejected(report: RunReport) -> None:
    """A run that could use nothing is no quiet success, though it has read its source."""
    if report.is_all_rejected:
        console().print("  [red]every record was rejected: no posting was made or changed[/]")


def _print_incidents(report: RunReport) -> None:
    """Those that are new or back, a line each."""
    from rich.markup import escape

    from jobpipe.error_codes import CODES_OF_KINDS

    out = console()
    for one in report.incidents[:MAX_INCIDENTS]:
        word = "new incident" if one["action"] == "opened" else "incident is back"
        code = f" [{CODES_OF_KINDS[one['kind']]}]" if one["kind"] in CODES_OF_KINDS else ""
        said = " ".join(one["message"].split())
        room = max(out.width - len(f"  {word} {one['incident']}: {one['count']:,}×  ({one['owner']}){code}"), 30)
        said = said if len(said) <= room else said[: room - 1] + "…"
        times = f"{one['count']:,}× " if one["count"] > 1 else ""
        out.print(f"  [red]{word} {one['incident']}[/]: {times}{escape(said + code)} [dim]({escape(one['owner'])})[/]")
    if len(report.incidents) > MAX_INCIDENTS:
        out.print(f"  [dim]and {len(report.incidents) - MAX_INCIDENTS:,} more:[/] jobpipe incidents")


def print_sum(reports: list[RunReport], *, chosen: int, seconds: float) -> None:
    """The last line of several runs."""
    from collections import Counter

    out = console()
    states = Counter(report.state for report in reports)
    parts = [f"[{STATE_STYLES.get(state, 'dim')}]{count:,} {state}[/]" for state, count in states.most_common()]
    if chosen > len(reports):
        parts.append(f"[dim]{chosen - len(reports):,} not begun[/]")
    read = sum(report.account["read"] for report in reports)
    out.print(f"[bold]{chosen:,} imports[/]: {', '.join(parts)}; read {read:,}  [dim]{seconds:.1f} s[/]")
