"""Which reader takes which kind of record, and which part of a record counts for its digest."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.sources.formats.csv.reader import CsvReader
from jobpipe.sources.formats.json.reader import JsonReader
from jobpipe.sources.formats.reading import DigestView, PathError
from jobpipe.sources.formats.xml.reader import XmlReader
from jobpipe.sources.record import ReaderKind

AnyReader = XmlReader | JsonReader | CsvReader

KINDS: tuple[ReaderKind, ...] = ("xml", "json", "csv")
# What a definition's `format` is read as.
KIND_OF_FORMAT: dict[str, ReaderKind] = {
    "xml": "xml",
    "rss": "xml",
    "json": "json",
    "ndjson": "json",
    "csv": "csv",
    "xlsx": "csv",
    "html": "json",
}


def reader_for(kind: ReaderKind) -> AnyReader:
    """A new reader: it may keep what it learns of contexts, so that each owner has its own."""
    match kind:
        case "xml":
            return XmlReader()
        case "json":
            return JsonReader()
        case "csv":
            return CsvReader()
    raise PathError(f"there is no reader for records of the kind {kind!r}")


def ignoring(kind: ReaderKind, paths: Sequence[str]) -> DigestView:
    """The view of a record without what lies at `paths` (`source.ignore`).

    A record that cannot be read counts whole.  Raises PathError where a path is not of this kind.
    """
    if not paths:
        return lambda raw, context: raw
    return reader_for(kind).ignoring(list(paths))
