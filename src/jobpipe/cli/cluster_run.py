"""`jobpipe run --cluster`: runs that workers make, followed from here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from jobpipe.cli.main import INTERRUPTED
from jobpipe.safety.secrets import process_redactor

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.report import RunReport
    from jobpipe.runs.requesting import Request

# Seconds.
TICK = 0.5
BETWEEN_SIGNS = 5.0
# Imports of which it is said where they are.
SHOWN = 5


def run_on_cluster(chosen: tuple[Project, list[str]], *, as_json: bool, quiet: bool, wait: bool, strict: bool) -> int:
    """`chosen`: a project and some of its imports.  Raises DefinitionError, UsageError, OutOfReachError."""
    from jobpipe.cli.commands.run import exit_code
    from jobpipe.cli.printing import print_account, print_json, print_line, print_sum
    from jobpipe.cluster.following import request_all
    from jobpipe.cluster.member import become_member

    began = time.monotonic()
    project, names = chosen
    requests = request_all(become_member(project), names, tell=_tell)
    for request in requests:
        if request.was_there and not quiet:
            click.echo(f"{request.name} waits or runs already: run {request.run}", err=True)
    if not wait:
        if as_json:
            print_json([{"import": request.name, "run": request.run} for request in requests])
        return 0
    one = len(requests) == 1
    try:
        reports = _follow(requests, None if as_json or one else print_line, quiet=quiet)
    except KeyboardInterrupt:
        click.echo("\nno longer followed; the runs go on. `jobpipe runs` lists them", err=True)
        return INTERRUPTED
    if as_json:
        print_json([report.as_dict() for report in reports])
    elif one:
        print_account(reports[0])
    else:
        print_sum(reports, chosen=len(names), seconds=time.monotonic() - began)
    return exit_code(reports, strict=strict)


def _follow(requests: Sequence[Request], tell: Callable[[RunReport], None] | None, *, quiet: bool) -> list[RunReport]:
    from jobpipe.cluster.following import follow

    reports: dict[str, RunReport] = {}
    said = time.monotonic()
    for seen in follow(requests, tick=TICK, tell=_tell):
        for report in seen.ended:
            reports[report.name] = report
            if tell is not None:
                tell(report)
        if not quiet and seen.running and time.monotonic() - said > BETWEEN_SIGNS:
            said = time.monotonic()
            some = list(seen.running.items())[:SHOWN]
            click.echo("; ".join(f"{name}: {_where(where)}" for name, where in some), err=True)
    return [reports[request.name] for request in requests]


def _tell(text: str) -> None:
    click.echo(process_redactor.clean(text), err=True)


def _where(where: dict[str, object]) -> str:
    return f"{where['stage']}, {where['records']:,} records" if where else "waits for a worker"
