"""What a set-up needs, looked at piece by piece: what is wrong, and what to do about it. Nothing is changed, but that a
project's state is made where it is not there yet."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from jobpipe.definition.models import Definition
from jobpipe.definition.project import Project
from jobpipe.definition.secret_values import problems_of_variables
from jobpipe.errors import JobpipeError
from jobpipe.health.readiness import LEAST_FREE
from jobpipe.runs.checking import load_checked
from jobpipe.runs.secret_values import environ_of
from jobpipe.runs.workspace import Workspace, open_workspace
from jobpipe.safety.secrets import redact
from jobpipe.sources.asking import way_of
from jobpipe.sources.transports import scheme_of

_OK, _WARNING, _WRONG = "ok", "warning", "wrong"
# Seconds by which the clocks of a cluster may differ before it is said.
_CLOCK_DIFFERENCE = 5.0
# What a source needs that is not in the core: module, extra.
_OF_WAYS = {"site": ("scrapy", "crawl"), "soap": ("zeep", "soap")}
_OF_SCHEMES = {"sftp": ("asyncssh", "sftp"), "imaps": ("imap_tools", "mail"), "imap": ("imap_tools", "mail")}


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    # ok, warning or wrong.
    level: str
    said: str
    # What to do; "" = nothing.
    advice: str = ""


def examine(project: Project) -> Iterator[Finding]:
    """Each as it is found; what cannot be looked at is wrong too."""
    for name, look in _LOOKS.items():
        try:
            yield from look(project)
        except (JobpipeError, OSError) as error:
            hint = error.hint if isinstance(error, JobpipeError) else ""
            said = str(error.place) + ": " + error.message if isinstance(error, JobpipeError) else str(error)
            yield Finding(name, _WRONG, redact(said.removeprefix(": ")), hint)


def _python(project: Project) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    import sqlite3

    yield Finding("Python", _OK, f"{version}, SQLite {sqlite3.sqlite_version}")


def _folder(project: Project) -> Iterator[Finding]:
    state = project.state_dir
    state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=state):
        pass
    yield Finding("folder", _OK, f"{state} can be written to")
    if not os.access(project.root, os.W_OK):
        yield Finding("folder", _OK, f"{project.root} is read-only: definitions are changed elsewhere")


def _disk(project: Project) -> Iterator[Finding]:
    usage = shutil.disk_usage(project.state_dir)
    said = f"{usage.free / 1e9:,.1f} GB of {usage.total / 1e9:,.1f} GB are free"
    if usage.free < LEAST_FREE:
        yield Finding("disk", _WRONG, said, "make room, or let `state` in jobpipe.yaml name a folder on another disk")
    elif usage.free < usage.total * 0.1:
        yield Finding("disk", _WARNING, said, "an import that grows may fill it")
    else:
        yield Finding("disk", _OK, said)


def _stores(project: Project) -> Iterator[Finding]:
    from jobpipe.ledger.clock import ledger_time
    from jobpipe.ledger.models import Import
    from jobpipe.ledger.opening import SCHEMA, is_shared

    with open_workspace(project) as workspace:
        where = "PostgreSQL" if is_shared() else "SQLite"
        yield Finding("ledger", _OK, f"{where}, schema {SCHEMA}, {Import.objects.count():,} imports")
        number = Import.objects.values_list("pk", flat=True).first()
        workspace.documents.rows(number or 1, [1])
        yield Finding("documents", _OK, "MongoDB" if project.settings.cluster.documents else "SQLite")
        difference = abs((ledger_time() - datetime.now(UTC)).total_seconds())
        if difference > _CLOCK_DIFFERENCE:
            said = f"this machine's clock and that of the ledger's server differ by {difference:,.0f} s"
            yield Finding("clock", _WARNING, said, "let both follow a time server; schedules go by the ledger's")
        elif time.time() < 1_700_000_000:
            yield Finding("clock", _WRONG, f"it is {datetime.now(UTC):%Y-%m-%d}", "set this machine's clock")
        else:
            yield Finding("clock", _OK, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")


def _broker(project: Project) -> Iterator[Finding]:
    address = project.settings.cluster.resolved(os.environ).broker
    if not address:
        return
    import socket

    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "localhost", parts.port or 5672), timeout=5):
        yield Finding("broker", _OK, f"{parts.hostname} answers")


def _zones(project: Project) -> Iterator[Finding]:
    from zoneinfo import available_timezones

    number = len(available_timezones())
    if number < 100:
        yield Finding("time zones", _WRONG, f"{number} are known", "pip install tzdata, or the package tzdata")
    else:
        yield Finding("time zones", _OK, f"{number}; schedules are in {project.settings.zone} where they name none")


def _definitions(project: Project) -> Iterator[Finding]:
    names = project.imports()
    sound = 0
    for name in names:
        try:
            definition = load_checked(project, name).definition
        except JobpipeError as error:
            yield Finding(name, _WRONG, redact(str(error).partition("\n")[0]), f"jobpipe check {name}")
            continue
        sound += 1
        missing = [one for one in problems_of_variables(definition, os.environ) if one.is_missing]
        if missing:
            yield Finding(name, _WRONG, "; ".join(dict.fromkeys(one.message for one in missing)), "set it, or pass it")
        for module, extra in _needs(definition):
            if importlib.util.find_spec(module) is None:
                said = f"its source needs {module}"
                yield Finding(name, _WRONG, said, f"pip install 'job-pipe[{extra}]'")
    level = _OK if sound == len(names) else _WRONG
    yield Finding("definitions", level, f"{sound:,} of {len(names):,} are valid")


def _needs(definition: Definition) -> set[tuple[str, str]]:
    source = definition.source
    found = {_OF_WAYS[way]} if (way := way_of(source)) in _OF_WAYS else set()
    return found | {_OF_SCHEMES[scheme] for one in source.locations if (scheme := scheme_of(one)) in _OF_SCHEMES}


def _destinations(project: Project) -> Iterator[Finding]:
    from jobpipe.runs.deliveries.feeding import Feeding
    from jobpipe.runs.deliveries.forgetting import gone_destinations

    names = project.destinations()
    with open_workspace(project) as workspace:
        environ = environ_of(project)
        faults = {name: fault for name in names if (fault := _fault_of(workspace, name, environ))}
        gone = gone_destinations(project)
    for name, (said, advice) in faults.items():
        yield Finding(name, _WRONG, said, advice)
    for lost, imports in Feeding(project).named().items():
        if lost not in names:
            said = f"{', '.join(imports)} name it in `deliver`, and there is no destinations/{lost}.yaml"
            yield Finding(lost, _WRONG, said, "write it, or take it out of `deliver`")
    for name in gone:
        yield Finding(name, _WARNING, "its file is gone", f"jobpipe destinations forget {name}")
    if names:
        level = _WRONG if faults else _OK
        yield Finding("destinations", level, f"{len(names) - len(faults):,} of {len(names):,} can be delivered to")


def _fault_of(workspace: Workspace, name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """What keeps its way from being opened, and what to do: a file that is not valid, a secret, a package."""
    from jobpipe.runs.deliveries.delivering import open_way_out
    from jobpipe.runs.deliveries.wanting import Wanting

    try:
        definition = workspace.project.load_destination(name)
        Wanting(workspace.documents, definition)
        open_way_out(workspace.project, definition, environ).close()
    except JobpipeError as error:
        return redact(str(error).partition("\n")[0]), error.hint
    return None


def _schedules(project: Project) -> Iterator[Finding]:
    from jobpipe.ledger.clock import ledger_time
    from jobpipe.runs.overview import overviews
    from jobpipe.runs.scheduling.duty import is_taken
    from jobpipe.runs.scheduling.written import WrittenSchedules

    written = [one for one in WrittenSchedules(project.root).read() if one.schedule is not None]
    if not written:
        yield Finding("schedules", _OK, "no import has one: each runs when it is asked to")
        return
    with open_workspace(project) as workspace:
        if is_taken(workspace.locks):
            yield Finding("schedules", _OK, f"{len(written):,} imports have one, and a scheduler is running")
        else:
            said = f"{len(written):,} imports have one, and nobody schedules"
            command = "jobpipe scheduler" if project.settings.cluster.broker else "jobpipe serve"
            yield Finding("schedules", _WARNING, said, f"{command} runs them when they are due")
        missed = [one.name for one in overviews(ledger_time()) if one.state in ("late", "down")]
        if missed:
            shown = ", ".join(missed[:5]) + (" …" if len(missed) > 5 else "")
            yield Finding("imports", _WARNING, f"late or down: {shown}", "jobpipe status says since when and why")


_LOOKS: dict[str, Callable[[Project], Iterator[Finding]]] = {
    "Python": _python,
    "folder": _folder,
    "disk": _disk,
    "stores": _stores,
    "broker": _broker,
    "time zones": _zones,
    "definitions": _definitions,
    "destinations": _destinations,
    "schedules": _schedules,
}
