"""The document as a whole: other words of `source` under which its records are found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from lxml import etree

from jobpipe.definition.source import Source
from jobpipe.drafting.repairing.text_edits import REMOVED, TextEdit
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import FormatSettings, RawRecord

_ENCODINGS = (
    "utf-8",
    "windows-1252",
    "iso-8859-15",
    "utf-16",
    "windows-1250",
    "iso-8859-2",
    "windows-1251",
    "cp850",
    "mac-roman",
)
_DELIMITERS = (",", ";", "\t", "|")
_MOST_PATHS = 10


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What a source gives now, unpacked."""

    name: str
    content: bytes
    # As the transport says; "" = it does not.
    charset: str = ""
    # The address that its links count from; "" = it is a file.
    page: str = ""
    # Records that a service was asked for one by one, one a line.
    is_lines: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """Words of `source`, and what the splitters are told for them."""

    settings: FormatSettings
    # "" = as the definition is.
    what: str = ""
    name: str = ""
    edits: tuple[TextEdit, ...] = ()


def records_of(documents: Sequence[NewDocument], settings: FormatSettings, most: int) -> list[RawRecord]:
    """Raises SourceError where a document is nothing of the kind."""
    found: list[RawRecord] = []
    for one in documents:
        splitter = open_splitter(_settings_for(one, settings), one.name)
        found += splitter.feed(one.content)
        found += splitter.close()[0]
        if len(found) >= most:
            break
    return found[:most]


def _settings_for(document: NewDocument, settings: FormatSettings) -> FormatSettings:
    if document.is_lines:
        return FormatSettings(format="ndjson", max_record_bytes=settings.max_record_bytes)
    charset = document.charset or settings.transport_encoding
    return msgspec.structs.replace(settings, transport_encoding=charset, page_url=document.page or settings.page_url)


def other_shapes(source: Source, settings: FormatSettings, documents: Sequence[NewDocument]) -> Iterator[Shape]:
    """What may be said instead, the likeliest first."""
    yield from _formats(source, settings)
    yield from _tables(source, settings, documents)
    yield from _encodings(source, settings)
    yield from _record_paths(source, settings, documents)


def _formats(source: Source, settings: FormatSettings) -> Iterator[Shape]:
    if source.format is None or source.format == "html":
        return
    edits = (TextEdit(("source", "format"), REMOVED),)
    yield Shape(
        msgspec.structs.replace(settings, format=None), f"format {source.format} → found out", "source.format", edits
    )
    if source.record is not None:
        both = (*edits, TextEdit(("source", "record"), REMOVED))
        what = f"format {source.format} and record {source.record} → found out"
        yield Shape(msgspec.structs.replace(settings, format=None, record=None), what, "source.format", both)


def _encodings(source: Source, settings: FormatSettings) -> Iterator[Shape]:
    name = "source.encoding"
    if source.encoding is not None:
        edits = (TextEdit(("source", "encoding"), REMOVED),)
        what = f"encoding {source.encoding} → as the document says"
        yield Shape(msgspec.structs.replace(settings, encoding=None), what, name, edits)
    for encoding in _ENCODINGS:
        if encoding != source.encoding:
            what = f"encoding {source.encoding or 'as the document says'} → {encoding}"
            edits = (TextEdit(("source", "encoding"), encoding),)
            yield Shape(msgspec.structs.replace(settings, encoding=encoding), what, name, edits)


# Tables ----------------------------------------------------------------------------------------------


