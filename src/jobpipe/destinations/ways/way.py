"""What a way out is: files that are swapped in whole, or changes that are sent in batches.

A way out keeps no state and decides nothing: what is sent, in which order and how often is `jobpipe.runs.deliveries`'.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from jobpipe.errors import JobpipeError, Place

Action = Literal["upsert", "remove"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One posting's change on its way to one destination."""

    # What names the posting there, always: import name and key, `apec/178-22`.
    id: str
    # The import and the client of the posting, and its key within the import.
    import_name: str
    client: str
    key: str
    action: Action
    # Of this destination's changes of the posting: 1, 2, …  Whoever gets a lower one than it has ignores it.
    number: int
    # Of the posting's content; it may come again after the posting was away.
    revision: int
    # Names this change: whoever has seen it has done it.
    idempotency_key: str
    # The posting as JSON, shaped for the destination; b"" of a removal.
    body: bytes = b""


class Fate(enum.Enum):
    """What became of one change."""

    ACCEPTED = "accepted"
    # The destination will not have it: sent again it would be refused again.
    REFUSED = "refused"
    # Nothing was said of it, or that it may be tried again.
    AGAIN = "again"


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemAnswer:
    fate: Fate
    # The destination's own words or number for it, short.
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """To a batch that was answered."""

    # By `Change.idempotency_key`; a change that is not there was accepted.
    items: dict[str, ItemAnswer] = field(default_factory=dict)
    # Of the whole, short: `HTTP 200`.
    said: str = ""


class WayError(JobpipeError):
    """A batch or a file that did not get through."""

    code = "JP5001"


class NotReachedError(WayError):
    """The destination has surely not had it: no connection, a busy answer before the body was taken."""

    code = "JP5002"


class UnknownFateError(WayError):
    """The destination may have had it: a timeout, a connection lost, an error of its own."""

    code = "JP5003"


class RefusedError(WayError):
    """The destination refuses the batch as a whole: one of its items may be guilty."""

    code = "JP5004"


class RejectedLoginError(NotReachedError):
    """The destination does not let us in, or is not there (401, 403, 404): a person is needed."""

    code = "JP5005"


class TooSoonError(NotReachedError):
    """It asks to come back later."""

    code = "JP5006"

    def __init__(self, message: str, seconds: float, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message, place=place, hint=hint)
        # From now.
        self.seconds = seconds


class ChangesWay(Protocol):
    """Not for several threads at once."""

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        """All of them, in their order. `idempotency_key`: of the batch; the same batch always has the same.

        Raises one of the errors above; no other.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """One file of a snapshot, as it lies here."""

    # Its name there, without a folder: `jobs.xml.gz`.
    name: str
    path: Path
    # Bytes, and the SHA-256 of them in hexadecimal digits.
    size: int
    digest: str


class SnapshotWay(Protocol):
    """Not for several threads at once."""

    def publish(self, files: Sequence[Ready]) -> str:
        """Each under a temporary name, then all renamed, the first (the feed, or the index of its pages) last.

        May be repeated. What it says of it, short: where it lies. Raises as `ChangesWay.send`.
        """
        ...

    def close(self) -> None: ...
