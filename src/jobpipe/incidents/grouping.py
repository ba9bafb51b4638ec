"""Occurrences that are alike are one, before the ledger hears of them: with bounded memory, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from jobpipe.incidents.fingerprint import fingerprint_of
from jobpipe.incidents.occurrence import MAX_SAMPLES, Occurrence

# Of one kind and import that one run may open; what says something else again is counted together.
MAX_GROUPS_A_KIND = 30
MAX_REMEMBERED = 2_000
_REST = "many other messages"


@dataclass(slots=True)
class Group:
    """What is known of one incident's failures by now."""

    fingerprint: str
    first: Occurrence
    count: int = 0

    def add(self, occurrence: Occurrence) -> None:
        self.count += occurrence.count
        if self.first is not occurrence and len(self.first.samples) < MAX_SAMPLES and occurrence.samples:
            samples = (*self.first.samples, *occurrence.samples)[:MAX_SAMPLES]
            self.first = replace(self.first, samples=samples)


class Groups:
    """Of one import (or of none)."""

    def __init__(self, import_name: str, occurrences: Iterable[Occurrence] = ()) -> None:
        self.import_name = import_name
        self._groups: dict[str, Group] = {}
        self._of_kinds: dict[str, int] = {}
        # Of messages that were met: most say the same to the letter.
        self._fingerprints: dict[tuple[str, ...], str] = {}
        for occurrence in occurrences:
            self.add(occurrence)

    def add(self, occurrence: Occurrence) -> None:
        fingerprint = self._fingerprint(occurrence)
        group = self._groups.get(fingerprint)
        if group is None:
            if self._of_kinds.get(occurrence.kind, 0) >= MAX_GROUPS_A_KIND and occurrence.identity != _REST:
                self.add(replace(occurrence, field="", step="", identity=_REST))
                return
            self._of_kinds[occurrence.kind] = self._of_kinds.get(occurrence.kind, 0) + 1
            group = self._groups[fingerprint] = Group(fingerprint, occurrence)
        group.add(occurrence)

    def add_known(self, fingerprint: str, occurrence: Occurrence) -> None:
        """Of an incident that is there already, whatever is said of it today."""
        self._groups.setdefault(fingerprint, Group(fingerprint, occurrence)).add(occurrence)

    def _fingerprint(self, one: Occurrence) -> str:
        said = (one.kind, one.stage, one.step, one.field, one.identity or one.message, "=" if one.identity else "")
        found = self._fingerprints.get(said)
        if found is None:
            found = fingerprint_of(one, self.import_name)
            if len(self._fingerprints) < MAX_REMEMBERED:
                self._fingerprints[said] = found
        return found

    def all(self) -> list[Group]:
        """By fingerprint: whoever locks several rows does so in one order."""
        return [self._groups[name] for name in sorted(self._groups)]
