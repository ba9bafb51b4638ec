"""Compressed streams: told by their first bytes, decoded piece by piece, never more at once than asked."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

from jobpipe.errors import Place, SourceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Of bzip2, after BZh and the level: a block (pi), or the end of a file without one (its square root).
_BZIP2_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")

# Bytes: what one step of a decoder gives at most.
PIECE = 256 * 1024

# Bytes that a decoder is given at once: it copies what it has not used yet at every step.
_BITE = 64 * 1024

# A hostile .xz may ask for gigabytes of dictionary; honest ones need at most 65 MB (xz -9).
_XZ_MEMORY = 80 * 1024 * 1024

_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
    # A zip without a member, and one that was cut into volumes.
    b"PK\x05\x06": "zip",
    b"PK\x07\x08": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
}


class TruncatedInputError(SourceError):
    """An input that ends, or can no longer be decoded, before its natural end.

    Raised after all that came before was given: those bytes are sound, the input is not complete.
    """

    code = "JP2007"


def compression_of(head: bytes) -> str:
    """`gzip zstd xz bzip2 zip 7z rar` by the first bytes of a stream; "" = none of them."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    # A text may well begin with BZh; the number pi in decimals comes after it in a real one.
    if head[:3] == b"BZh" and head[4:10] in _BZIP2_BLOCKS:
        return "bzip2"
    # Zstandard's skippable frame, which may come before the first real one.
    if len(head) >= 4 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50:
        return "zstd"
    return ""


class Decompressor(Protocol):
    """What bz2, lzma and zstd share: one frame, in pieces of a bounded size."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _GzipMember:
    """zlib's decoder in the manners of the three others."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._waiting = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._decoder.decompress(self._waiting + data if self._waiting else data, max(max_length, 0))
        self._waiting = self._decoder.unconsumed_tail
        # A full piece may mean that more lies inside the decoder, even where no input is left over.
        self.needs_input = not self._waiting and len(piece) < max_length
        return piece


_FAULTS = (zlib.error, zstd.ZstdError, lzma.LZMAError, OSError, EOFError)


class Decoder:
    """Decodes one compressed stream of any number of members or frames, pushed in chunk by chunk.

    Zeros after the last member are padding (tapes, some exporters); other bytes there are damage.
    """

    def __init__(self, compression: str, shown: str = "") -> None:
        """`compression` is one of `gzip zstd xz bzip2`; `shown` names the input in errors."""
        self._compression = compression
        self._place = Place(source=shown)
        self._frame = self._new_frame()
        # Of the current frame.
        self._has_begun = False
        self._had_a_frame = False
        # The beginning of what may be the next member, while it is too short to tell.
        self._held = b""
        self.bytes_in = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Pieces of at most 256 KB. Raises TruncatedInputError where the data is damaged."""
        if len(chunk) <= _BITE:
            yield from self._bite(chunk)
            return
        for start in range(0, len(chunk), _BITE):
            yield from self._bite(chunk[start : start + _BITE])

    def _bite(self, chunk: bytes) -> Iterator[bytes]:
        self.bytes_in += len(chunk)
        data = self._held + chunk if self._held else chunk
        self._held = b""
        while data:
            if not self._has_begun:
                data = self._at_a_beginning(data)
                if not data:
                    return
                self._has_begun = True
            yield from self._decode(data)
            if not self._frame.eof:
                return
            data = self._frame.unused_data
            self._frame = self._new_frame()
            self._has_begun = False
            self._had_a_frame = True

    def close(self) -> None:
        """Raises TruncatedInputError where the stream ends inside a member."""
        if self._has_begun or self._held or not self._had_a_frame:
            raise TruncatedInputError(
                f"the {self._compression} data is cut off after {self.bytes_in:,} bytes",
                place=self._place,
                hint="what came before the cut was read; fetch it again, or ask the publisher for a whole file",
            )

    def _decode(self, data: bytes) -> Iterator[bytes]:
        frame = self._frame
        while True:
            try:
                piece = frame.decompress(data, PIECE)
            except _FAULTS as error:
                raise self._damaged(str(error)) from error
            if piece:
                yield piece
            if frame.eof or frame.needs_input:
                return
            data = b""

    def _at_a_beginning(self, data: bytes) -> bytes:
        """The data from where a member begins; "" while there is none, or while it cannot be told."""
        if not self._had_a_frame:
            return data
        data = data.lstrip(b"\x00")
        if 0 < len(data) < 10 and _could_begin(self._compression, data):
            self._held = data
            return b""
        if data and compression_of(data) != self._compression:
            raise self._damaged("what comes after the end of its data is something else")
        return data

    def _new_frame(self) -> Decompressor:
        if self._compression == "gzip":
            return _GzipMember()
        if self._compression == "zstd":
            return zstd.ZstdDecompressor()
        if self._compression == "xz":
            return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        if self._compression == "bzip2":
            return bz2.BZ2Decompressor()
        raise SourceError(f"data compressed with {self._compression} cannot be read", place=self._place)

    def _damaged(self, why: str) -> TruncatedInputError:
        return TruncatedInputError(
            f"the {self._compression} data is damaged near byte {self.bytes_in:,}: {why}",
            place=self._place,
            hint="what came before was read; fetch it again, or ask the publisher for a whole file",
        )


_BEGINNINGS = {
    "gzip": (b"\x1f\x8b\x08",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes((0x50 + low,)) + b"\x2a\x4d\x18" for low in range(16))),
    "xz": (b"\xfd7zXZ\x00",),
    "bzip2": tuple(b"BZh%d" % level + block for level in range(1, 10) for block in _BZIP2_BLOCKS),
}


def _could_begin(compression: str, data: bytes) -> bool:
    """Too few bytes to tell, but those that are there fit."""
    return any(len(data) < len(magic) and magic.startswith(data) for magic in _BEGINNINGS[compression])
