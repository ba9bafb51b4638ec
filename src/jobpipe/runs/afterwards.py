"""What becomes of the files that a run has read, when it has succeeded: they are kept, deleted or moved.

Nothing here changes a run's state.  A process that is killed before or amid this leaves files behind that the next run
finds unchanged, and deletes or moves then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Run, RunKind, RunState
from jobpipe.runs.incidents_of_run import record_notices
from jobpipe.runs.notices import note
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.source_reading import SourceReader, request_for
from jobpipe.safety.secrets import redact
from jobpipe.sources.streaming import StoppedError, run_apart
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.drop import Drop
from jobpipe.sources.transports.transport import Request, Validators


def put_away(
    project: Project,
    preparation: Preparation,
    run: Run,
    reader: SourceReader,
    report: RunReport,
    *,
    stopped: Callable[[], bool],
) -> RunReport:
    """Deletes or moves what was read, if the definition says so and the run has succeeded; no more once `stopped`."""
    options = preparation.definition.source.files
    if options.afterwards == "keep" or run.instead or run.kind != RunKind.IMPORT or run.state != RunState.SUCCEEDED:
        return report
    act = partial(_move, options.move_to or "") if options.afterwards == "move" else _remove
    verb = "moved" if options.afterwards == "move" else "deleted"
    before = len(run.notices)
    try:
        for location, version in _files(reader):
            request = replace(request_for(preparation, location), validators=version)
            if not run_apart(act(_drop_of(request), request), stopped=stopped):
                note(run, "afterwards", f"{redact(location)}: not {verb}: it has changed since it was read")
    except StoppedError:
        note(run, "afterwards", f"not all {verb}: the run was to stop; the next run tries again")
    except JobpipeError as error:
        note(run, "afterwards", redact(f"not {verb}: {error}; the next run tries again"))
    if len(run.notices) == before:
        return report
    run.save(update_fields=["notices"])
    record_notices(project, run, run.notices[before:])
    return report_of(run)


def _files(reader: SourceReader) -> Iterator[tuple[str, Validators]]:
    """Those that nobody needs any more, the oldest first: what is newest must be the last to go."""
    for location in reader.found.passed_over:
        yield location, Validators()
    for part in reversed(reader.read):
        yield part.address, part.validators


async def _remove(drop: Drop, request: Request) -> bool:
    return await drop.remove(request)


async def _move(folder: str, drop: Drop, request: Request) -> bool:
    return await drop.move(request, folder)


def _drop_of(request: Request) -> Drop:
    transport = transport_for(request.location)
    assert isinstance(transport, Drop)  # `find_files` has seen to it
    return transport
