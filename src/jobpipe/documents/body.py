"""One body: the posting and the raw record that made it, in one compressed frame.

The frame is zstd (RFC 8878) over msgpack (posting JSON, raw bytes, context digest, note).  Compressed
together they share their text: a description is stored once.
"""

from __future__ import annotations

import msgspec
from backports import zstd

LEVEL = 1
# A body is read back by us alone, but a damaged file must not take the memory.
MAX_BODY_BYTES = 256 * 1024 * 1024


class Body(msgspec.Struct, array_like=True, gc=False):
    # Canonical JSON of the posting; b"" for a record that became none.
    posting: bytes
    raw: bytes
    # Of the context that `raw` is read in.
    context: bytes = b""
    # For a rejected record: reason, field, message.
    note: tuple[str, str, str] | None = None
    # Where the raw record began in its part (bytes of the unpacked document).
    offset: int = -1


# What every frame of zstd begins with, and no array of MessagePack.
_ZSTD = b"\x28\xb5\x2f\xfd"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Body)
_compressor = zstd.ZstdCompressor(level=LEVEL)


def pack(body: Body) -> bytes:
    return _compressor.compress(_encoder.encode(body), zstd.ZstdCompressor.FLUSH_FRAME)


def pack_loosely(body: Body) -> bytes:
    """Not compressed: for what is looked at once, and not stored."""
    return _encoder.encode(body)


def unpack(frame: bytes) -> Body:
    return _decoder.decode(zstd.decompress(frame) if frame.startswith(_ZSTD) else frame)
