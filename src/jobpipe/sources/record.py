"""What a splitter gives: raw records, the context they are read in, and how the document ended."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec
import xxhash

ReaderKind = Literal["xml", "json", "csv"]


class CsvDialect(msgspec.Struct, frozen=True, array_like=True):
    delimiter: str = ","
    quote: str = '"'
    # The character that escapes a quote; empty = quotes are doubled.
    escape: str = ""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a record needs from outside its own bytes to be read.

    Small, shared by many records, and sent to the workers beside them.  Whatever changes how a
    record reads is in here, so that it is part of the record's digest.
    """

    # Which reader takes the bytes.
    kind: ReaderKind
    # Of the raw bytes of the record (a Python codec name).
    encoding: str = "utf-8"
    # CSV and XLSX: the names of the columns.
    columns: tuple[str, ...] = ()
    dialect: CsvDialect | None = None
    # XML: (prefix, URI) declared above the record; "" is the default namespace.
    namespaces: tuple[tuple[str, str], ...] = ()
    # The feed-level values that the definition uses: (path, values), as they stood before the record.
    feed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def digest(self) -> bytes:
        """16 bytes that name this context."""
        return xxhash.xxh3_128_digest(msgspec.msgpack.encode(self))


class RawRecord(msgspec.Struct, gc=False):
    """One raw item as the source gave it."""

    raw: bytes
    # Of its first byte in the unpacked document.
    offset: int
    context: Context
    # Why the splitter already knows that these bytes cannot be read; "" = nothing known against them.
    flaw: str = ""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a document ended: the splitter's part of the evidence."""

    # Read to its natural end: the root's closing tag, the closing bracket, the last line.
    complete: bool
    # For a person, when it is not complete: what is missing and where.
    why: str = ""
    # The total that the document itself states (`expectedJobCount`, or the definition's `total` path).
    stated_total: int | None = None
    # Things that are wrong around the records, in words (a broken root tag, bytes after the end …).
    notices: tuple[str, ...] = ()


class Splitter(Protocol):
    """Cuts a document into records without a tree of it.

    For any cutting of the document into chunks the records are the same.  Raises SourceError where
    the document is not of the format at all (an HTML page, say), LimitExceededError where a record
    is larger than the limit.
    """

    def feed(self, chunk: bytes) -> list[RawRecord]: ...

    def close(self) -> tuple[list[RawRecord], Ending]:
        """The records still held back, and how the document ended."""
        ...


class FormatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a splitter is told: the definition's words, or None for what it finds out itself."""

    # xml json ndjson csv xlsx rss html; None = detected.
    format: str | None = None
    # A name (`offre`) or a path (`/offers/offer`, `jobs[*]`); None = detected.
    record: str | None = None
    # As declared by the definition; it wins over the document's own word.
    encoding: str | None = None
    # As declared by the transport (`Content-Type: …; charset=`); weaker than the document's own word.
    transport_encoding: str | None = None
    # Absolute paths whose values are wanted outside the records (`/source/publisher`).
    feed_paths: tuple[str, ...] = ()
    # The path of the document's own total.
    total: str | None = None
    # csv / xlsx
    delimiter: str | None = None
    quote: str | None = None
    # False: there is no header, `columns` (or column_1 …) names the columns.
    header: bool = True
    columns: tuple[str, ...] = ()
    # Rows before the header that are not data.
    skip_rows: int = 0
    # Rows at the end that are not data (totals).
    skip_last_rows: int = 0
    # Lines that begin with this are not data.
    comment: str | None = None
    # xlsx: a sheet's name; None = the first one with rows.
    sheet: str | None = None
    # html: what a record is made of where the page has no data of its own (name, selector), and where each begins.
    fields: tuple[tuple[str, str], ...] = ()
    items: str = ""
    # html: the address that the page's links count from.
    page_url: str = ""
    # Bytes; a record larger than this is an error of the source, not a record.
    max_record_bytes: int = 16 * 1024 * 1024
