"""After what must be seen everywhere at once: the destinations get it now, and each says so. After a run: who waits."""

from __future__ import annotations

from collections.abc import Iterable

import click

from jobpipe.cli.delivery_lists import print_report
from jobpipe.ledger.clock import ledger_time
from jobpipe.runs.deliveries.due import DueDestinations
from jobpipe.runs.deliveries.several import deliver_several, fed_by
from jobpipe.runs.scheduling.duty import is_taken
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace


def deliver_now(workspace: Workspace, imports: Iterable[str], *, quiet: bool) -> None:
    """To the destinations that these imports name. One that another process delivers to gets it from that one."""
    names = fed_by(workspace, imports)
    deliver_several(
        workspace, names, stop=StopRequest(), at_once=True, ended=lambda report: None if quiet else print_report(report)
    )


def say_who_waits(workspace: Workspace, imports: Iterable[str]) -> None:
    """That destinations of these imports get something, unless whoever schedules delivers it by itself."""
    if not workspace.project.destinations() or is_taken(workspace.locks):
        return
    due = set(DueDestinations(workspace).names(ledger_time())).intersection(fed_by(workspace, imports))
    if due:
        gets = "destinations get" if len(due) > 1 else "destination gets"
        click.echo(f"{len(due)} {gets} the changes: jobpipe deliver", err=True)
