"""Which imports feed which destination: their definitions name it in `deliver`."""

from __future__ import annotations

from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Import


class Feeding:
    """Read again where a file has changed. A definition that is not valid names what it named when it last was."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[Stamp | None, tuple[str, ...]]] = {}

    def imports_of(self, destination: str) -> list[Import]:
        """Those that have run, by their numbers; one whose file is gone keeps what it has there until it is removed."""
        named = {name for name in self._project.imports() if destination in self._destinations_of(name)}
        return list(Import.objects.filter(name__in=named).order_by("pk"))

    def named(self) -> dict[str, list[str]]:
        """Destination -> the imports that name it, whether there is a file of that name or not."""
        found: dict[str, list[str]] = {}
        for name in self._project.imports():
            for destination in self._destinations_of(name):
                found.setdefault(destination, []).append(name)
        return found

    def _destinations_of(self, name: str) -> tuple[str, ...]:
        path = self._project.root / "imports" / f"{name}.yaml"
        stamp = stamp_of(path)
        before = self._known.get(name)
        if before is not None and before[0] == stamp:
            return before[1]
        try:
            names = tuple(self._project.load(name).definition.deliver)
        except JobpipeError:
            names = before[1] if before else ()
        self._known[name] = stamp, names
        return names
