"""Knowing a file that has not changed by its bytes, without cutting it, keeping it or writing it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import xxhash

from jobpipe.errors import SourceError
from jobpipe.sources.archive import BLOCK, ArchiveReader


class SameBytes:
    """Holds back a stream as long as it equals what an archive keeps; gives all of it as soon as it differs."""

    def __init__(self, archive: ArchiveReader | None) -> None:
        """None: there is nothing to compare with, and everything passes."""
        self._archive = archive if archive is not None and archive.is_finished else None
        # The stream has ended, and was the archive's to the last byte.
        self.is_same = False

    def pass_on(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        archive = self._archive
        if archive is None:
            yield from chunks
            return
        matched = 0
        held = bytearray()
        failure: SourceError | None = None
        try:
            for chunk in chunks:
                held += chunk
                while len(held) >= BLOCK and self._matches(matched, held[:BLOCK]):
                    del held[:BLOCK]
                    matched += 1
                if len(held) >= BLOCK:
                    break
            else:
                self.is_same = self._ends_here(matched, held)
        except SourceError as error:
            failure = error
        if self.is_same:
            return
        # The blocks that were the same are read back from the archive: that is cheaper than keeping them.
        yield from islice(archive, matched)
        yield bytes(held)
        if failure is not None:
            raise failure
        yield from chunks

    def _matches(self, number: int, piece: bytes | bytearray) -> bool:
        assert self._archive is not None
        blocks = self._archive.blocks
        if number >= len(blocks) or blocks[number].size != len(piece):
            return False
        return xxhash.xxh3_128_digest(piece) == blocks[number].digest

    def _ends_here(self, matched: int, held: bytearray) -> bool:
        assert self._archive is not None
        blocks = len(self._archive.blocks)
        if not held:
            return matched == blocks
        return matched == blocks - 1 and self._matches(matched, held)
