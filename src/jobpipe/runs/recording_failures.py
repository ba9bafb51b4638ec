"""What kept a run from being made, or ended it without a word of its own, becomes an incident: around every run.

Expected errors (a definition that is not valid, a secret that is missing) and bugs are told apart; the latter carry
their traceback.  All of them go on to whoever called.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol

from django.db import DatabaseError, InterfaceError

from jobpipe.definition.secret_values import VariablesError
from jobpipe.errors import DefinitionError, JobpipeError, OutOfReachError, SourceError, UsageError
from jobpipe.incidents.bugs import bug_of, is_bug
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import record
from jobpipe.incidents.source_troubles import trouble_of
from jobpipe.ledger.models import IncidentChange, RunState
from jobpipe.ledger.unavailable import LedgerUnavailableError, Trouble
from jobpipe.ledger.unavailable import trouble_of as ledger_trouble
from jobpipe.runs.disk_space import KIND, DiskSpaceError
from jobpipe.runs.report import RunReport

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.workspace import Workspace

_log = logging.getLogger(__name__)
_Given = ParamSpec("_Given")
_SPOKEN = ("opened", "reopened")


class _Conducts(Protocol[_Given]):
    def __call__(self, workspace: Workspace, name: str, *args: _Given.args, **options: _Given.kwargs) -> RunReport: ...


def with_incidents(
    conduct: Callable[Concatenate[Workspace, str, _Given], RunReport],
) -> _Conducts[_Given]:
    """What makes a run of the import that is named: its failures are recorded, its report names what is new."""

    @wraps(conduct)
    def conducted(workspace: Workspace, name: str, *args: _Given.args, **options: _Given.kwargs) -> RunReport:
        with failures_recorded(workspace.project, name):
            report = conduct(workspace, name, *args, **options)
            if report.state == RunState.SKIPPED and not report.is_meant:
                record(workspace.project, [Occurrence(kind="run-skipped", message=report.why)], import_name=name)
            return replace(report, incidents=spoken_by(report.run)) if report.run else report

    return conducted


@contextmanager
def failures_recorded(project: Project, name: str = "") -> Iterator[None]:
    """`name`: the import that all this is about; "" = none."""
    try:
        yield
    except Exception as error:
        record_failure(project, error, name)
        raise


def occurrence_of_failure(error: BaseException) -> Occurrence | None:
    """None = nobody's trouble: a command that was called in a wrong way; a ledger that cannot be written to."""
    if is_bug(error):
        is_the_ledgers = isinstance(error, (DatabaseError, InterfaceError)) and ledger_trouble(error) != Trouble.FAULT
        return None if is_the_ledgers else bug_of(error)
    assert isinstance(error, JobpipeError)
    if isinstance(error, (UsageError, LedgerUnavailableError)):
        return None
    if isinstance(error, SourceError):
        return trouble_of(error)
    kind = _kind_of(error)
    identity = "disk" if kind == KIND else ""
    return Occurrence(kind=kind, message=error.message, hint=error.hint, place=str(error.place), identity=identity)


def _kind_of(error: JobpipeError) -> str:
    if isinstance(error, DiskSpaceError):
        return KIND
    if isinstance(error, OutOfReachError):
        return "store-unavailable"
    if not isinstance(error, DefinitionError):
        return "run-failed"
    if isinstance(error.__cause__, VariablesError):
        return "secret-missing"
    return "extra-missing" if "pip install" in str(error) else "definition-invalid"


def spoken_by(run: int) -> list[dict[str, Any]]:
    """The incidents that this run opened, or brought back."""
    lines = IncidentChange.objects.filter(run_id=run, action__in=_SPOKEN).select_related("incident").order_by("id")
    latest = {line.incident_id: line for line in lines}
    return [
        {
            "incident": line.incident_id,
            "kind": line.incident.kind,
            "action": line.action,
            "count": line.incident.count,
            "message": line.incident.message,
            "owner": line.incident.owner,
        }
        for line in latest.values()
    ]


def record_failure(project: Project, error: BaseException, name: str = "") -> None:
    """Once for each error, and as well as it can: what is wrong with the ledger must not hide the error itself."""
    occurrence = None if getattr(error, "is_recorded", False) else occurrence_of_failure(error)
    if occurrence is None:
        return
    with contextlib.suppress(AttributeError):
        error.is_recorded = True  # type: ignore[attr-defined]
    try:
        # Room is no import's own.
        record(project, [occurrence], import_name="" if occurrence.kind == KIND else name)
    except (DatabaseError, InterfaceError, JobpipeError) as error:
        with contextlib.suppress(Exception):
            _log.warning("an incident could not be recorded: %s", error)
