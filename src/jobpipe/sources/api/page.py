"""One answer of a service: its records, and what it says beside them of how it goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import xxhash
from lxml import etree

from jobpipe.errors import JobpipeError, Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.answer_reading import records_of
from jobpipe.sources.answers import Answer
from jobpipe.sources.formats.encodings import HEAD_BYTES, detect_encoding
from jobpipe.sources.formats.json.totals import number_of
from jobpipe.sources.formats.readers import KIND_OF_FORMAT, reader_for
from jobpipe.sources.formats.reading import Reader
from jobpipe.sources.formats.text import is_wide
from jobpipe.sources.formats.xml.markup import declared_encoding
from jobpipe.sources.formats.xml.reader import Branch
from jobpipe.sources.record import Context, Ending, FormatSettings, RawRecord, ReaderKind

# A path of the definition that names a header of the answer.
HEADER = "header:"
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*\?>")
_MOST_SHOWN = 160
# `Content-Range: offers 0-149/9564`: a listing's own range, told in a unit that is not bytes.
_LISTED = re.compile(r"(?!bytes\b)[\w-]+\s+(?:\d+-\d+|\*)/(\d+)")


@dataclass(slots=True)
class Page:
    # Without credentials.
    asked: str
    # Where it came from, after redirects: what links in it count from.
    url: str
    body: bytes
    charset: str = ""
    # By their names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    records: list[RawRecord] = field(default_factory=list)
    ending: Ending = field(default_factory=lambda: Ending(complete=True))
    _root: tuple[Reader, Any, ReaderKind] | None = field(default=None, repr=False)

    def cut(self, settings: FormatSettings) -> None:
        """Find its records. Raises SourceError where it is no page of the service's at all."""
        if self.status == 204:
            return
        if settings.format is None and self.body.strip() and self.kind(None) == "csv":
            raise self.trouble(
                "is neither JSON nor XML", hint=f"it begins with {self.shown()!r}; `format` says another"
            )
        self.records, self.ending = records_of(self.answer(), settings)
        # A page that holds nothing says so in its own way.
        self.ending = Ending(
            complete=self.ending.complete,
            why=self.ending.why,
            stated_total=self._total(settings),
            notices=self.ending.notices,
        )

    def answer(self) -> Answer:
        return Answer(kind="page", asked=self.asked, body=self.body, charset=self.charset)

    def digest(self) -> bytes:
        """Names the records in it: two pages that differ in a time of day alone are the same."""
        return xxhash.xxh3_128_digest(b"\x00".join(record.raw for record in self.records))

    def kind(self, stated: str | None) -> ReaderKind:
        """As the definition's format says, else by its first character."""
        if stated is not None:
            return KIND_OF_FORMAT[stated]
        head = self.body[:HEAD_BYTES].lstrip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff")
        return "xml" if head[:1] == b"<" else "json" if head[:1] in (b"{", b"[", b")") else "csv"

    def first(self, path: str, stated: str | None = None) -> Any:
        """What lies at a path of the definition; None = nothing. Raises SourceError where the page cannot be read."""
        if path.startswith(HEADER):
            return self.headers.get(path.removeprefix(HEADER).strip().lower()) or None
        if not self.body.strip():
            return None
        found = self.values(path, stated)
        return found[0] if found else None

    def values(self, path: str, stated: str | None = None) -> list[Any]:
        reader, root, kind = self._read(stated)
        if kind == "xml" and path.startswith("/") and not path.startswith("//"):
            # An absolute path begins with the root's own name.
            around = etree.Element("document")
            around.append(root.element)
            found = reader.values(path.removeprefix("/"))(Branch(around, root.context))
            self._root = None  # it has been moved
            return found
        return reader.values(path)(root)

    def plain(self, path: str | None, stated: str | None = None) -> Any:
        """All of it, or what lies at a path, as plain values; None = there is nothing."""
        reader, root, kind = self._read(stated)
        if path is None:
            return reader.as_value(root)
        if kind == "xml":
            nodes = [reader.as_value(node) for node in reader.nodes(path)(root)]
        else:
            nodes = reader.values(path)(root)
        return None if not nodes else nodes[0] if len(nodes) == 1 else nodes

    def root_name(self) -> str:
        """Of an XML page; "" = it is none."""
        if self.kind(None) != "xml":
            return ""
        return str(etree.QName(self._read("xml")[1].element).localname)

    def trouble(self, message: str, *, hint: str = "") -> SourceError:
        return SourceError(message, place=Place(source=self.asked), hint=hint)

    def shown(self) -> str:
        """Its beginning, for people."""
        text = " ".join(self.body[: 4 * _MOST_SHOWN].decode("utf-8", "replace").split())
        return redact(text[:_MOST_SHOWN]) + ("…" if len(text) > _MOST_SHOWN else "")

    def _total(self, settings: FormatSettings) -> int | None:
        if settings.total is not None and settings.total.startswith(HEADER):
            return number_of(self.first(settings.total), is_named=True)
        if self.ending.stated_total is not None:
            return self.ending.stated_total
        listed = _LISTED.fullmatch(self.headers.get("content-range", "").strip())
        return int(listed[1]) if listed else None

    def _read(self, stated: str | None) -> tuple[Reader, Any, ReaderKind]:
        if self._root is None:
            kind = self.kind(stated)
            reader = reader_for(kind)
            try:
                root = reader.read(*self._document(kind)).root
            except JobpipeError as error:
                raise self.trouble(
                    f"cannot be read: {error.message}", hint=f"it begins with {self.shown()!r}"
                ) from error
            self._root = (reader, root, kind)
        return self._root

    def _document(self, kind: ReaderKind) -> tuple[bytes, Context]:
        """As a reader takes it; what the document declares of its encoding is in the context."""
        head = self.body[:HEAD_BYTES]
        encoding = detect_encoding(
            head, declared=None, in_document=declared_encoding(head), transport=self.charset or None
        )
        body, codec = self.body[encoding.bom :], encoding.codec
        if is_wide(codec):
            body, codec = body.decode(codec, "replace").encode(), "utf-8"
        if kind == "xml":
            body = _DECLARATION.sub(b"", body, count=1)
        return body, Context(kind=kind, encoding=codec)
