"""Going on with a file whose server always begins at the beginning."""

from __future__ import annotations

from collections.abc import AsyncIterator

import xxhash


async def read_past(chunks: AsyncIterator[bytes], size: int, digest: bytes) -> bytes | None:
    """Take `size` bytes from `chunks` that were delivered before, and give what is left of the last chunk.

    None where they are not byte for byte those with this digest (xxh3_128): the file is another one.
    """
    again = xxhash.xxh3_128()
    rest = b""
    while size:
        chunk = await anext(chunks, b"")
        if not chunk:
            return None
        again.update(chunk[:size])
        rest = chunk[size:]
        size -= min(size, len(chunk))
    return rest if again.digest() == digest else None
