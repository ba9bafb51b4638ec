"""The floor: cut the bytes into records, hash them, look them up, archive them, and nothing else.

No import can be faster that reads every byte, knows what changed and keeps what it read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import xxhash

from bench.peers.answer import Answer, arguments, give

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1024 * 1024
_BEGIN, _END = b"<offre ", b"</offre>"
_DIGEST_BYTES = 16


def main() -> None:
    feed, folder = arguments()
    digests = folder / "digests"
    known = _read(digests)
    seen: dict[bytes, None] = {}
    answer = Answer(unchanged=0)
    for record in _cut(_archived(feed, folder / "archive.zst")):
        digest = xxhash.xxh3_128_digest(record)
        answer.read += 1
        if digest in known:
            answer.unchanged = (answer.unchanged or 0) + 1
        seen[digest] = None
    digests.write_bytes(b"".join(seen))
    give(answer)


def _read(digests: Path) -> frozenset[bytes]:
    packed = digests.read_bytes() if digests.exists() else b""
    return frozenset(packed[at : at + _DIGEST_BYTES] for at in range(0, len(packed), _DIGEST_BYTES))


def _archived(feed: Path, archive: Path) -> Iterator[bytes]:
    compressor = zstd.ZstdCompressor(level=1)
    with feed.open("rb") as source, archive.open("wb") as kept:
        while chunk := source.read(CHUNK):
            kept.write(compressor.compress(chunk))
            yield chunk
        kept.write(compressor.flush())


def _cut(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        at = 0
        while (begin := rest.find(_BEGIN, at)) >= 0 and (end := rest.find(_END, begin)) >= 0:
            at = end + len(_END)
            yield rest[begin:at]
        rest = rest[at:]


if __name__ == "__main__":
    main()
