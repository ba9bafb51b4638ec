"""Zip archives: spooled to a temporary file, because their table of contents is at their end."""

from __future__ import annotations

import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from jobpipe.errors import LimitExceededError, Place, SourceError
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.sources.packing.compression import PIECE, TruncatedInputError
from jobpipe.sources.packing.member import Member, is_litter
from jobpipe.sources.packing.meter import Meter

# What every spreadsheet (and every other document of such a suite) has inside.
_OFFICE_PARTS = frozenset({"[Content_Types].xml", "xl/workbook.xml", "xl/workbook.bin"})
# Bytes, and where zipfile's end record has them.
_LARGEST_TABLE = 16 * MEGABYTE
_TABLE_SIZE = 5
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument"
# What zipfile raises where an archive is damaged: it believes what the archive says of itself.
DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, IndexError, OverflowError),
)


def read_zip(chunks: Iterator[bytes], name: str, meter: Meter, spool_folder: Path | None) -> Iterator[Member]:
    """The plain files of an archive, by name; the whole archive as one member where it is a spreadsheet.

    Raises what `unpack` raises.
    """
    with tempfile.TemporaryFile(dir=spool_folder, prefix="jobpipe-") as spool:
        _spool(chunks, spool, meter)
        _check_contents_table(spool, meter)
        try:
            archive = zipfile.ZipFile(spool)
        except (NotImplementedError, *DAMAGES) as error:
            raise _unreadable(error, meter) from error
        with archive:
            entries = archive.infolist()
            for _ in entries:
                meter.count_member()
            if _is_spreadsheet(archive):
                # Whoever opens it unpacks it: what it says of its size is held against the limits here.
                meter.check(meter.bytes_out + sum(entry.file_size for entry in entries))
                yield Member(name, _whole(spool), is_final=True)
                return
            wanted = [entry for entry in entries if _is_file(entry) and not is_litter(entry.filename)]
            meter.check(meter.bytes_out + sum(entry.file_size for entry in wanted))
            for entry in sorted(wanted, key=lambda entry: entry.filename):
                yield Member(entry.filename, _contents(archive, entry, meter))


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """What has no name is nothing that could be read by it."""
    return bool(entry.filename) and not entry.is_dir()


def _spool(chunks: Iterator[bytes], spool: IO[bytes], meter: Meter) -> None:
    try:
        for chunk in chunks:
            spool.write(chunk)
    except TruncatedInputError as error:
        raise TruncatedInputError(
            f"the zip archive is not whole: {error.message}", place=Place(source=meter.shown), hint=error.hint
        ) from error
    spool.seek(0)


def _check_contents_table(spool: IO[bytes], meter: Meter) -> None:
    """zipfile reads the table at once, whatever size the archive claims for it."""
    try:
        end = zipfile._EndRecData(spool)  # type: ignore[attr-defined]
    except DAMAGES:
        return
    if end and end[_TABLE_SIZE] > _LARGEST_TABLE:
        raise LimitExceededError(
            f"the zip archive has a table of contents of {show_size(end[_TABLE_SIZE])}",
            place=Place(source=meter.shown),
            hint="no feed has that many files",
        )


def _contents(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    place = Place(source=meter.shown)
    if entry.flag_bits & 0x1:
        raise SourceError(f"{entry.filename} in the zip archive is locked with a password", place=place)
    try:
        with archive.open(entry) as file:
            while piece := file.read(PIECE):
                meter.count(piece)
                yield piece
    except NotImplementedError as error:
        raise SourceError(
            f"{entry.filename} in the zip archive is packed in a way that cannot be read: {error}", place=place
        ) from error
    except DAMAGES as error:
        raise TruncatedInputError(
            f"{entry.filename} in the zip archive is damaged: {error}", place=place, hint="what came before was read"
        ) from error


def _is_spreadsheet(archive: zipfile.ZipFile) -> bool:
    names = archive.NameToInfo
    if not _OFFICE_PARTS.isdisjoint(names):
        return True
    kind = names.get("mimetype")
    if kind is None or kind.file_size > 200 or kind.flag_bits & 0x1:
        return False
    try:
        return archive.read(kind).startswith(_OPEN_DOCUMENT)
    except (NotImplementedError, *DAMAGES):
        return False


def _whole(spool: IO[bytes]) -> Iterator[bytes]:
    spool.seek(0)
    while piece := spool.read(PIECE):
        yield piece


def _unreadable(error: Exception, meter: Meter) -> SourceError:
    return TruncatedInputError(
        f"the zip archive is cut off or damaged after {meter.bytes_in:,} bytes: {error}",
        place=Place(source=meter.shown),
        hint="fetch it again, or ask the publisher for a whole file",
    )
