"""Several destinations at the same time, each on a thread of its own: one that hangs delays no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from django.db import connections

from jobpipe.errors import JobpipeError
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.report import DeliveryReport
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact

MOST_AT_ONCE = 16


def deliver_several(
    workspace: Workspace,
    names: Iterable[str],
    *,
    stop: StopRequest,
    at_once: bool = False,
    ended: Callable[[DeliveryReport], None] = lambda report: None,
) -> list[DeliveryReport]:
    """In the order of `names`; `ended` is called with each when it is over."""
    chosen = list(names)
    reports: dict[str, DeliveryReport] = {}
    with ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, len(chosen)) or 1) as pool:
        futures = [pool.submit(_one, workspace, name, stop, at_once=at_once) for name in chosen]
        for future in as_completed(futures):
            report = future.result()
            reports[report.name] = report
            ended(report)
    return [reports[name] for name in chosen]


def fed_by(workspace: Workspace, imports: Iterable[str]) -> list[str]:
    """The destinations that any of these imports names."""
    named = {name for one in imports for name in workspace.feeding.destinations_of(one)}
    return sorted(named.intersection(workspace.project.destinations()))


def _one(workspace: Workspace, name: str, stop: StopRequest, *, at_once: bool) -> DeliveryReport:
    try:
        return deliver_and_tell(workspace, name, stop=stop, at_once=at_once)
    finally:
        connections.close_all()


def deliver_and_tell(
    workspace: Workspace,
    name: str,
    *,
    stop: StopRequest | None = None,
    seconds: float | None = None,
    at_once: bool = False,
) -> DeliveryReport:
    """As `deliver`; what is wrong with the destination's file is an incident, and in the report."""
    try:
        report = deliver(workspace, name, stop=stop, seconds=seconds, at_once=at_once)
    except JobpipeError as error:
        said = redact(str(error))
        telling.tell(workspace.project, name, telling.WRONG, said, about="file")
        return DeliveryReport(name, state="failed", error=said)
    telling.gone(name, (telling.WRONG,), why="it is valid")
    return report
