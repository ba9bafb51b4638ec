"""What became of each record of a batch, packed: one byte and one row number a record.

The account of a run is derived from these when it ends, never added up on the way.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator

import msgspec
from backports import zstd

from jobpipe.errors import InternalError
from jobpipe.lifecycle import Outcome

# Beside the outcome in its byte: the posting had expired and is back.
REAPPEARED = 0x10
_OUTCOME = 0x0F
_MAX_BYTES = 64 * 1024 * 1024


class _Packed(msgspec.Struct, array_like=True):
    first: int
    outcomes: bytes
    rows: bytes


class Verdicts:
    """Of the records `first`, `first + 1`, … of a run, in order."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._outcomes = bytearray()
        self._rows = array("I")

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def last(self) -> int:
        return self.first + len(self._outcomes) - 1

    def add(self, outcome: Outcome, row: int, *, reappeared: bool = False) -> None:
        self._outcomes.append(outcome | (REAPPEARED if reappeared else 0))
        self._rows.append(row)

    def set_row(self, ordinal: int, row: int) -> None:
        """The number that the store gave to a row which was new when its verdict was added."""
        self._rows[ordinal - self.first] = row

    def pack(self) -> bytes:
        rows = self._rows
        if sys.byteorder == "big":
            rows = array("I", rows)
            rows.byteswap()
        return zstd.compress(msgspec.msgpack.encode(_Packed(self.first, bytes(self._outcomes), rows.tobytes())), 1)

    @classmethod
    def unpack(cls, packed: bytes) -> Verdicts:
        frame = zstd.decompress(packed)
        if len(frame) > _MAX_BYTES:
            raise InternalError("a batch of verdicts is too large")
        read = msgspec.msgpack.decode(frame, type=_Packed)
        verdicts = cls(read.first)
        verdicts._outcomes = bytearray(read.outcomes)
        verdicts._rows = array("I", read.rows)
        if sys.byteorder == "big":
            verdicts._rows.byteswap()
        return verdicts

    def __iter__(self) -> Iterator[tuple[int, Outcome, int, bool]]:
        """(ordinal, outcome, row, reappeared)"""
        for index, byte in enumerate(self._outcomes):
            yield self.first + index, Outcome(byte & _OUTCOME), self._rows[index], bool(byte & REAPPEARED)

    def count(self) -> dict[Outcome, int]:
        """How many records of each outcome."""
        return {outcome: self._count(outcome) for outcome in Outcome}

    def _count(self, outcome: Outcome) -> int:
        return self._outcomes.count(outcome) + self._outcomes.count(outcome | REAPPEARED)

    def count_reappeared(self) -> int:
        return sum(self._outcomes.count(outcome | REAPPEARED) for outcome in Outcome)
