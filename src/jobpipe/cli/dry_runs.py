"""`jobpipe run --dry-run`: one import after the other is tried out, and its report is shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.report import RunReport


def dry_run_all(
    project: Project,
    names: list[str],
    instead: str | None,
    limit: int | None,
    workers: int | None,
    *,
    place: str,
    as_json: bool,
    quiet: bool,
) -> list[RunReport]:
    """Raises what a run of one of them raises, and UsageError where a run of it is under way."""
    from jobpipe.cli.opening import workspace_of
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.dry_running import DryRun, dry_run
    from jobpipe.runs.plans.making import Working
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    if instead and len(names) > 1:
        raise click.UsageError("--file needs exactly one import")
    how = DryRun(instead=Path(instead) if instead else None, from_archive=place == "archive", limit=limit)
    reports = []
    with workspace_of(project) as workspace:
        for name in names:
            progress = Progress() if quiet else progress_for(sys.stderr)
            reports.append(dry_run(workspace, name, how, Working(progress, StopRequest(), workers)))
            if not as_json:
                print_account(reports[-1])
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        click.echo("a dry run: nothing of this was kept", err=True)
    return reports
