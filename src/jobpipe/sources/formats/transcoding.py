"""Bringing a stream to UTF-8 where its bytes cannot be cut as they are, without losing where things stood."""

from __future__ import annotations

import codecs


class Transcoder:
    def __init__(self, codec: str, bom: int) -> None:
        self._codec = codec
        self._decoder = codecs.getincrementaldecoder(codec)("replace")
        # Of the first byte that was not counted yet, in the document as it came.
        self._counted = bom

    def feed(self, chunk: bytes) -> bytes:
        return self._decoder.decode(chunk).encode("utf-8", "replace")

    def finish(self) -> bytes:
        return self._decoder.decode(b"", True).encode("utf-8", "replace")

    def count(self, piece: bytes) -> None:
        """UTF-8 that is done with: it must be whole characters."""
        self._counted = self.offset_of(piece)

    def offset_of(self, piece: bytes) -> int:
        """Where the document stands behind this UTF-8, which follows what was counted."""
        return self._counted + len(piece.decode("utf-8", "replace").encode(self._codec, "replace"))
