"""Tar archives, read as they come: nothing is written to disk, and only plain files are looked at."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any, cast

from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.sources.packing.compression import PIECE, TruncatedInputError
from jobpipe.sources.packing.member import Member, is_litter
from jobpipe.sources.packing.meter import Meter

_EXTENSIONS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, b"X")


class _HostileHeaderError(Exception):
    """Not one of tarfile's own errors, which it answers by reading on."""


class _CarefulHeader(tarfile.TarInfo):
    """Refuses headers that would make the reader hold much of the archive in memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _EXTENSIONS and self.size > MEGABYTE:
            raise _HostileHeaderError(f"a header of {show_size(self.size)}")
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise _HostileHeaderError("a sparse file")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]

    def _refuse_sparse(self, *_: Any) -> None:
        raise _HostileHeaderError("a sparse file")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse


class _Readable:
    """A stream of chunks as the file that tarfile wants; keeps what went wrong, and how the stream ended."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.error: SourceError | None = None
        self.tail = b""

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        wanted = size
        while wanted:
            if not self._rest:
                self._rest = self._next()
                if not self._rest:
                    break
            part, self._rest = self._rest[:wanted], self._rest[wanted:]
            parts.append(part)
            wanted -= len(part)
        data = b"".join(parts)
        self.tail = (self.tail + data)[-tarfile.BLOCKSIZE :]
        return data

    def _next(self) -> bytes:
        if self.error is not None:
            return b""
        try:
            return next((chunk for chunk in self._chunks if chunk), b"")
        except SourceError as error:
            self.error = error
            return b""

    def drain(self) -> None:
        while self.read(PIECE):
            pass


def read_tar(chunks: Iterator[bytes], meter: Meter) -> Iterator[Member]:
    """The plain files of an archive, in its order. Raises what `unpack` raises."""
    source = _Readable(chunks)
    try:
        with tarfile.open(fileobj=cast(Any, source), mode="r|", tarinfo=_CarefulHeader) as archive:
            while (header := archive.next()) is not None:
                # tarfile keeps every header that it has read; a stream has no use for them.
                cast(Any, archive).members = []
                meter.count_member()
                if header.isreg() and not is_litter(header.name):
                    yield Member(header.name, _contents(archive, header, source, meter))
        source.drain()
    except (tarfile.TarError, _HostileHeaderError) as error:
        raise _trouble(error, source, meter) from error
    if source.error is not None:
        raise source.error
    if source.tail.strip(b"\x00"):
        raise _cut_off(meter)


def _contents(archive: tarfile.TarFile, header: tarfile.TarInfo, source: _Readable, meter: Meter) -> Iterator[bytes]:
    # Not by extractfile(): where the stream ends too early, it withholds the piece that is there.
    stream: Any = archive.fileobj
    missing = header.size
    try:
        stream.seek(header.offset_data)
        while missing:
            piece: bytes = stream.read(min(PIECE, missing))
            if piece:
                yield piece
            missing -= len(piece)
            if missing and len(piece) < PIECE:
                raise source.error or _cut_off(meter)
    except tarfile.TarError as error:
        raise _trouble(error, source, meter) from error


def _trouble(error: Exception, source: _Readable, meter: Meter) -> SourceError:
    place = Place(source=meter.shown)
    if isinstance(error, _HostileHeaderError):
        return LimitExceededError(f"the tar archive has {error}, which no feed needs", place=place)
    if source.error is not None:
        return source.error
    if "unexpected end" in str(error) or "truncated" in str(error):
        return _cut_off(meter)
    return TruncatedInputError(f"the tar archive is damaged: {error}", place=place, hint="what came before was read")


def _cut_off(meter: Meter) -> TruncatedInputError:
    return TruncatedInputError(
        f"the tar archive is cut off after {meter.bytes_in:,} bytes",
        place=Place(source=meter.shown),
        hint="what came before the cut was read; fetch it again, or ask the publisher for a whole file",
    )
