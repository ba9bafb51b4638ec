"""`jobpipe run`"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.main import DONE, HELD, INTERRUPTED, RUN_FAILED
from jobpipe.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from jobpipe.runs.report import RunReport


@click.command("run")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "everything", is_flag=True, help="Every import of the project.")
@click.option("--file", "instead", metavar="F", help="Read this file instead of the source, once.")
@click.option("--workers", type=click.IntRange(0, 256), help="Worker processes (otherwise as jobpipe.yaml says).")
@click.option("--strict", is_flag=True, help="Rejected records are a failure too (exit code 1).")
@json_option
@quiet_option
@click.pass_context
def command(
    context: click.Context,
    names: tuple[str, ...],
    everything: bool,
    instead: str | None,
    workers: int | None,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run imports: read the source, make postings, account for every record.

    A run that was interrupted goes on where it was. The first Ctrl-C finishes the batch, the second
    ends at once.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.conducting import StopRequest, run_import
    from jobpipe.runs.progress import Progress

    stop = StopRequest()
    _finish_the_batch_on_interrupt(stop)
    reports: list[RunReport] = []
    with open_workspace(context) as workspace:
        chosen = _chosen(workspace.project.imports(), names, everything, instead)
        for name in chosen:  # a misspelt last name must not be found out after the first import
            workspace.project.load(name)
        for name in chosen:
            if stop.requested:
                break
            report = run_import(
                workspace,
                name,
                instead=Path(instead) if instead else None,
                workers=workers,
                progress=Progress() if quiet else progress_for(sys.stderr),
                stop=stop,
            )
            reports.append(report)
            if not as_json:
                print_account(report)
    if as_json:
        print_json([report.as_dict() for report in reports])
    return INTERRUPTED if stop.requested else exit_code(reports, strict=strict)


def _chosen(known: list[str], names: tuple[str, ...], everything: bool, instead: str | None) -> list[str]:
    if everything and names:
        raise click.UsageError("either names or --all")
    chosen = list(known) if everything else list(dict.fromkeys(names))
    if not chosen:
        listed = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
        raise click.UsageError(f"which import? This project has: {listed or 'none yet'}")
    if instead and len(chosen) != 1:
        raise click.UsageError("--file needs exactly one import")
    return chosen


def exit_code(reports: list[RunReport], *, strict: bool) -> int:
    """1 wins over 3."""
    states = {report.state for report in reports}
    if states & {"failed", "partial", "skipped"}:
        return RUN_FAILED
    if strict and any(report.account["rejected"] for report in reports):
        return RUN_FAILED
    return HELD if "held" in states else DONE


def _finish_the_batch_on_interrupt(stop: Any) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop.requested:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt
        stop.requested = True
        click.echo("\nfinishing the batch; once more to end at once", err=True)

    signal.signal(signal.SIGINT, interrupt)
