"""`jobpipe run`"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.main import DONE, HELD, INTERNAL_ERROR, INTERRUPTED, RUN_FAILED, WRONG_USE
from jobpipe.cli.options import examples, excluded_option, json_option, quiet_option, selectors_argument

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.conducting import StopRequest
    from jobpipe.runs.kept_parts import KeptParts
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.report import RunReport
    from jobpipe.runs.several import Ended
    from jobpipe.runs.workspace import Workspace

_FROM = "archive: what the last run kept, instead of the source."
# Seconds.
TICK = 0.2
# Of the exit codes of several runs the first of these counts.
_WORST_FIRST = (INTERNAL_ERROR, WRONG_USE, RUN_FAILED, HELD)


@click.command(
    "run",
    epilog=examples(
        "jobpipe run acme",
        "jobpipe run 'acme-*' tag:nightly --exclude client:beta",
        "jobpipe run acme --dry-run --limit 1000",
        "jobpipe run acme --file answer.xml",
    ),
)
@selectors_argument
@click.option("--all", "everything", is_flag=True, help="Every import of the project.")
@excluded_option
@click.option("--at-once", type=click.IntRange(1, 1000), metavar="N", help="Imports at a time (otherwise 32).")
@click.option("--file", "instead", metavar="F", help="Read this file instead of the source, once.")
@click.option("--from", "place", type=click.Choice(["source", "archive"]), default="source", help=_FROM)
@click.option("--dry-run", is_flag=True, help="Say what a run would do now: nothing is kept of it.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="With --dry-run: read no more than N records.")
@click.option("--workers", type=click.IntRange(0, 256), help="Worker processes (otherwise as jobpipe.yaml says).")
@click.option("--cluster", "on_cluster", is_flag=True, help="Let the cluster's workers run them; follow them here.")
@click.option("--no-wait", is_flag=True, help="With --cluster: ask for the runs and return.")
@click.option("--strict", is_flag=True, help="Rejected records are a failure too (exit code 1).")
@json_option
@quiet_option
@click.pass_context
def command(
    context: click.Context,
    selectors: tuple[str, ...],
    everything: bool,
    excluded: tuple[str, ...],
    at_once: int | None,
    instead: str | None,
    place: str,
    dry_run: bool,
    limit: int | None,
    workers: int | None,
    on_cluster: bool,
    no_wait: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run imports: read the source, make postings, account for every record.

    A SELECTOR is an import's name, a pattern of names (acme-*), client:NAME, tag:NAME or source:PLACE; `jobpipe list`
    shows what it means. Several imports run at the same time; one that fails does not disturb the others.

    With --dry-run the source is read and all is compared and made as a run would; nothing is stored, sent or put away.
    With --from archive what the last run kept is read again, and the source is not asked.

    With --cluster the workers of the cluster make the runs: Ctrl-C here only stops following them.

    A run that was interrupted goes on where it was. The first Ctrl-C finishes the batch of each, the second
    ends at once.
    """
    from jobpipe.cli.crawling_ahead import head_start

    is_one = len(selectors) == 1 and not (everything or instead or on_cluster)
    ahead = context.with_resource(head_start(context.find_root().obj, selectors[0] if is_one else ""))

    from jobpipe.cli.opening import loading, workspace_of

    with loading():
        from jobpipe.runs.conducting import StopRequest

    if everything and selectors:
        raise click.UsageError("either names or --all")
    if limit is not None and not dry_run:
        raise click.UsageError("a run reads its source to the end: --limit goes with --dry-run")
    if instead and place == "archive":
        raise click.UsageError("either --file or --from archive")
    if on_cluster:
        if instead or workers is not None or at_once is not None or dry_run or place != "source":
            raise click.UsageError("--file, --from, --dry-run, --workers and --at-once are for runs of this machine")
        from jobpipe.cli.cluster_run import run_on_cluster

        return run_on_cluster(
            _chosen(context, selectors, everything=everything, excluded=excluded),
            as_json=as_json,
            quiet=quiet,
            wait=not no_wait,
            strict=strict,
        )
    stop = StopRequest()
    project, chosen = _chosen(context, selectors, everything=everything, excluded=excluded)
    if dry_run:
        from jobpipe.cli.dry_runs import dry_run_all

        reports = dry_run_all(project, chosen, instead, limit, workers, place=place, as_json=as_json, quiet=quiet)
        return exit_code([report for report in reports if limit is None or report.error], strict=strict)
    if place == "archive" and len(chosen) > 1:
        raise click.UsageError("--from archive needs exactly one import")
    if len(chosen) == 1:
        with workspace_of(project) as workspace:
            finish_the_batch_on_interrupt(stop, second=raise_interrupt)
            workspace = replace(workspace, head_start=ahead, kept_parts=_kept(workspace, chosen[0], place))
            return _run_one(workspace, chosen[0], instead, workers, stop, strict=strict, as_json=as_json, quiet=quiet)
    if instead:
        raise click.UsageError("--file needs exactly one import")
    finish_the_batch_on_interrupt(stop, second=_end_at_once)
    at_once = at_once or project.settings.at_once
    ended = _run_several(project, chosen, at_once, workers, stop, as_json=as_json, quiet=quiet)
    if not as_json:
        from jobpipe.cli.delivering_now import say_who_waits

        with workspace_of(project) as workspace:
            say_who_waits(workspace, [one.name for one in ended])
    return INTERRUPTED if stop.requested else _worst(ended, strict=strict)


def _chosen(
    context: click.Context, selectors: tuple[str, ...], *, everything: bool, excluded: tuple[str, ...]
) -> tuple[Project, list[str]]:
    from jobpipe.cli.opening import open_project
    from jobpipe.runs.selecting import select

    project = open_project(context)
    if not everything and not selectors:
        raise click.UsageError(f"which import? This project has: {_some(project.imports())}")
    return project, select(project, selectors, excluded=excluded)


