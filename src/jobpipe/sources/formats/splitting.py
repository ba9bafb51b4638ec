"""Opens the splitter of a document: the definition's format, or the one that the document's first bytes show."""

from __future__ import annotations

import re

from jobpipe.errors import SourceError
from jobpipe.sources.formats.encodings import detect_encoding, is_wide
from jobpipe.sources.formats.html_page import refuse_html_page
from jobpipe.sources.formats.xml.markup import declared_encoding
from jobpipe.sources.record import Ending, FormatSettings, RawRecord, Splitter

# What is looked at before the format is settled.
HEAD_BYTES = 16 * 1024

_ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN_BINARIES = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
# Control characters that no text has.
_CONTROLS = bytes([*range(0x07), *range(0x0E, 0x1B)])
_XML_START = re.compile(r"<(?:[?!]|[^\W\d][\w.:\-]*(?=[\s/>]|\Z))")
_JSON_START = re.compile(r"\s*(?:\{\s*(?:[\"'}]|\Z|//|/\*|[\w$]+\s*:)|\[\s*(?:[\[{\"'\]\d\-]|\Z|//|true|false|null))")
_LOOSE_JSON_START = re.compile(r"\s*[\[{]")
# Junk before an XML document is short, and on lines of its own or without a separator of columns.
_JUNK_CHARACTERS = 2000


def open_splitter(settings: FormatSettings, name: str) -> Splitter:
    """A splitter for one document; `name` is its file name, which counts only where the bytes leave it open.

    From `feed` or `close` the splitter raises SourceError where the document is a web page, or not of the
    format at all.
    """
    return _OpeningSplitter(settings, name)


class _OpeningSplitter:
    """Holds the head of a document back until it shows what it is, then hands everything on."""

    def __init__(self, settings: FormatSettings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._head: list[bytes] = []
        self._held = 0
        self._splitter: Splitter | None = None

    def feed(self, chunk: bytes) -> list[RawRecord]:
        if self._splitter is not None:
            return self._splitter.feed(chunk)
        self._head.append(chunk)
        self._held += len(chunk)
        return self._open() if self._held >= HEAD_BYTES else []

    def close(self) -> tuple[list[RawRecord], Ending]:
        records: list[RawRecord] = []
        if self._splitter is None:
            if not b"".join(self._head).strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
                return [], Ending(complete=False, why="the file is empty")
            records = self._open()
        assert self._splitter is not None
        rest, ending = self._splitter.close()
        return records + rest, ending

    def _open(self) -> list[RawRecord]:
        held = b"".join(self._head)
        self._head = []
        self._splitter = _splitter_for(self._settings, self._name, held[:HEAD_BYTES])
        return self._splitter.feed(held)


def _splitter_for(settings: FormatSettings, name: str, head: bytes) -> Splitter:
    if not (settings.format == "xlsx" or head.startswith((_ZIP, _OLD_WORKBOOK))):
        text = _text_of(settings, head)
        if settings.format != "html":
            refuse_html_page(text)
        _refuse_binary(head, text)
    else:
        text = ""
    match settings.format or _detected(head, text, name):
        # A run loads only what it needs.
        case "xml" | "rss":
            from jobpipe.sources.formats.xml.splitter import XmlSplitter

            return XmlSplitter(settings, name)
        case "json" | "ndjson":
            from jobpipe.sources.formats.json.splitter import JsonSplitter

            return JsonSplitter(settings, name)
        case "csv":
            from jobpipe.sources.formats.csv.splitter import CsvSplitter

            return CsvSplitter(settings, name)
        case "xlsx":
            from jobpipe.sources.formats.xlsx.splitter import WorkbookSplitter

            return WorkbookSplitter(settings, name)
        case "html":
            from jobpipe.sources.formats.html.splitter import HtmlSplitter

            return HtmlSplitter(settings, name)
        case other:
            raise SourceError(
                f"there is no format {other!r}", hint="xml, json, ndjson, csv, xlsx, rss and html are known"
            )


def _text_of(settings: FormatSettings, head: bytes) -> str:
    encoding = detect_encoding(
        head,
        declared=settings.encoding,
        in_document=declared_encoding(head),
        transport=settings.transport_encoding,
    )
    return head[encoding.bom :].decode(encoding.codec, "replace")


def _refuse_binary(head: bytes, text: str) -> None:
    what = next((what for magic, what in _KNOWN_BINARIES if head.startswith(magic)), "")
    if not what and not is_wide(detect_encoding(head, declared=None).codec):
        controls = len(head) - len(head.translate(None, _CONTROLS))
        # A few wrong bytes in a text are no binary.
        if head.count(0) > max(8, len(head) // 100) or controls > max(16, len(head) // 20):
            what = "a binary file"
    if what:
        raise SourceError(f"{what}, not a feed", hint="look at what the source sends")


def _detected(head: bytes, text: str, name: str) -> str:
    """By the first character that is not white space; the name's ending where that is not enough."""
    if head.startswith((_ZIP, _OLD_WORKBOOK)):
        return "xlsx"
    ending = name.lower().rpartition(".")[2]
    body = text.lstrip("\ufeff \t\r\n\x00")
    if _XML_START.match(body):
        return "xml"
    if _JSON_START.match(body) or (_LOOSE_JSON_START.match(body) and ending in ("json", "ndjson", "jsonl", "js")):
        return "json"
    if ending in ("csv", "tsv", "txt", "tab") and not _has_declaration(body):
        return "csv"
    if ending in ("json", "ndjson", "jsonl"):
        return "json"
    if ending in ("xml", "rss", "atom") or _has_declaration(body) or _is_xml_after_junk(body):
        return "xml"
    return "csv"


def _has_declaration(body: str) -> bool:
    return "<?xml" in body[:_JUNK_CHARACTERS]


def _is_xml_after_junk(body: str) -> bool:
    """A first line that is nothing but the beginning of a tag, after lines without a comma, semicolon or tab."""
    before, _, rest = body[:_JUNK_CHARACTERS].partition("\n<")
    return bool(rest and _XML_START.match("<" + rest) and not re.search(r"[,;\t|]", before))
