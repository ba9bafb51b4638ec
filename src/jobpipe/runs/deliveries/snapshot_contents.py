"""Which postings the files of a snapshot have, and as what: beside them, so that the books say what the files do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from jobpipe.documents.store import StateRow

_NAME = "contents.msgpack"
# Of one piece: its length is before it, in four bytes.
_PIECE = 1_000


class Included(msgspec.Struct, array_like=True, gc=False):
    """One posting, as it was when the file was written."""

    import_id: int
    row: int
    key: str
    revision: int
    digest: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Included]).decode


class Contents:
    """What is being written, by import and growing row."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._some: list[Included] = []

    def add(self, import_id: int, state: StateRow) -> None:
        self._some.append(Included(import_id, state.row, state.key, state.revision, state.posting_digest))
        if len(self._some) == _PIECE:
            self.flush()

    def flush(self) -> None:
        packed = _encode(self._some)
        self._file.write(len(packed).to_bytes(4, "big") + packed)
        self._some = []


@contextmanager
def contents_of(folder: Path) -> Iterator[Contents]:
    """To be written; it is whole when the block has ended."""
    with (folder / _NAME).open("wb") as file:
        contents = Contents(file)
        yield contents
        contents.flush()


def read_contents(folder: Path) -> Iterator[Included]:
    """As they were added. Raises OSError where they are not there."""
    with (folder / _NAME).open("rb") as file:
        while size := file.read(4):
            yield from _decode(file.read(int.from_bytes(size, "big")))
