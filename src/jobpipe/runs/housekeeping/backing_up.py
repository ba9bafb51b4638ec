"""A copy of a project's state while runs are under way, and putting one in its place.

The ledger is copied first, the documents after what was delivered of them: documents that are newer than their ledger
are compared again by the next run, and what is newer than what is known of a destination is delivered to it again.
Whatever the order was, `jobpipe.runs.housekeeping.verifying` brings what was put back to agree.  The key of sealed
secrets is in no backup.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import msgspec

from jobpipe.definition.project import Project
from jobpipe.destinations.published import FOLDER as FEEDS
from jobpipe.documents.delivered.opening import FILE as DELIVERIES
from jobpipe.documents.sqlite_compacting import copy
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.errors import JobpipeError, Place, UsageError
from jobpipe.ledger.opening import SCHEMA, is_shared
from jobpipe.runs.disk_space import size_of
from jobpipe.runs.file_lock import is_held
from jobpipe.runs.secret_values import KEY_FILE
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.limits import show_size

LEDGER, DOCUMENTS, ARCHIVE, ABOUT = "ledger.sqlite3", "documents.sqlite3", "archive", "backup.json"
Part = Literal["ledger", "deliveries", "documents", "archive"]
_NAMES: Mapping[Part, str] = {"ledger": LEDGER, "deliveries": DELIVERIES, "documents": DOCUMENTS, "archive": ARCHIVE}
# Of one posting, that a destination may have had since the backup: the next one's number is above them.
CHANGES = 100_000
# What a server's own tool copies.
_OF_SERVERS = {
    "ledger": 'pg_dump --format=custom --file=ledger.dump "$LEDGER_URL"',
    "documents": 'mongodump --uri="$DOCUMENTS_URL" --oplog --gzip --archive=documents.archive',
}


@dataclass(slots=True)
class Backup:
    folder: Path
    # What was copied, with its size.
    copied: dict[str, int] = field(default_factory=dict)
    # What a server keeps, with the command that copies it; in the order in which they are to be called.
    commands: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "copied": self.copied, "commands": self.commands}


def back_up(workspace: Workspace, target: Path, *, with_archive: bool = True) -> Backup:
    """Into a folder that is not there yet, or is empty; it is whole when it has a backup.json.

    Raises UsageError where it is another, JobpipeError where it cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("there is something already", place=Place(source=str(target)), hint="name a new folder")
    state = workspace.project.state_dir
    made = Backup(target)
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_without_room(state, target, with_archive=with_archive)
        begun = datetime.now(UTC)
        if is_shared():
            made.commands["ledger"] = _OF_SERVERS["ledger"]
        else:
            copy(state / LEDGER, target / LEDGER)
        delivered = workspace.delivered_if_any
        if delivered is not None:
            # On a server it lies in the database of the documents.
            delivered.upkeep().copy_to(str(target / DELIVERIES))
        if not upkeep_of(workspace.documents).copy_to(str(target / DOCUMENTS)):
            made.commands["documents"] = _OF_SERVERS["documents"]
        if with_archive:
            _copy_archive(state / ARCHIVE, target / ARCHIVE)
        made.copied = {name: size_of_any(target / name) for name in _NAMES.values() if (target / name).exists()}
        about = {
            "begun": begun.isoformat(),
            "ended": datetime.now(UTC).isoformat(),
            "version": version("job-pipe"),
            "ledger_schema": SCHEMA,
            "holds": list(made.copied),
        }
        (target / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2))
    except OSError as error:
        raise JobpipeError(
            f"the backup cannot be written: {error.strerror or error}",
            place=Place(source=str(target)),
            hint="without a backup.json it is not whole: remove it",
        ) from error
    return made


def size_of_any(path: Path) -> int:
    return size_of(path) if path.is_dir() else path.stat().st_size


