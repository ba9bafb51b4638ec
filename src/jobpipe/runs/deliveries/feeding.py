"""Which imports feed which destination: their definitions name it in `deliver`."""

from __future__ import annotations

from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Import


class Feeding:
    """Read again where a file has changed. A definition that is not valid names what it named when it last was.

    For any number of threads.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[Stamp | None, tuple[str, ...]]] = {}
        self._named: tuple[dict[str, Stamp | None], dict[str, list[str]]] | None = None

    def imports_of(self, destination: str) -> list[Import]:
        """Those that have run, by their numbers; one whose file is gone keeps what it has there until it is removed."""
        return list(Import.objects.filter(name__in=self.named().get(destination, ())).order_by("pk"))

    def named(self) -> dict[str, list[str]]:
        """Destination -> the imports that name it, whether there is a file of that name or not."""
        stamps = self._project.import_stamps()
        known = self._named
        if known is None or known[0] != stamps:
            found: dict[str, list[str]] = {}
            for name, stamp in stamps.items():
                for destination in self._destinations_of(name, stamp):
                    found.setdefault(destination, []).append(name)
            known = self._named = stamps, found
        return {destination: list(names) for destination, names in known[1].items()}

    def destinations_of(self, name: str) -> tuple[str, ...]:
        """Those that one import names."""
        return self._destinations_of(name, stamp_of(self._project.root / "imports" / f"{name}.yaml"))

    def _destinations_of(self, name: str, stamp: Stamp | None) -> tuple[str, ...]:
        before = self._known.get(name)
        if before is not None and before[0] == stamp:
            return before[1]
        try:
            names = tuple(self._project.load(name).definition.deliver)
        except JobpipeError:
            names = before[1] if before else ()
        self._known[name] = stamp, names
        return names
