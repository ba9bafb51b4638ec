"""What a run says of itself while it goes: whoever shows it (a terminal, a log, a page) implements this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Reading:
    """Where a run is."""

    stage: str = "starting"
    records: int = 0
    # Records that were known already.
    known: int = 0
    # Bytes as they came over the wire.
    bytes: int = 0
    # Of the part being read; None where the source does not say.
    total_bytes: int | None = None

    @property
    def share(self) -> float | None:
        """Of the part being read, up to 1; None where nobody can say."""
        return min(1.0, self.bytes / self.total_bytes) if self.total_bytes and self.bytes else None


class Progress:
    """The silent one; others override."""

    def begin(self, name: str, run: int) -> None:
        """The import `name` begins its run."""

    def update(self, reading: Reading) -> None:
        """Called several times a second at most."""

    def say(self, message: str) -> None:
        """Something that a person should know now."""

    def end(self) -> None:
        """The run is over, however."""
