"""From what came over the wire to the documents in it: gzip, zstd, xz, bzip2, zip and tar, in each other.

What an input is, its bytes say, not its name: servers and exporters are careless with both.  Nothing is
written to disk but a zip, whose table of contents is at its end, and which is spooled to a temporary file.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.sources.packing.compression import Decoder, TruncatedInputError, compression_of
from jobpipe.sources.packing.meter import Meter, UnpackLimits
from jobpipe.sources.packing.tar import read_tar
from jobpipe.sources.packing.zip import read_zip

__all__ = ["Document", "TruncatedInputError", "UnpackLimits", "unpack"]

# What must be seen to know a tar archive: its first header.
TAR_BLOCK = 512

_ENDINGS = re.compile(r"\.(gz|gzip|zst|zstd|xz|bz2)$", re.IGNORECASE)
_TAR_ENDINGS = re.compile(r"\.(tgz|tzst|txz|tbz2?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """One file for a splitter. Its chunks can be read once, and before the next document is asked for."""

    # The path inside the archive, or the input's own name without the endings of what was unpacked.
    name: str
    chunks: Iterator[bytes]


def unpack(
    chunks: Iterator[bytes], name: str, limits: UnpackLimits | None = None, *, spool_folder: Path | None = None
) -> Iterator[Document]:
    """The documents in a stream of bytes, in the order of the archive (of their names, in a zip).

    `name` is the input's own name, for people and for the documents; `spool_folder` is where a zip may lie
    for a while (the system's folder for temporary files, when None).  A stream that is not packed passes
    as it is; so does a spreadsheet, which is a zip only to those who look inside.

    Raises, from the iterator or from a document's chunks: TruncatedInputError after all that can be read of
    an input which is cut off or damaged, LimitExceededError, SourceError where it cannot be read at all.
    """
    meter = Meter(name, limits or UnpackLimits())
    return _documents(meter.incoming(chunks), name, meter, 0, spool_folder)


def _documents(
    chunks: Iterator[bytes], name: str, meter: Meter, depth: int, spool_folder: Path | None
) -> Iterator[Document]:
    head, chunks = _look_ahead(chunks)
    compression = compression_of(head)
    is_tar = not compression and _is_tar(head, name)
    if not compression and not is_tar:
        yield Document(name, chunks)
        return
    if depth >= meter.limits.depth:
        raise LimitExceededError(
            f"is packed more than {meter.limits.depth} times over", place=Place(source=meter.shown), hint="no feed is"
        )
    if is_tar:
        members = read_tar(chunks, meter)
    elif compression == "zip":
        members = read_zip(chunks, name, meter, spool_folder)
    elif compression in ("7z", "rar"):
        raise SourceError(
            f"is a {compression} archive, which job-pipe does not read",
            place=Place(source=meter.shown),
            hint="ask the publisher for .gz, .zst, .zip or .tar",
        )
    else:
        plain = _plain_name(name)
        yield from _documents(_decode(chunks, compression, meter), plain, meter, depth + 1, spool_folder)
        return
    for member in members:
        if member.is_final:
            yield Document(member.name, member.chunks)
        else:
            yield from _documents(member.chunks, member.name, meter, depth + 1, spool_folder)


def _decode(chunks: Iterator[bytes], compression: str, meter: Meter) -> Iterator[bytes]:
    decoder = Decoder(compression, meter.shown)
    for chunk in chunks:
        for piece in decoder.feed(chunk):
            meter.count(piece)
            yield piece
    decoder.close()


def _look_ahead(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first 512 bytes or more, and the whole stream as it was."""
    seen: list[bytes] = []
    size = 0
    error: Exception | None = None
    try:
        while size < TAR_BLOCK and (chunk := next(chunks, None)) is not None:
            seen.append(chunk)
            size += len(chunk)
    except SourceError as trouble:
        # The bytes before the cut are sound, however few: they come first.
        error = trouble
    head = seen[0] if len(seen) == 1 else b"".join(seen)
    return head, itertools.chain(seen, chunks if error is None else _raising(error))


def _raising(error: Exception) -> Iterator[bytes]:
    raise error
    yield b""


def _is_tar(head: bytes, name: str) -> bool:
    if len(head) < TAR_BLOCK:
        return False
    if head[257:262] == b"ustar":
        return _has_tar_checksum(head)
    # The old form has no mark but its checksum.
    return name.lower().endswith(".tar") and _has_tar_checksum(head)


def _has_tar_checksum(head: bytes) -> bool:
    try:
        stated = int(head[148:156].strip(b" \x00") or b"-1", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 8 * 32 + sum(head[156:TAR_BLOCK])


def _plain_name(name: str) -> str:
    if _TAR_ENDINGS.search(name):
        return _TAR_ENDINGS.sub(".tar", name)
    return _ENDINGS.sub("", name) or name
