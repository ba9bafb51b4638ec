"""A project folder: its imports, mapping tables, hooks and settings."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jobpipe.definition.destination_files import read_destination
from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.definition.environment import with_environment
from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.file_stamp import Stamp, names_in, stamp_of, stamps_in
from jobpipe.definition.keeping import DiskSettings, KeepSettings
from jobpipe.definition.loading import (
    LoadedDefinition,
    load_definition,
    parse_definition,
    parse_yaml,
    read_text,
    validate,
)
from jobpipe.definition.mappings import read_table
from jobpipe.definition.notifying import Channel, Escalation, MailServer, NotifySettings, Recipient, wrong_words
from jobpipe.definition.reporting import ReportSettings
from jobpipe.definition.settings import ClientSettings, ClusterSettings, HostSettings, NearDuplicateSettings, Settings
from jobpipe.definition.spots import spot_of
from jobpipe.errors import Place, UsageError

SETTINGS_FILE = "jobpipe.yaml"
_BLOCKS: Mapping[tuple[str | int, ...], type[BaseModel]] = {
    (): Settings,
    ("hosts",): HostSettings,
    ("cluster",): ClusterSettings,
    ("near_duplicates",): NearDuplicateSettings,
    ("keep",): KeepSettings,
    ("disk",): DiskSettings,
    ("people", "*"): Recipient,
    ("notify",): NotifySettings,
    ("notify", "mail"): MailServer,
    ("notify", "channels", "*"): Channel,
    ("notify", "escalate"): Escalation,
    ("notify", "roles", "*"): Recipient,
    ("report",): ReportSettings,
    ("clients", "*"): ClientSettings,
    ("clients", "*", "report"): ReportSettings,
}
IMPORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|file:")


# Seconds for which a process that is asked for all imports often does not look at each file again.
_LOOK_HOLDS = 0.5


@dataclass(frozen=True, slots=True)
class _Look:
    # By the clock that only goes forward.
    at: float
    folder: Stamp | None
    stamps: dict[str, Stamp | None]


@dataclass(slots=True)
class Project:
    root: Path
    settings: Settings
    _tables: dict[str, Mapping[str, Any]] | None = field(default=None, repr=False)
    # Of the files that they were read from.
    _stamps: tuple[tuple[str, Stamp | None], ...] = field(default=(), repr=False)
    # By import, with the stamp of its file; None = each is read whenever it is asked for.
    _definitions: dict[str, tuple[Stamp | None, LoadedDefinition]] | None = field(default=None, repr=False)
    # Of the files of imports: the last look at all of them.
    _looked: _Look | None = field(default=None, repr=False)

    @property
    def state_dir(self) -> Path:
        return self.root / Path(self.settings.state).expanduser()

    @property
    def workers(self) -> int:
        return self.settings.worker_processes

    def imports(self) -> list[str]:
        """The names of the imports, sorted: those of the files."""
        return names_in(self.root / "imports", ".yaml")

    def import_stamps(self) -> dict[str, Stamp | None]:
        """Of the files of the imports, by their names: whether each is the one that was read before.

        Where definitions are remembered, one that was written in its place is another half a second later at the
        latest; one that is new, gone or put there whole (as editors and this interface do) is at once.
        """
        path = self.root / "imports"
        if self._definitions is None:
            return stamps_in(path, ".yaml")
        folder, now = stamp_of(path), time.monotonic()
        known = self._looked
        if known is None or known.folder != folder or now - known.at > _LOOK_HOLDS:
            known = self._looked = _Look(now, folder, stamps_in(path, ".yaml"))
        return known.stamps

    def load(self, name: str) -> LoadedDefinition:
        """Raises UsageError where there is no such import, DefinitionError where it is not valid."""
        path = self.root / "imports" / f"{name}.yaml"
        if not IMPORT_NAME.fullmatch(name) or not path.is_file():
            raise self._no_import(name)
        if self._definitions is None:
            return _of_import(load_definition(path, f"imports/{path.name}"), name)
        stamp = stamp_of(path)
        known = self._definitions.get(name)
        if known is None or known[0] != stamp:
            known = self._definitions[name] = stamp, _of_import(load_definition(path, f"imports/{path.name}"), name)
        return known[1]

    def remember_definitions(self) -> None:
        """From now on a file that has not changed is not read again: for a process that is asked for all often."""
        if self._definitions is None:
            self._definitions = {}

    def text_of(self, name: str) -> str:
        """Of the definition of an import, whatever it says. Raises as `load` does."""
        path = self.root / "imports" / f"{name}.yaml"
        if name not in self.imports():
            raise self._no_import(name)
        return read_text(path, f"imports/{path.name}")

    def read(self, name: str, text: str, shown: str) -> LoadedDefinition:
        """Another text in the place of that of the import, which may have no file yet. Raises as `load` does."""
        if not IMPORT_NAME.fullmatch(name):
            raise self._no_import(name)
        return _of_import(parse_definition(text, shown), name)

    def destinations(self) -> list[str]:
        """The names of the destinations, sorted: those of the files."""
        return names_in(self.root / "destinations", ".yaml")

    def load_destination(self, name: str) -> DestinationDefinition:
        """Raises UsageError where there is no such destination, DefinitionError where it is not valid."""
        known = self.destinations()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known[:8]) or 'none yet: write one'}"
            raise UsageError(f"this project has no destination {name!r}", place=Place(source=str(self.root)), hint=hint)
        return read_destination(self.root / "destinations" / f"{name}.yaml", name)

    def hooks_source(self) -> str | None:
        """The text of hooks.py; None = the project has none."""
        path = self.root / "hooks.py"
        return read_text(path, path.name) if path.is_file() else None

    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The mapping tables by name. Raises DefinitionError with file and line."""
        paths = sorted((self.root / "mappings").glob("*.csv"))
        stamps = tuple((path.name, stamp_of(path)) for path in paths)
        # A process may live for longer than its tables.
        if self._tables is None or stamps != self._stamps:
            self._stamps = stamps
            self._tables = {path.stem: read_table(path, f"mappings/{path.name}") for path in paths}
        return self._tables

    def taxonomy_files(self) -> Mapping[str, Path]:
        """The files of the taxonomies that developers wrote, by name."""
        return {path.stem: path for path in sorted((self.root / "taxonomies").glob("*.csv"))}

    def resolve(self, location: str) -> str:
        """A relative path counts from the project folder; URLs are left alone."""
        if _URL.match(location) or location.startswith("~"):
            return location
        return str(self.root / location)

    def _no_import(self, name: str) -> UsageError:
        if IMPORT_NAME.fullmatch(name) and (self.root / "imports" / f"{name}.yml").is_file():
            return UsageError(f"definitions end with .yaml: imports/{name}.yml is not read", hint="rename it")
        known = self.imports()
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known[:8]) or 'none yet: jobpipe init'}"
        return UsageError(f"this project has no import {name!r}", place=Place(source=str(self.root)), hint=hint)


