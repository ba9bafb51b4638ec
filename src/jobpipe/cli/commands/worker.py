"""`jobpipe worker`"""

from __future__ import annotations

import os

import click

from jobpipe.cli.main import DONE, RUN_FAILED


@click.command("worker")
@click.option(
    "--processes", type=click.IntRange(0, 256), help="That transform batches (otherwise one a core; 0 = none)."
)
@click.option(
    "--conductors",
    type=click.IntRange(0, 256),
    default=8,
    show_default=True,
    help="Runs that are read here at the same time (0 = none, and no deliveries).",
)
@click.pass_context
def command(context: click.Context, processes: int | None, conductors: int) -> int:
    """Work for the cluster that jobpipe.yaml names, until Ctrl-C or SIGTERM.

    A worker that is told to end finishes the batches in its hands and hands its runs back; once more ends it at once.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cluster.member import become_member
    from jobpipe.cluster.supervising import Supervisor

    project = open_project(context)
    if processes is None:
        processes = len(os.sched_getaffinity(0))
    if not processes and not conductors:
        raise click.UsageError("nothing to do: --processes and --conductors are both 0")
    # Says at once, and once, what is wrong with the settings or the ledger.
    become_member(project)
    ended_well = Supervisor(project.root, processes=processes, conductors=conductors).run() == 0
    return DONE if ended_well else RUN_FAILED
