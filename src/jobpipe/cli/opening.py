"""From `-C DIR` to an open project."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.ledger.models import Import, Run
    from jobpipe.runs.workspace import Workspace


@contextmanager
def loading() -> Iterator[None]:
    """Of modules, which stay: whoever searched them for garbage, now or at the end, would find none."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def open_project(context: click.Context) -> Project:
    from jobpipe.definition.project import find_project

    _keep_secrets_out_of_logs()
    folder = context.find_root().obj
    return find_project(Path(folder) if folder else None, os.environ)


def _keep_secrets_out_of_logs() -> None:
    """What libraries log without being asked goes through the handler of last resort."""
    import logging

    from jobpipe.safety.secrets import RedactingFilter, process_redactor

    if logging.lastResort is not None and not logging.lastResort.filters:
        logging.lastResort.addFilter(RedactingFilter(process_redactor))


@contextmanager
def open_workspace(context: click.Context) -> Iterator[Workspace]:
    with workspace_of(open_project(context)) as workspace:
        yield workspace


@contextmanager
def workspace_of(project: Project) -> Iterator[Workspace]:
    from jobpipe.ledger.unavailable import ledger_expected
    from jobpipe.runs.workspace import open_workspace as open_it

    with open_it(project) as workspace, ledger_expected():
        yield workspace


def import_named(workspace: Workspace, name: str) -> Import:
    """The ledger's row of an import that has run at least once; raises UsageError otherwise."""
    from jobpipe.errors import UsageError
    from jobpipe.ledger.models import Import

    row = Import.objects.filter(name=name).first()
    if row is None:
        workspace.project.load(name)  # names the nearest import where there is none of this name
        raise UsageError(f"{name} has not run yet", hint=f"jobpipe run {name}")
    return row


def run_numbered(number: int) -> Run:
    from jobpipe.errors import UsageError
    from jobpipe.ledger.models import Run

    run = Run.objects.select_related("import_row").filter(pk=number).first()
    if run is None:
        raise UsageError(f"there is no run {number}", hint="`jobpipe runs` lists them")
    return run