def _tables(source: Source, settings: FormatSettings, documents: Sequence[NewDocument]) -> Iterator[Shape]:
    table = source.csv
    head = documents[0].content[:4096] if documents else b""
    if settings.format not in (None, "csv", "xlsx") or head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"<", b"{", b"["):
        return
    if table.delimiter is not None:
        others = [sign for sign in _DELIMITERS if sign != table.delimiter and sign.encode() in head]
        shown = {"\t": "tab"}
        for sign in others:
            what = f"delimiter {shown.get(table.delimiter, table.delimiter)} → {shown.get(sign, sign)}"
            told = msgspec.structs.replace(settings, delimiter=sign)
            yield Shape(told, what, "source.csv", (TextEdit(("source", "csv", "delimiter"), sign),))
    if table.quote is not None:
        told = msgspec.structs.replace(settings, quote=None)
        yield Shape(
            told, f"quote {table.quote} → found out", "source.csv", (TextEdit(("source", "csv", "quote"), REMOVED),)
        )
    if table.sheet is not None:
        told = msgspec.structs.replace(settings, sheet=None)
        edits = (TextEdit(("source", "csv", "sheet"), REMOVED),)
        yield Shape(told, f"sheet {table.sheet} → the first one with rows", "source.csv", edits)
    for rows in range(6):
        if rows != table.skip_rows:
            edits = (TextEdit(("source", "csv", "skip_rows"), rows),)
            told = msgspec.structs.replace(settings, skip_rows=rows)
            yield Shape(told, f"skip_rows {table.skip_rows} → {rows}", "source.csv", edits)


# Records ---------------------------------------------------------------------------------------------


def _record_paths(source: Source, settings: FormatSettings, documents: Sequence[NewDocument]) -> Iterator[Shape]:
    found: list[str] = []
    for one in documents[:1]:
        head = one.content.lstrip(b"\xef\xbb\xbf \r\n\t\xff\xfe\x00")[:1]
        if head == b"<":
            found = _elements(one.content, as_path=bool(source.record and "/" in source.record))
        elif head in (b"{", b"["):
            found = _arrays(one.content)
    before = source.record or "found out"
    for path in found[:_MOST_PATHS]:
        if path != source.record:
            told = msgspec.structs.replace(settings, record=path)
            edits = (TextEdit(("source", "record"), path),)
            yield Shape(told, f"record {before} → {path}", "source.record", edits)
    if source.record is not None:
        told = msgspec.structs.replace(settings, record=None)
        edits = (TextEdit(("source", "record"), REMOVED),)
        yield Shape(told, f"record {source.record} → found out", "source.record", edits)


def _elements(content: bytes, *, as_path: bool) -> list[str]:
    """Elements that hold others, those that repeat first: by name, or by the path to them."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if root is None:
        return []
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for element in root.iter("{*}*"):
        if len(element) < 2 or element is root:
            continue
        local = etree.QName(element).localname
        names = [etree.QName(one).localname for one in element.iterancestors()][::-1]
        path = "/" + "/".join([*names, local]) if as_path else local
        counts[path] += 1
        sizes[path] += sum(1 for _ in element.iter("{*}*"))
    return sorted(counts, key=lambda path: (-sizes[path] * (1 + (counts[path] > 1)), path))


def _arrays(content: bytes) -> list[str]:
    """Paths of lists of objects, the fullest first; of what each of them wraps, too."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []
    found: dict[str, int] = {}
    stack: list[tuple[Any, str, int]] = [(value, "", 0)]
    while stack:
        one, path, depth = stack.pop()
        if depth > 6:
            continue
        if isinstance(one, list) and one and all(isinstance(item, dict) for item in one):
            here = f"{path}[*]"
            found[here] = found.get(here, 0) + sum(map(len, one))
            wrapped = [key for key in one[0] if all(isinstance(item.get(key), dict) for item in one)]
            for key in wrapped:
                if len(one[0][key]) >= 3:
                    found[f"{here}.{key}"] = sum(len(item[key]) for item in one)
            for item in one[:20]:
                stack += [(below, f"{here}.{key}", depth + 1) for key, below in item.items() if isinstance(below, list)]
        elif isinstance(one, dict):
            stack += [(below, f"{path}.{key}" if path else key, depth + 1) for key, below in one.items()]
    return sorted(found, key=lambda path: -found[path])
