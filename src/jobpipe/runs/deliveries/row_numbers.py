"""Row numbers of one import, packed: a few bytes for each, however many they are."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import accumulate

from backports import zstd


def pack_rows(rows: Iterable[int]) -> bytes:
    """Growing numbers. The distances between them, four bytes each, in one frame of zstd."""
    distances = array("I")
    last = 0
    for row in rows:
        distances.append(row - last)
        last = row
    return zstd.compress(distances.tobytes(), 3)


def unpack_rows(packed: bytes) -> array[int]:
    """Four bytes a row."""
    distances = array("I")
    if packed:
        distances.frombytes(zstd.decompress(packed))
    return array("I", accumulate(distances))
