"""The first records of a source, as far as they are needed to know what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from jobpipe.errors import RecordError, SourceError
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.packing.compression import compression_of
from jobpipe.sources.record import Ending, FormatSettings, RawRecord
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.transports.transport import Request
from jobpipe.sources.unpacking import Document, UnpackLimits, unpack

# Records that are looked at, and bytes that are read for them at most.
ENOUGH_RECORDS = 300
MOST_BYTES = 24 * 1024 * 1024
# Those of them that stay with a draft, and their bytes together.
KEPT_RECORDS = 25
_KEPT_BYTES = 256 * 1024
# What is kept of a document's beginning.
_HEAD = 64 * 1024


@dataclass(slots=True)
class Sample:
    """What is known of a source from its first records; it grows while they are read."""

    # Without secrets.
    shown: str
    name: str = ""
    charset: str = ""
    compression: str = ""
    # The document in an archive that was read; "" = it is none.
    document: str = ""
    head: bytes = b""
    records: list[RawRecord] = field(default_factory=list)
    # Each record as its reader made it, and as plain values; those that cannot be read are left out.
    roots: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    # xml json csv: which reader takes them; "" = there are none.
    kind: str = ""
    is_workbook: bool = False
    encoding: str = ""
    unreadable: int = 0
    # None = there is more than was read.
    ending: Ending | None = None
    why: str = ""
    # The whole document, where it is JSON and was read to its end: for totals and pages.
    whole: Any = None

    @property
    def format(self) -> str:
        return "xlsx" if self.is_workbook else self.kind


def sample(request: Request, shown: str, settings: FormatSettings | None = None) -> Sample:
    """Raises SourceError where the location cannot be reached or nothing of it be read."""
    with open_stream(request) as stream:
        arrival = stream.arrival
        found = Sample(shown, arrival.name, arrival.charset)
        return read_sample(found, iter(stream), settings or FormatSettings())


def sample_of_records(records: Sequence[RawRecord]) -> Sample:
    """As `sample`, of records that were read before."""
    found = Sample("the records of a draft", records=list(records))
    _read(found)
    return found


def kept_with_draft(records: Sequence[RawRecord]) -> tuple[RawRecord, ...]:
    """The first sound ones, as many as are small enough together."""
    kept: list[RawRecord] = []
    size = 0
    for record in records:
        size += len(record.raw)
        if len(kept) >= KEPT_RECORDS or size > _KEPT_BYTES:
            break
        if not record.flaw:
            kept.append(record)
    return tuple(kept)


def read_sample(found: Sample, chunks: Iterator[bytes], settings: FormatSettings) -> Sample:
    """As `sample`, of bytes that are there already; `found` has what is known of them."""
    settings = msgspec.structs.replace(settings, transport_encoding=found.charset or None)
    first = next(chunks, b"")
    found.compression = compression_of(first)
    limits = UnpackLimits(unpacked=4 * MOST_BYTES)
    try:
        for document in unpack(_bounded(first, chunks), found.name, limits):
            if found.compression:
                found.document = document.name
            _take(found, document, settings)
            if found.records:
                break
    except SourceError as error:
        if not found.records:
            raise
        found.why = str(error)
    _read(found)
    return found


def _bounded(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = len(first)
    yield first
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size >= MOST_BYTES:
            return


def _take(found: Sample, document: Document, settings: FormatSettings) -> None:
    """A document's first records; the head of it stays for whoever asks about the format."""
    splitter = open_splitter(settings, document.name)
    kept: list[bytes] = []
    size = 0
    try:
        for chunk in document.chunks:
            if size < MOST_BYTES:
                kept.append(chunk)
            size += len(chunk)
            found.records += splitter.feed(chunk)
            if len(found.records) >= ENOUGH_RECORDS or size >= MOST_BYTES:
                break
        else:
            _end(found, splitter)
    finally:
        taken = b"".join(kept)
        found.head = taken[:_HEAD]
    if found.ending is not None:
        found.whole = _whole_of(taken, found)
    del found.records[ENOUGH_RECORDS:]


def _end(found: Sample, splitter: Any) -> None:
    rest, found.ending = splitter.close()
    found.records += rest
    found.why = found.ending.why


def _whole_of(document: bytes, found: Sample) -> Any:
    if not found.records or found.records[0].context.kind != "json":
        return None
    try:
        return msgspec.json.decode(document)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _read(found: Sample) -> None:
    if not found.records:
        return
    context = found.records[0].context
    found.kind, found.encoding = context.kind, context.encoding
    found.is_workbook = context.kind == "csv" and context.dialect is None
    reader = reader_for(context.kind)
    for record in found.records:
        try:
            if record.flaw:
                raise RecordError(record.flaw, reason="malformed")
            root, _ = reader.read(record.raw, record.context)
        except RecordError:
            found.unreadable += 1
            continue
        found.roots.append(root)
        found.values.append(reader.as_value(root))
