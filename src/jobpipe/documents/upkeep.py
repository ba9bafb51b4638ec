"""What keeping house needs of a store, beside what runs need: `jobpipe.documents.store` stays narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from jobpipe.documents.store import Documents
from jobpipe.errors import InternalError


class StoredBody(NamedTuple):
    row: int
    revision: int
    frame: bytes


class Dropped(NamedTuple):
    bodies: int
    # Of their frames.
    bytes: int


class FilesUpkeep(Protocol):
    """Of a store as a whole."""

    def damage(self) -> list[str]:
        """What the store itself finds wrong with its files, in words."""
        ...

    def rebuild_indexes(self) -> None: ...

    def size(self) -> int:
        """Bytes on the disk; 0 = it is a server's."""
        ...

    def free_pages(self) -> int:
        """Bytes of its files that hold nothing any more."""
        ...

    def compact(self, seconds: float) -> int:
        """Give what is free back to the disk, in at most so long; how many bytes that were."""
        ...

    def copy_to(self, path: str) -> bool:
        """A copy as of one moment, while others write. False = it is a server's, and its own tool does it."""
        ...


class Upkeep(FilesUpkeep, Protocol):
    """Each call is short, or goes in pieces between which others write."""

    def imports(self) -> list[int]:
        """Of which something is stored."""
        ...

    def drop_revisions(self, import_id: int, kept: int, *, dry_run: bool) -> Dropped:
        """The bodies of all but the last `kept` revisions of each row; dry_run: only counted."""
        ...

    def bodies(self, import_id: int) -> Iterator[StoredBody]:
        """All of them, earlier revisions too, by growing row and revision."""
        ...

    def replace_body(self, import_id: int, body: StoredBody) -> None:
        """In the place of the one that is there; nothing where there is none any more."""
        ...

    def drop_bodies(self, import_id: int, bodies: list[tuple[int, int]]) -> None:
        """(row, revision)."""
        ...

    def last_row(self, import_id: int) -> int:
        """The highest number that was given, as the store remembers it."""
        ...

    def highest_row(self, import_id: int) -> int:
        """Of the rows that there are."""
        ...

    def raise_last_row(self, import_id: int, number: int) -> None:
        """The next rows get numbers above this one."""
        ...

    def contexts(self, import_id: int) -> Iterator[tuple[bytes, bytes]]:
        """(digest, packed)."""
        ...

    def replace_context(self, import_id: int, digest: bytes, packed: bytes) -> None: ...

    def highest_fence(self, import_id: int) -> int: ...


@runtime_checkable
class HasUpkeep(Protocol):
    def upkeep(self) -> Upkeep: ...


def upkeep_of(documents: Documents) -> Upkeep:
    if not isinstance(documents, HasUpkeep):
        raise InternalError("these documents are not for keeping house in")
    return documents.upkeep()
