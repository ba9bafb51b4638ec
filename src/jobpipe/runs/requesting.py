"""Asking for a run: a row of the ledger, which a process of this machine or a worker of the cluster takes up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models.functions import Now

from jobpipe.definition.project import Project
from jobpipe.errors import UsageError
from jobpipe.ledger.models import BatchAttempt, Dispatch, Import, Run, RunKind, RunState
from jobpipe.ledger.turns import turn_to_write
from jobpipe.sources.asking import way_of

UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
# The queues of a cluster by which its conductors are called.
FETCH, CRAWL = "fetch", "crawl"


@dataclass(frozen=True, slots=True)
class Request:
    """An import that was asked to run."""

    name: str
    run: int
    # "" = on one machine.
    queue: str
    # It waited or ran already.
    was_there: bool


def request_run(project: Project, name: str) -> Request:
    """Let it run as soon as there is room: on the cluster where the project has one, else by `jobpipe serve`.

    One that waits or runs already is not asked for twice.  Raises DefinitionError, UsageError.
    """
    if project.settings.cluster.resolved(os.environ).broker:
        return request_of_cluster(project, name)
    owner = _owner_of(project, name)
    return _request(owner, RunKind.IMPORT)


def _request(owner: Import, kind: RunKind) -> Request:
    with turn_to_write(), transaction.atomic():
        under_way = Run.objects.filter(import_row=owner, kind=kind, state__in=UNFINISHED)
        # What a person has cancelled is not what is wanted now.
        there = under_way.filter(cancellation=None).order_by("id").first()
        return Request(owner.name, there.pk if there else queue_run(owner, kind).pk, "", was_there=there is not None)


def queue_run(owner: Import, kind: RunKind = RunKind.IMPORT) -> Run:
    """On one machine: a run that waits until the machine has room for it."""
    return Run.objects.create(
        import_row=owner, kind=kind, state=RunState.QUEUED, started_at=datetime.now(UTC), revision="", definition=""
    )


def request_reprocess(project: Project, name: str) -> Request:
    """Let `jobpipe serve` make the postings of an import again from what is stored.

    Raises DefinitionError for an invalid definition, UsageError where nothing is stored, or a cluster has the runs.
    """
    if project.settings.cluster.resolved(os.environ).broker:
        raise UsageError("workers of a cluster read sources", hint=f"jobpipe reprocess {name}")
    project.load(name)
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        raise UsageError(f"{name} has not run yet: nothing is stored", hint=f"jobpipe run {name}")
    return _request(owner, RunKind.REPROCESS)


def request_of_cluster(project: Project, name: str) -> Request:
    """Let a worker run this import. Raises as `request_run`."""
    definition = project.load(name).definition
    queue = CRAWL if way_of(definition.source) == "site" else FETCH
    with transaction.atomic():
        owner, _ = Import.objects.get_or_create(name=name, defaults={"client": definition.client})
        # Two who ask at once wait for each other here.
        owner = Import.objects.select_for_update().get(pk=owner.pk)
        there = Dispatch.objects.filter(import_row=owner).select_related("run").first()
        if there is not None and there.run.state in UNFINISHED:
            return Request(name, there.run_id, there.queue, was_there=True)
        if there is not None:  # its conductor died after the run's end
            forget(there)
        run = Run.objects.create(import_row=owner, state=RunState.QUEUED, started_at=Now(), revision="", definition="")
        Dispatch.objects.create(
            import_row=owner, run=run, queue=queue, requested_at=Now(), expected_seconds=_last_seconds(owner)
        )
    return Request(name, run.pk, queue, was_there=False)


def forget(row: Dispatch) -> None:
    """With what its workers have begun: the last sitting may have had none, and one that was killed left its own."""
    BatchAttempt.objects.filter(run=row.run_id).delete()
    row.delete()


def _owner_of(project: Project, name: str) -> Import:
    client = project.load(name).definition.client
    owner, _ = Import.objects.get_or_create(name=name, defaults={"client": client})
    return owner


def _last_seconds(owner: Import) -> float:
    past = Run.objects.filter(import_row=owner, finished_at__isnull=False, unchanged=False).order_by("-id")
    return past.values_list("seconds", flat=True).first() or 0.0
