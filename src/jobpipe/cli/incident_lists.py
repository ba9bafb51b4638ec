"""How incidents look in a terminal, and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.printing import console, plain_table, plain_text

if TYPE_CHECKING:
    from jobpipe.ledger.models import Incident

SEVERITY_STYLES = {"critical": "bold red", "error": "red", "warning": "yellow", "info": "cyan"}
INCIDENT_STYLES = {"open": "red", "reopened": "bold red", "acknowledged": "yellow", "muted": "dim", "resolved": "green"}
_RUNS_SHOWN = 10


def print_incidents(incidents: list[Incident], *, more: int = 0) -> None:
    """Two lines each: they fit into 80 columns, whatever is said."""
    from rich.table import Table

    from jobpipe.incidents.finding import severity_of

    if not incidents:
        click.echo("nothing is wrong that nobody has resolved", err=True)
        return
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("id", justify="right", no_wrap=True)
    table.add_column("what", ratio=1)
    table.add_column("state", no_wrap=True)
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("owner", max_width=18)
    table.add_column("last seen", no_wrap=True)
    for one in incidents:
        what = plain_text(one.kind)
        what.stylize(SEVERITY_STYLES.get(severity_of(one), ""))
        if one.import_name:
            what.append(f" {one.import_name}", "bold")
        message = f"{one.field}: {one.message}" if one.field else one.message
        what.append("\n" + _cut(message, 140), "")
        state = plain_text(one.state)
        state.stylize(INCIDENT_STYLES.get(one.state, ""))
        table.add_row(str(one.pk), what, state, f"{one.count:,}", plain_text(one.owner), _ago(one.last_seen))
    out = console()
    out.print(table)
    rest = f"; {more:,} more, --limit shows them" if more > 0 else ""
    console(stderr=True).print(f"[dim]jobpipe incidents show ID says what to do{rest}[/]")


def print_incident(incident: Incident) -> None:
    from rich.markup import escape

    from jobpipe.error_codes import CODES_OF_KINDS
    from jobpipe.incidents.finding import severity_of
    from jobpipe.incidents.kinds import KINDS

    out = console()
    kind = KINDS.get(incident.kind)
    severity = severity_of(incident)
    style, state = SEVERITY_STYLES[severity], INCIDENT_STYLES.get(incident.state, "")
    head = f"[bold]incident {incident.pk}[/]  [{style}]{severity}[/]  [{state}]{incident.state}[/]"
    out.print(f"{head}  {escape(incident.kind)}  [dim]{CODES_OF_KINDS.get(incident.kind, '')}[/]")
    if kind:
        out.print(f"  {escape(kind.title)}")
    out.print(f"  [bold]{escape(incident.message)}[/]" + (f" ({escape(incident.hint)})" if incident.hint else ""))
    table = plain_table()
    table.add_column()
    for name, value in _facts(incident):
        if value:
            table.add_row(f"  {name}", plain_text(value))
    out.print(table)
    if kind:
        out.print(f"  [bold]to do[/]  {escape(kind.advice)}")
    for sample in incident.samples:
        _print_sample(sample)
    if incident.details.get("traceback"):
        versions = ", ".join(f"{name} {number}" for name, number in incident.details.get("versions", {}).items())
        out.print(f"\n  [dim]{escape(versions)}[/]\n{escape(incident.details['traceback'])}")
    print_history(incident)


def _facts(incident: Incident) -> list[tuple[str, str]]:
    of_role = "" if incident.assigned_to else f", as {_role(incident)}"
    counts = [f"{one.count:,} in run {one.run_id}" for one in incident.counts.order_by("-run_id")[:_RUNS_SHOWN]]
    return [
        ("owner", incident.owner + of_role),
        ("import", incident.import_name + (f" of {incident.client}" if incident.client else "")),
        ("field", incident.field),
        ("place", incident.place),
        ("seen", f"first {_moment(incident.first_seen)}, last {_moment(incident.last_seen)} (UTC)"),
        ("count", "; ".join(counts) or f"{incident.count:,}"),
        ("came back", f"{incident.regressions:,} times" if incident.regressions else ""),
        ("muted until", _moment(incident.muted_until) if incident.muted_until else ""),
    ]


def _role(incident: Incident) -> str:
    from jobpipe.incidents.kinds import KINDS

    kind = KINDS.get(incident.kind)
    return kind.role if kind else "operator"


def _print_sample(sample: dict[str, Any]) -> None:
    from rich.markup import escape

    out = console()
    where = [sample.get("part", ""), f"record {sample['ordinal']:,}" if sample.get("ordinal") else ""]
    where.append(f"byte {sample['offset']:,}" if sample.get("offset", -1) >= 0 else "")
    key = f"key {sample['key']}  " if sample.get("key") else ""
    out.print(f"  [dim]sample[/] {escape(key)}[dim]{escape(', '.join(filter(None, where)))}[/]")
    if sample.get("message"):
        out.print(f"    {escape(_cut(sample['message'], 200))}")
    out.print(f"    [dim]{escape(_cut(' '.join(sample.get('raw', '').split()), 160))}[/]")


def print_history(incident: Incident) -> None:
    table = plain_table()
    for _ in range(2):
        table.add_column()
    for line in incident.changes.order_by("id"):
        moved = f"{line.before} → {line.after}" if line.action in ("moved", "assigned") else ""
        by = f"by {line.by}" if line.by else f"run {line.run_id}" if line.run_id else ""
        said = ", ".join(filter(None, (moved, by, line.why)))
        table.add_row(f"  [dim]{_moment(line.at)}[/]", line.action, plain_text(said))
    console().print(table)


def print_kinds() -> None:
    from rich.table import Table

    from jobpipe.incidents.kinds import KINDS

    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("kind", "for", "severity", "what it means"):
        table.add_column(heading)
    for kind in KINDS.values():
        style = SEVERITY_STYLES[kind.severity]
        table.add_row(kind.name, kind.role, f"[{style}]{kind.severity}[/]", f"{kind.title}\n[dim]{kind.advice}[/]")
    console().print(table)


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _ago(at: datetime) -> str:
    seconds = (datetime.now(UTC) - at).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"
