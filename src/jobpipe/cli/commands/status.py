"""`jobpipe status`"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option, selectors_argument

if TYPE_CHECKING:
    from datetime import datetime

    from jobpipe.runs.deliveries.overview import DestinationOverview
    from jobpipe.runs.overview import Overview
    from jobpipe.runs.workspace import Workspace


@click.command("status", epilog=examples("jobpipe status", "jobpipe status client:acme", "jobpipe status --watch"))
@selectors_argument
@click.option("--watch", is_flag=True, help="Again every two seconds, until Ctrl-C.")
@json_option
@click.pass_context
def command(context: click.Context, selectors: tuple[str, ...], watch: bool, as_json: bool) -> int:
    """Show every import: whether it is on time, its last run, when it is due, what is live; late and down ones first.

    `week` is the change against the last run a week ago, on the same weekday. Exit code 1 where one is late or down.
    """
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.clock import ledger_time

    project = open_project(context)
    with workspace_of(project) as workspace:
        while True:
            now = ledger_time()
            shown = _overviews(workspace, selectors, now)
            destinations = [] if selectors else _destinations(workspace)
            if as_json:
                print_json(_document(shown, destinations, now, is_served=_is_served(workspace)))
            else:
                if watch:
                    click.clear()
                _print(shown, now, is_served=_is_served(workspace))
                _print_destinations(destinations)
            if not watch:
                return RUN_FAILED if any(one.state in ("late", "down") for one in shown) else DONE
            time.sleep(2)


def _overviews(workspace: Workspace, selectors: tuple[str, ...], now: datetime) -> list[Overview]:
    from jobpipe.runs.overview import never_run, overviews, worst_first
    from jobpipe.runs.selecting import select

    project = workspace.project
    known = overviews(now)
    known += never_run(set(project.imports()) - {one.name for one in known})
    if selectors:
        chosen = set(select(project, selectors))
        known = [one for one in known if one.name in chosen]
    # What was given up is no news.
    return worst_first([one for one in known if one.decision is None or one.decision.standing != "removed"])


def _destinations(workspace: Workspace) -> list[DestinationOverview]:
    from jobpipe.runs.deliveries.forgetting import gone_destinations
    from jobpipe.runs.deliveries.overview import destination_overviews

    names = workspace.project.destinations() + gone_destinations(workspace.project)
    return destination_overviews(workspace, names, counted=False)


def _is_served(workspace: Workspace) -> bool:
    from jobpipe.runs.scheduling.duty import is_taken

    return is_taken(workspace.locks)


def _document(
    shown: list[Overview], destinations: list[DestinationOverview], now: datetime, *, is_served: bool
) -> dict[str, Any]:
    from collections import Counter

    return {
        "at": now.isoformat(),
        "scheduler_is_running": is_served,
        "imports": [_one(one) for one in shown],
        "destinations": [
            {
                "destination": one.name,
                "state": one.state,
                "error": one.error or one.fault or None,
                "failing_since": _iso(one.row.failing_since if one.row else None),
                "last_success": _iso(one.row.last_success if one.row else None),
                "lists_behind": one.lists_behind,
            }
            for one in destinations
        ],
        "states": dict(Counter(str(one.state) for one in shown)),
    }


def _one(one: Overview) -> dict[str, Any]:
    last, decision = one.last, one.decision
    return {
        "import": one.name,
        "client": one.client,
        "state": str(one.state),
        "missed": _iso(one.punctuality.missed),
        "schedule": one.schedule or None,
        "next_due": _iso(one.next_due),
        "fault": one.fault or None,
        "last_run": None
        if last is None
        else {
            "run": last.pk,
            "kind": last.kind,
            "state": last.state,
            "started_at": _iso(last.started_at),
            "finished_at": _iso(last.finished_at),
            "error": last.error or None,
        },
        "held_run": one.held.pk if one.held is not None else None,
        "last_good": _iso(one.last_good),
        "live": one.live,
        "change": one.change,
        "incidents": one.incidents,
        "paused": None
        if decision is None
        else {"by": decision.by, "at": _iso(decision.at), "until": _iso(decision.until), "reason": decision.reason},
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _print(shown: list[Overview], now: datetime, *, is_served: bool) -> None:
    from jobpipe.cli.printing import console
    from jobpipe.cli.status_table import heading, status_lines

    out = console()
    if not shown:
        click.echo("no imports yet: an import is a file imports/NAME.yaml", err=True)
        return
    out.print(heading(shown, now))
    for line in status_lines(shown, now, out.width):
        out.print(line)
    if not is_served and any(one.schedule for one in shown):
        out.print("[yellow]nobody schedules:[/] `jobpipe serve` runs what is due")


def _print_destinations(destinations: list[DestinationOverview]) -> None:
    from jobpipe.cli.printing import console, plain_text
    from jobpipe.cli.status_table import destination_heading, trouble_of_destination

    if not destinations:
        return
    out = console()
    out.print(destination_heading(destinations))
    for one in destinations:
        if trouble := trouble_of_destination(one):
            out.print(plain_text(f"  {one.state:<7}  {one.name}  {trouble}"))
