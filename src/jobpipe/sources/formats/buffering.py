"""Bytes that wait to be cut: chunks are joined once they are worth looking at."""

from __future__ import annotations

# Chunks are collected up to this size, so that tiny ones cost no more than large ones.
BLOCK_BYTES = 64 * 1024


class Buffer:
    """Chunks in, blocks out.

    What a splitter could not use of a block is looked at again only when it has at least doubled, so that the
    work is in proportion to the bytes however large a record is and however small the chunks are.
    """

    def __init__(self, limit: int) -> None:
        """`limit`: beyond so many unused bytes the splitter wants to see them without waiting to double."""
        self._limit = limit
        self._chunks: list[bytes] = []
        self._held = 0
        self._wanted = BLOCK_BYTES

    def add(self, chunk: bytes) -> bool:
        """Whether there is enough to look at."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        return self._held >= self._wanted

    def want(self, size: int) -> None:
        """Bytes that must be there before the next look."""
        self._wanted = size

    def take(self) -> bytes:
        """All that is there."""
        chunks, self._chunks, self._held = self._chunks, [], 0
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def keep(self, rest: bytes) -> None:
        """What could not be used; it comes first in the next block."""
        if rest:
            self._chunks.insert(0, rest)
            self._held += len(rest)
        self._wanted = max(BLOCK_BYTES, min(2 * len(rest), max(self._limit, len(rest)) + BLOCK_BYTES))
