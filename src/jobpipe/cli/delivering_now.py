"""After what must be seen everywhere at once: the destinations get it now, and each says so."""

from __future__ import annotations

from collections.abc import Iterable

from jobpipe.cli.delivery_lists import print_report
from jobpipe.runs.deliveries.feeding import Feeding
from jobpipe.runs.deliveries.several import deliver_several
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace


def deliver_now(workspace: Workspace, imports: Iterable[str], *, quiet: bool) -> None:
    """To the destinations that these imports name. One that another process delivers to gets it from that one."""
    wanted = set(imports)
    named = Feeding(workspace.project).named()
    there = set(workspace.project.destinations())
    names = sorted(name for name, feeding in named.items() if name in there and wanted.intersection(feeding))
    deliver_several(
        workspace, names, stop=StopRequest(), at_once=True, ended=lambda report: None if quiet else print_report(report)
    )
