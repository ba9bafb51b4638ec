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
        # The chunks of the block that is being compared, and its digest so far: nothing is copied.
        held: list[bytes] = []
        size, digest = 0, xxhash.xxh3_128()
        failure: SourceError | None = None
        differs = False
        try:
            for chunk in chunks:
                held.append(chunk)
                view = memoryview(chunk)
                while size + len(view) >= BLOCK:
                    digest.update(view[: BLOCK - size])
                    view = view[BLOCK - size :]
                    if not self._matches(matched, BLOCK, digest):
                        differs = True
                        break
                    matched += 1
                    held = [bytes(view)] if view else []
                    size, digest = 0, xxhash.xxh3_128()
                if differs:
                    break
                digest.update(view)
                size += len(view)
            else:
                self.is_same = self._ends_here(matched, size, digest)
        except SourceError as error:
            failure = error
        if self.is_same:
            return
        # The blocks that were the same are read back from the archive: that is cheaper than keeping them.
        yield from islice(archive, matched)
        yield from held
        if failure is not None:
            raise failure
        yield from chunks

    def _matches(self, number: int, size: int, digest: xxhash.xxh3_128) -> bool:
        assert self._archive is not None
        blocks = self._archive.blocks
        return number < len(blocks) and blocks[number].size == size and blocks[number].digest == digest.digest()

    def _ends_here(self, matched: int, size: int, digest: xxhash.xxh3_128) -> bool:
        assert self._archive is not None
        blocks = len(self._archive.blocks)
        if not size:
            return matched == blocks
        return matched == blocks - 1 and self._matches(matched, size, digest)