def _refuse_without_room(state: Path, target: Path, *, with_archive: bool) -> None:
    wanted = [state / name for name in _NAMES.values() if name != ARCHIVE or with_archive]
    size = sum(size_of_any(path) for path in wanted if path.exists())
    free = shutil.disk_usage(target).free
    if size > free:
        raise UsageError(
            f"a backup takes {show_size(size)}, and {show_size(free)} are free",
            place=Place(source=str(target)),
            hint="--no-archive leaves out what the next runs read anew",
        )


def _copy_archive(source: Path, target: Path) -> None:
    """What goes meanwhile is not missed; what is being written is readable to its last whole block."""
    target.mkdir(exist_ok=True)
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        there = target / path.relative_to(source)
        try:
            if path.is_dir():
                there.mkdir(exist_ok=True)
            elif not path.name.endswith(".new"):
                shutil.copy2(path, there)
        except FileNotFoundError:
            continue


@dataclass(frozen=True, slots=True)
class Restored:
    # What was put back.
    parts: tuple[str, ...]
    # Where what was there before lies now; None = nothing was there.
    before: Path | None


def restore_files(project: Project, source: Path, *, only: Part | None = None) -> Restored:
    """Put the files of a backup in the place of the state, which is moved aside. No run may be under way.

    Opens no store: `verify` with repair is to follow.  Raises UsageError where the backup is not whole, the stores are
    a server's, or an import is held.
    """
    if any(getattr(project.settings.cluster, name) for name in ("ledger", "documents")) and only != "archive":
        raise UsageError(
            "ledger or documents are on servers",
            hint="restore them with their own tools, then: jobpipe verify --repair",
        )
    parts: list[Part] = [only] if only else [part for part in _NAMES if (source / _NAMES[part]).exists()]
    _refuse_unsound(source, parts)
    state = project.state_dir
    _refuse_while_held(state)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    passing = state.with_name(f"{state.name}.restoring")
    shutil.rmtree(passing, ignore_errors=True)
    passing.mkdir(parents=True, mode=0o700)
    for part in parts:
        _copy_part(source / _NAMES[part], passing / _NAMES[part])
    before: Path | None = None
    if state.exists():
        before = state.with_name(f"{state.name}.before-{now}")
        for name in (*(_NAMES[part] for part in _NAMES if part not in parts), KEY_FILE):
            # A backup that knows of no deliveries says nothing of what destinations have.
            if (state / name).exists() and (only or name == DELIVERIES):
                _copy_part(state / name, passing / name)
        if (state / KEY_FILE).exists() and not (passing / KEY_FILE).exists():
            shutil.copy2(state / KEY_FILE, passing / KEY_FILE)
        if (state / FEEDS).exists():
            # What is handed out goes on to be until the next delivery.
            _copy_part(state / FEEDS, passing / FEEDS)
        state.rename(before)
    passing.rename(state)
    return Restored(tuple(parts), before)


def _copy_part(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.suffix == ".sqlite3":
        copy(source, target)
    else:
        shutil.copy2(source, target)


def _refuse_unsound(source: Path, parts: list[Part]) -> None:
    place = Place(source=str(source))
    if not source.is_dir():
        raise UsageError("there is no such folder", place=place)
    if not parts or not any((source / _NAMES[part]).exists() for part in parts):
        raise UsageError("this is no backup", place=place, hint=f"it holds {LEDGER}, {DOCUMENTS} or {ARCHIVE}")
    if (source / ABOUT).exists():
        about = msgspec.json.decode((source / ABOUT).read_bytes())
        if about.get("ledger_schema", 0) > SCHEMA:
            raise UsageError("a later version of job-pipe has made this backup", place=place, hint="use that version")
    elif any(path.name.endswith(".part") for path in source.iterdir()):
        raise UsageError("this backup was not made to its end", place=place, hint="take another one")


def _refuse_while_held(state: Path) -> None:
    for lock in sorted((state / "locks").glob("*.lock")) if (state / "locks").is_dir() else ():
        if is_held(lock):
            raise UsageError(f"{lock.stem} is being imported", hint="stop what runs, then restore")
