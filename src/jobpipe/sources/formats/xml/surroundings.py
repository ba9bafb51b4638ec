"""What lies around the records: the open elements, what they declare, and what the document says for all."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from jobpipe.errors import LimitExceededError
from jobpipe.sources.formats.text import decode_mended
from jobpipe.sources.formats.xml.entities import Entities
from jobpipe.sources.formats.xml.markup import attributes_of
from jobpipe.sources.formats.xml.places import ElementPath, Name
from jobpipe.sources.record import Context

# Of one feed-level value, and how many there may be at one path.
MAX_VALUE_BYTES = 64 * 1024
MAX_VALUES = 100
# Of elements outside the records; inside, the reader has its own limit.
MAX_DEPTH = 1000
# Names that can mean nothing but how many records the whole document should have.
_TOTAL_NAMES = (
    "expectedjobcount recordsetcount totalrecords totaljobs totaloffers totaljobcount jobcount numberofjobs "
    "numberofoffers nbjobs nboffres nombreoffres"
)
_TOTALS = frozenset(_TOTAL_NAMES.split())
_TEXT_OR_SECTION = re.compile(rb"<!\[CDATA\[(.*?)\]\]>|([^<]+)", re.DOTALL)


class _Value(NamedTuple):
    """A value that an open element is collecting."""

    path: ElementPath | None
    pieces: list[bytes]


@dataclass(slots=True)
class _Open:
    name: Name
    written: bytes
    # (prefix, URI): of this element alone.
    namespaces: dict[str, str]
    values: list[_Value] = field(default_factory=list)


class Surroundings:
    """Follows the tags outside the records."""

    def __init__(self, feed_paths: tuple[str, ...], total: str | None, encoding: str, entities: Entities) -> None:
        self._paths = [ElementPath(path) for path in feed_paths]
        self._total = ElementPath(total.removeprefix("feed:")) if total else None
        self._encoding = encoding
        self._entities = entities
        self._open: list[_Open] = []
        self._collecting = 0
        self._values: dict[str, list[str]] = {path.text: [] for path in self._paths}
        self._context: Context | None = None
        self._totals: set[int] = set()

    @property
    def stated_total(self) -> int | None:
        """None as well where the document states several: they are those of its groups."""
        return next(iter(self._totals)) if len(self._totals) == 1 else None

    @property
    def depth(self) -> int:
        return len(self._open)

    @property
    def parent(self) -> bytes:
        """The innermost open element's name as its tag writes it; b"" = there is none."""
        return self._open[-1].written if self._open else b""

    @property
    def root(self) -> str:
        return self._open[0].name.written if self._open else ""

    def way_to(self, name: Name) -> list[Name]:
        return [*(element.name for element in self._open), name]

    def context(self) -> Context:
        """The same object as long as nothing has changed."""
        if self._context is None:
            namespaces: dict[str, str] = {}
            for element in self._open:
                namespaces.update(element.namespaces)
            self._context = Context(
                kind="xml",
                encoding=self._encoding,
                namespaces=tuple(sorted((prefix, uri) for prefix, uri in namespaces.items() if uri)),
                feed=tuple((path, tuple(values)) for path, values in self._values.items() if values),
            )
        return self._context

    def open(self, name: Name, written: bytes, tag: bytes) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise LimitExceededError(f"elements are nested more than {MAX_DEPTH:,} deep: no feed is made like that")
        attributes = attributes_of(tag) if b"=" in tag else []
        element = _Open(name, written, self._declared(attributes) if attributes else {})
        self._open.append(element)
        if element.namespaces:
            self._context = None
        if self._paths or self._total is not None:
            way = [one.name for one in self._open]
            self._look_for_values(way, attributes, element)
            self._look_for_stated_total(way, attributes, element)
        if self._total is None:
            self._look_for_named_total(attributes, element)
        self._collecting += len(element.values)

    def _look_for_values(self, way: list[Name], attributes: list[tuple[bytes, bytes]], element: _Open) -> None:
        for path in self._paths:
            if path.leads_through(way):
                self._forget(path)
            if path.leads_to(way):
                if not path.attribute:
                    element.values.append(_Value(path, []))
                elif (value := self._attribute(attributes, path.attribute)) is not None:
                    self._keep(path, self._text(value))

    def text(self, piece: bytes) -> None:
        """Text outside the records, or a whole CDATA section."""
        if not self._collecting:
            return
        for element in self._open:
            for value in element.values:
                if sum(map(len, value.pieces)) < MAX_VALUE_BYTES:
                    value.pieces.append(piece[:MAX_VALUE_BYTES])

    def close(self, written: bytes) -> int:
        """Takes an end tag; how many open elements lacked theirs: -1 = no open element has this name."""
        for count, element in enumerate(reversed(self._open)):
            if element.written == written:
                for _ in range(count + 1):
                    self._close_last()
                return count
        return -1

    def _close_last(self) -> None:
        element = self._open.pop()
        self._collecting -= len(element.values)
        if element.namespaces:
            self._context = None
        for value in element.values:
            text = self._content(b"".join(value.pieces))
            if value.path is None:
                self._state_total(text)
            else:
                self._keep(value.path, text)

    def _look_for_named_total(self, attributes: list[tuple[bytes, bytes]], element: _Open) -> None:
        if _is_total(element.name.local):
            element.values.append(_Value(None, []))
        for key, value in attributes:
            if _is_total(Name.of(key, self._encoding).local):
                self._state_total(self._text(value))

    def _look_for_stated_total(self, way: list[Name], attributes: list[tuple[bytes, bytes]], element: _Open) -> None:
        total = self._total
        if total is None or not total.leads_to(way):
            return
        if not total.attribute:
            element.values.append(_Value(None, []))
        elif (found := self._attribute(attributes, total.attribute)) is not None:
            self._state_total(self._text(found))

    def _state_total(self, text: str) -> None:
        digits = re.sub(r"[\s.,'’_]", "", text)
        if digits.isascii() and digits.isdigit() and len(digits) <= 12:
            self._totals.add(int(digits))

    def _keep(self, path: ElementPath, text: str) -> None:
        values = self._values[path.text]
        if len(values) < MAX_VALUES:
            values.append(text)
            self._context = None

    def _forget(self, path: ElementPath) -> None:
        """Another group begins: what the one before it said is not true of this one."""
        if self._values[path.text]:
            self._values[path.text] = []
            self._context = None

    def _declared(self, attributes: list[tuple[bytes, bytes]]) -> dict[str, str]:
        declared: dict[str, str] = {}
        for key, value in attributes:
            if key.startswith(b"xmlns"):
                xmlns, _, prefix = key.decode("utf-8", "replace").partition(":")
                if xmlns == "xmlns":
                    declared[prefix] = self._text(value)
        return declared

    def _attribute(self, attributes: list[tuple[bytes, bytes]], wanted: str) -> bytes | None:
        for key, value in attributes:
            name = Name.of(key, self._encoding)
            if wanted in (name.written, name.local):
                return value
        return None

    def _content(self, raw: bytes) -> str:
        made = ""
        for part in _TEXT_OR_SECTION.finditer(raw):
            made += self._decode(part[1]) if part[1] is not None else self._text(part[2])
        return made

    def _text(self, raw: bytes) -> str:
        raw = self._entities.expand(raw, MAX_VALUE_BYTES * 2) if self._entities else raw
        return html.unescape(self._decode(raw))

    def _decode(self, raw: bytes) -> str:
        return decode_mended(raw, self._encoding)[0]


@lru_cache(1000)
def _is_total(name: str) -> bool:
    return name.replace("_", "").replace("-", "").lower() in _TOTALS
