"""Knowing the same bytes again without cutting them: what differs comes whole, whatever the chunks are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobpipe.runs.same_bytes import SameBytes
from jobpipe.sources.archive import BLOCK, ArchiveReader, ArchiveWriter

STREAM = random.Random(3).randbytes(2 * BLOCK + 12_345)


def kept(folder: Path, stream: bytes) -> ArchiveReader:
    with ArchiveWriter(folder, 1, 0) as writer:
        writer.write(stream)
    return ArchiveReader(folder, 1, 0)


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[start : start + size] for start in range(0, len(stream), size))


@pytest.mark.parametrize("size", [1_000_000, BLOCK, 3 * BLOCK, 65_537])
@pytest.mark.parametrize("length", [0, 1, BLOCK, 2 * BLOCK, len(STREAM)])
def test_the_same_stream_passes_nothing(tmp_path: Path, size: int, length: int) -> None:
    same = SameBytes(kept(tmp_path, STREAM[:length]))
    assert list(same.pass_on(pieces(STREAM[:length], size))) == []
    assert same.is_same


@pytest.mark.parametrize("size", [1_000_000, BLOCK, 3 * BLOCK, 65_537])
@pytest.mark.parametrize("place", [0, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_a_stream_that_differs_anywhere_passes_whole(tmp_path: Path, size: int, place: int) -> None:
    other = bytearray(STREAM)
    other[place] ^= 1
    same = SameBytes(kept(tmp_path, STREAM))
    assert b"".join(same.pass_on(pieces(bytes(other), size))) == other
    assert not same.is_same


@pytest.mark.parametrize("change", [-1, 1, -BLOCK, BLOCK])
def test_a_stream_that_is_shorter_or_longer_passes_whole(tmp_path: Path, change: int) -> None:
    other = (STREAM + STREAM)[: len(STREAM) + change]
    same = SameBytes(kept(tmp_path, STREAM))
    assert b"".join(same.pass_on(pieces(other, 1_000_000))) == other
    assert not same.is_same
