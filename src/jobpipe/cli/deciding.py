"""What the commands have in common by which a person decides over a held run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from jobpipe.cli.opening import open_workspace, run_numbered
from jobpipe.cli.printing import print_account, print_json

if TYPE_CHECKING:
    from jobpipe.ledger.models import Run
    from jobpipe.runs.report import RunReport
    from jobpipe.runs.workspace import Workspace


def decide(
    context: click.Context, number: int, decision: Callable[[Workspace, Run], RunReport], *, as_json: bool
) -> None:
    """Make the decision over the run with this number, and show what the run is now."""
    with open_workspace(context) as workspace:
        report = decision(workspace, run_numbered(number))
    if as_json:
        print_json(report.as_dict())
    else:
        print_account(report)
