"""Plans of the one import of a project in a temporary folder, made and applied as the command line does it."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import AbstractContextManager
from typing import Any

from project_folder import ProjectFolder

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, Status
from jobpipe.ledger.models import Import, Plan
from jobpipe.lifecycle.outcomes import was_a_posting
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.mappings.deciding import sound_decision
from jobpipe.runs.plans.applying import apply_plan
from jobpipe.runs.plans.making import Working, make_plan
from jobpipe.runs.preparing import Change
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.workspace import Workspace


def working(workers: int | None = 0) -> Working:
    return Working(Progress(), StopRequest(), workers)


def plan(
    project: ProjectFolder, *, definition: str | None = None, decisions: tuple[Any, ...] = (), **more: Any
) -> Plan | None:
    """`more`: further parts of the change."""
    given = (definition, "new.yaml") if definition is not None else None
    change = Change(given, tuple(map(sound_decision, decisions)), **more)
    with project.open() as workspace:
        return make_plan(workspace, "offers", change, by="ann", working=working())


def figures(made: Plan | None) -> dict[str, Any]:
    assert made is not None
    document: dict[str, Any] = json.loads(made.document)
    return document


def apply(project: ProjectFolder, made: Plan | None) -> RunReport:
    assert made is not None
    with project.open() as workspace:
        return apply_plan(workspace, made.pk, by="bob", working=working())


def planned_and_applied(
    project: ProjectFolder, no_network: AbstractContextManager[None], definition: str
) -> dict[str, Any]:
    """What the plan said, with nobody to ask; the run of its applying did the same."""
    before = project.contents()
    with no_network:
        made = plan(project, definition=definition)
        said = figures(made)
        assert not said["partial"], said["missing"]
        assert project.contents() == before
        report = apply(project, made)
    assert (report.kind, report.account) == ("import", said["account"])
    assert (report.expired, report.live) == (said["expired"], said["live"]["after"])
    return said


def postings(workspace: Workspace, name: str, status: Status | None = None) -> dict[str, dict[str, Any]]:
    """By key; those that never were live are left out."""
    import_id = Import.objects.get(name=name).pk
    bodies = workspace.documents.bodies(import_id, Selection(status=status))
    return {row.key: json.loads(unpack(body).posting or b"{}") for row, body in bodies if was_a_posting(row)}


def changed_fields(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Counter[str]:
    """By field, in how many of the postings that are live after it is another than before."""
    counted: Counter[str] = Counter()
    for key, posting in after.items():
        was = flat(before.get(key, posting))
        now = flat(posting)
        counted.update(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return counted


def flat(posting: dict[str, Any]) -> dict[str, Any]:
    extra = posting.get("extra", {})
    return {name: value for name, value in posting.items() if name != "extra"} | {
        f"extra.{name}": value for name, value in extra.items()
    }