def find_project(folder: Path | None, environ: Mapping[str, str]) -> Project:
    """The project in `folder`, else in JOBPIPE_PROJECT, else in the nearest folder upwards; its settings as `environ`
    says, then its file.

    Raises UsageError where there is none, DefinitionError where its settings are not valid.
    """
    named = folder or (Path(environ["JOBPIPE_PROJECT"]) if environ.get("JOBPIPE_PROJECT") else None)
    if named is not None:
        if not (named / SETTINGS_FILE).is_file():
            raise UsageError(
                f"no project: there is no {SETTINGS_FILE}", place=Place(source=str(named)), hint=f"jobpipe init {named}"
            )
        return _open(named.resolve(), environ)
    for candidate in (Path.cwd(), *Path.cwd().parents):
        if (candidate / SETTINGS_FILE).is_file():
            return _open(candidate, environ)
    raise UsageError(
        f"no project here: no {SETTINGS_FILE} in {Path.cwd()} nor above it",
        hint="jobpipe init DIR makes one, -C DIR names one",
    )


def _of_import(loaded: LoadedDefinition, name: str) -> LoadedDefinition:
    if loaded.definition.import_ == name:
        return loaded
    spot = loaded.document.values[("import",)]
    message = f"the import is named {loaded.definition.import_!r} and its file {name}.yaml"
    hint = f"write `import: {name}`, or rename the file"
    raise InvalidFileError(loaded.shown, loaded.text, [Fault(spot, message, hint)])


def _open(root: Path, environ: Mapping[str, str]) -> Project:
    text = read_text(root / SETTINGS_FILE, SETTINGS_FILE)
    document = parse_yaml(text, SETTINGS_FILE)
    settings = validate(Settings, document, text, SETTINGS_FILE, _BLOCKS)
    wrong = wrong_words(settings.people, settings.notify)
    faults = [Fault(spot_of(document, path, of_key=True), message, hint) for path, message, hint in wrong]
    if faults:
        raise InvalidFileError(SETTINGS_FILE, text, faults)
    return Project(root, with_environment(settings, environ))
