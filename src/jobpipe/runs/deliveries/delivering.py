"""One sitting at one destination: what waits is sent, until there is nothing more or it fails.

One process at a time has a destination, and one batch at a time is on its way to it, so that the changes of a posting
come in their order.  What a destination that fails needs is patience: nothing else waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

import xxhash
from django.db import transaction

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.definition.project import Project
from jobpipe.destinations.ways.way import ChangesWay, RejectedLoginError, SnapshotWay, TooSoonError, WayError
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Destination, Import
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.changes import ChangesSitting
from jobpipe.runs.deliveries.following import begin_sweep
from jobpipe.runs.deliveries.patience import TOLD_AFTER, next_try
from jobpipe.runs.deliveries.report import DeliveryReport
from jobpipe.runs.deliveries.sitting import Sitting
from jobpipe.runs.deliveries.snapshots import SnapshotSitting
from jobpipe.runs.scheduling.duty import DutyIsTakenError, on_duty
from jobpipe.runs.secret_values import environ_of
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact

Clock = Callable[[], datetime]
OpenWay = Callable[[DestinationDefinition], ChangesWay | SnapshotWay]


def deliver(
    workspace: Workspace,
    name: str,
    *,
    open_way: OpenWay | None = None,
    clock: Clock = ledger_time,
    stop: StopRequest | None = None,
    seconds: float | None = None,
    at_once: bool = False,
) -> DeliveryReport:
    """Send what waits for the destination `name`.

    `seconds`: after which the sitting ends between two batches; `at_once`: though it failed a moment ago.  Raises
    UsageError where there is no such destination, DefinitionError where it is not valid; what is wrong with the
    destination itself is in the report.
    """
    definition = workspace.project.load_destination(name)
    report = DeliveryReport(name)
    if definition.paused:
        report.state = "paused"
        return report
    with turn_to_write():
        row, _ = Destination.objects.get_or_create(name=name)
    try:
        with on_duty(workspace.locks, duty_of(row)) as duty:
            row.refresh_from_db()
            now = clock()
            if row.next_try is not None and row.next_try > now and not at_once:
                report.state, report.error, report.next_try = "waiting", row.error, row.next_try
                return report
            feeds = workspace.feeding.imports_of(name)
            sitting = Sitting(
                workspace=workspace,
                definition=definition,
                destination=row,
                feeding=feeds,
                duty=duty,
                clock=clock,
                stop=stop or StopRequest(),
                until=None if seconds is None else time.monotonic() + seconds,
                open_way=open_way or _opener(workspace),
                report=report,
            )
            _follow_definition(row, definition, feeds)
            _sit(sitting)
    except DutyIsTakenError as error:
        report.state, report.error = "busy", f"another process delivers to it: {error.holder}".rstrip(": ")
    return report


def duty_of(row: Destination) -> str:
    return f"deliver-{row.pk}"


def _opener(workspace: Workspace) -> OpenWay:
    environ = environ_of(workspace.project)
    return lambda definition: open_way_out(workspace.project, definition, environ)


def open_way_out(
    project: Project, definition: DestinationDefinition, environ: Mapping[str, str]
) -> ChangesWay | SnapshotWay:
    """Nothing is connected yet. Raises DefinitionError: a secret is not set, a package is missing."""
    from jobpipe.destinations.ways.opening import changes_way, snapshot_way

    target, name = definition.to, definition.destination
    if definition.kind == "changes":
        return changes_way(target, name, environ=environ, root=project.root)
    return snapshot_way(target, name, environ=environ, root=project.root, state=project.state_dir)


def _sit(sitting: Sitting) -> None:
    run = SnapshotSitting(sitting).run if sitting.definition.kind == "snapshot" else ChangesSitting(sitting).run
    try:
        run()
    except WayError as error:
        _failed(sitting, error)
    finally:
        sitting.close()


def _failed(sitting: Sitting, error: WayError) -> None:
    """It is left alone for a while; whoever holds the role hears of it when it goes on, or at once where it must."""
    row, report, now = sitting.destination, sitting.report, sitting.clock()
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.error = redact(str(error))
    row.next_try = next_try(row.failures, now, at_least=error.seconds if isinstance(error, TooSoonError) else 0.0)
    sitting.save_destination("failures", "failing_since", "error", "next_try")
    report.state, report.error, report.next_try = "waiting", row.error, row.next_try
    if isinstance(error, RejectedLoginError) or row.failures >= TOLD_AFTER:
        since = f"{row.failing_since:%Y-%m-%d %H:%M} UTC"
        telling.tell(
            sitting.workspace.project,
            row.name,
            telling.DOWN,
            f"nothing gets through since {since}: {row.error}",
            hint="it is tried again by itself, and gets then what has changed until then: jobpipe destinations show "
            f"{row.name}",
        )


def _follow_definition(row: Destination, definition: DestinationDefinition, feeding: list[Import]) -> None:
    """Where what decides on a destination's postings has changed, all of them are compared."""
    digest = definition_digest(definition, feeding)
    if row.definition == digest:
        return
    with turn_to_write(), transaction.atomic():
        row.definition = digest
        begin_sweep(row, again=bool(row.sweep.get("again", False)))
        row.save()


def definition_digest(definition: DestinationDefinition, feeding: list[Import]) -> str:
    """Of what decides which postings go there and how they look; of a file also of where it lies."""
    decides = {"format", "template", "options", "select", "rules", "fields", "require", "limit", "priority"}
    if definition.kind == "snapshot":
        decides.add("to")
    said = definition.model_dump_json(include=decides)
    fed_by = ",".join(str(owner.pk) for owner in feeding)
    return xxhash.xxh3_128_hexdigest(f"{said}\n{fed_by}".encode())