def _kept(workspace: Workspace, name: str, place: str) -> KeptParts | None:
    """None = the source is asked. Raises UsageError where nothing is kept."""
    if place == "source":
        return None
    from jobpipe.cli.opening import import_named
    from jobpipe.runs.plans.kinds import kept_parts_of
    from jobpipe.runs.plans.making import refuse_while_it_runs
    from jobpipe.runs.preparing import prepare

    owner = import_named(workspace, name)
    refuse_while_it_runs(owner)
    return kept_parts_of(workspace, owner, prepare(workspace, name))


def _run_one(
    workspace: Workspace,
    name: str,
    instead: str | None,
    workers: int | None,
    stop: StopRequest,
    *,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    from jobpipe.cli.delivering_now import say_who_waits
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.conducting import run_import
    from jobpipe.runs.progress import Progress
    from jobpipe.tracing import start_tracing, stop_tracing

    start_tracing()
    report = run_import(
        workspace,
        name,
        instead=Path(instead) if instead else None,
        workers=workers,
        progress=Progress() if quiet else progress_for(sys.stderr),
        stop=stop,
    )
    stop_tracing()
    if as_json:
        print_json([report.as_dict()])
    else:
        print_account(report)
        say_who_waits(workspace, [name])
    return INTERRUPTED if stop.requested else exit_code([report], strict=strict)


def _run_several(
    project: Project,
    chosen: list[str],
    at_once: int,
    workers: int | None,
    stop: StopRequest,
    *,
    as_json: bool,
    quiet: bool,
) -> list[Ended]:
    """Those that ran, in the order of the selection; each is told when it ends."""
    from jobpipe.cli.printing import print_json, print_line, print_sum
    from jobpipe.cli.progress import SilentBoard, board_for

    began = time.monotonic()
    board = SilentBoard(len(chosen)) if quiet else board_for(sys.stderr, len(chosen))
    over: dict[str, Ended] = {}
    shown = 0.0
    with _several(project, chosen, at_once, workers, stop, board.progress_of) as all_ended:
        for ended in all_ended:
            if ended is not None:
                over[ended.name] = ended
                board.ended(ended.name, ended.report.account["read"])
                if not as_json or ended.error is not None:
                    board.clear()
                    _tell(ended, print_line if not as_json else None)
                    shown = 0.0
            if time.monotonic() - shown >= TICK:
                board.show()
                shown = time.monotonic()
    board.clear()
    in_order = [over[name] for name in chosen if name in over]
    reports = [ended.report for ended in in_order]
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        print_sum(reports, chosen=len(chosen), seconds=time.monotonic() - began)
    return in_order


@contextmanager
def _several(
    project: Project,
    chosen: list[str],
    at_once: int,
    workers: int | None,
    stop: StopRequest,
    progress_of: Callable[[str], Progress],
) -> Iterator[Iterator[Ended | None]]:
    """In this process where they are few, in several where they are many."""
    from jobpipe.cli.opening import loading, workspace_of

    with loading():
        from jobpipe.runs.conductors import Conductors, processes_for
        from jobpipe.runs.several import Several

    number = project.workers if workers is None else workers
    processes = processes_for(project, len(chosen), at_once=at_once, workers=number)
    if processes == 1:
        with workspace_of(project) as workspace:
            several = Several(workspace, chosen, at_once=at_once, workers=workers, progress_of=progress_of, stop=stop)
            yield several.ended(tick=TICK)
        return
    with Conductors(project, processes, at_once=at_once, workers=number) as conductors, workspace_of(project):
        yield conductors.ended(chosen, tick=TICK, progress_of=progress_of, stop=stop)


def _tell(ended: Ended, print_line: Any) -> None:
    from jobpipe.cli.errors import print_error
    from jobpipe.errors import JobpipeError

    if isinstance(ended.error, JobpipeError):
        print_error(ended.error)
    elif print_line is not None:
        print_line(ended.report)
    else:
        click.echo(ended.report.error, err=True)


def _worst(ended: list[Ended], *, strict: bool) -> int:
    codes = {exit_code([one.report], strict=strict) if one.error is None else _code_of(one.error) for one in ended}
    return next((code for code in _WORST_FIRST if code in codes), DONE)


def _code_of(error: BaseException) -> int:
    from jobpipe.cli.errors import exit_code_of
    from jobpipe.errors import JobpipeError

    return exit_code_of(error) if isinstance(error, JobpipeError) else INTERNAL_ERROR


def exit_code(reports: list[RunReport], *, strict: bool) -> int:
    """1 wins over 3."""
    # What a person paused is no failure.
    states = {report.state for report in reports if not report.is_meant}
    if states & {"failed", "partial", "skipped", "cancelled"}:
        return RUN_FAILED
    if strict and any(report.account["rejected"] for report in reports):
        return RUN_FAILED
    return HELD if "held" in states else DONE


def _some(names: list[str]) -> str:
    return (", ".join(names[:8]) + (" …" if len(names) > 8 else "")) or "none yet"


def finish_the_batch_on_interrupt(stop: StopRequest, *, second: Any) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop.requested:
            second()
        stop.requested = True
        click.echo("\nfinishing the batch; once more to end at once", err=True)

    signal.signal(signal.SIGINT, interrupt)


def raise_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise KeyboardInterrupt


def _end_at_once() -> None:
    """The threads of the others are not waited for: whatever ends at any moment can be taken up again."""
    click.echo("interrupted", err=True)
    os._exit(INTERRUPTED)
