"""What comes from sources as documents: cut into records, and each record read, whatever the bytes are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from jobpipe.errors import RecordError, SourceError
from jobpipe.sources.api.page import Page
from jobpipe.sources.formats.encodings import detect_encoding
from jobpipe.sources.formats.html.javascript import JavaScriptError, value_after
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.formats.transcoding import Transcoder
from jobpipe.sources.record import Ending, FormatSettings, RawRecord
from jobpipe.sources.soap import envelope
from jobpipe.sources.unpacking import UnpackLimits, unpack

# Bytes of a piece: a first byte of the input chooses one, and the records must not depend on it.
_SIZES = (1, 2, 3, 7, 64, 1000, 4096)
_PATHS = {
    "xml": ("@id", "title", ".", "a/b", "*", "xpath://title"),
    "json": ("id", "title", "a.b", "a[0]", "jmespath:keys(@)"),
    "csv": ("id", "title", "1"),
}
_RECORDS: dict[str, tuple[str | None, ...]] = {
    "xml": (None, "job", "/r/job", "item"),
    "rss": (None, "item"),
    "json": (None, "jobs", "jobs[*]", "a.b"),
    "ndjson": (None,),
}
_LIMITS = UnpackLimits(unpacked=4_000_000, ratio=100, ratio_counts_from=1_000_000, members=50)
_RECORD_BYTES = 100_000


class FindingError(AssertionError):
    """A law does not hold for an input."""


def split(name: str, kind: str | None) -> Callable[[bytes], None]:
    """The first byte chooses the piece, the second what is told of the document."""

    def check(data: bytes) -> None:
        size, choice, document = _SIZES[data[0] % len(_SIZES)] if data else 1, data[1] if len(data) > 1 else 0, data[2:]
        records = _RECORDS.get(kind or "", (None,))
        settings = FormatSettings(
            format=kind,
            record=records[choice % len(records)],
            encoding=(None, None, "utf-8", "cp1252")[choice // 8 % 4],
            max_record_bytes=_RECORD_BYTES,
            fields=(("title", "css:h1"), ("text", "css:p")) if kind == "html" else (),
        )
        whole = _cut(settings, name, document, max(1, len(document)))
        pieces = _cut(settings, name, document, size)
        if whole != pieces:
            raise FindingError(f"other records in pieces of {size}: {pieces!r} instead of {whole!r}")
        for record in whole[0]:
            read(record)

    return check


def read(record: RawRecord) -> None:
    kind = record.context.kind
    reader = reader_for(kind)
    try:
        root = reader.read(record.raw, record.context).root
    except RecordError:
        return
    reader.as_value(root)
    for path in _PATHS[kind]:
        try:
            reader.values(path)(root)
        except RecordError:
            continue


def _cut(settings: FormatSettings, name: str, document: bytes, size: int) -> tuple[list[RawRecord], Ending | None]:
    """The records; the ending is None where the document was refused, and none of its records count then."""
    splitter = open_splitter(settings, name)
    records: list[RawRecord] = []
    try:
        for start in range(0, len(document), size):
            records += splitter.feed(document[start : start + size])
        last, ending = splitter.close()
    except SourceError:
        return [], None
    return records + last, ending


def unpacked(data: bytes) -> None:
    try:
        for document in unpack(_pieces(data), "feed", _LIMITS):
            for _ in document.chunks:
                pass
    except SourceError:
        pass


def _pieces(data: bytes) -> Iterator[bytes]:
    size = _SIZES[data[-1] % len(_SIZES)] if data else 1
    return (data[start : start + size] for start in range(0, len(data), size))


def encoding(data: bytes) -> None:
    head, declared = data[8:], data[:8].decode("ascii", "replace").strip()
    found = detect_encoding(head, declared=declared or None, in_document=declared, transport=None)
    head.decode(found.codec, "replace")
    transcoder = Transcoder(found.codec, found.bom)
    (transcoder.feed(head) + transcoder.finish()).decode("utf-8")


def javascript(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(JavaScriptError):
        value_after("x = " + text, "x")


def soap(data: bytes) -> None:
    head, _, body = data.partition(b"\n")
    content = envelope.first_part(head.decode("latin-1"), body)
    page = Page("FindOffers", "https://example.org/soap", content)
    try:
        envelope.refuse_fault(page, "FindOffers")
        for record in envelope.cut(page, FormatSettings(max_record_bytes=_RECORD_BYTES)).records:
            read(record)
    except SourceError:
        pass
