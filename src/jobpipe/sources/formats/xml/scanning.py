"""Goes through a document: tags and text outside the records by tokens, the records at the speed of a search."""

from __future__ import annotations

import re
from collections.abc import Callable

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import show_size
from jobpipe.sources.formats.buffering import Buffer
from jobpipe.sources.formats.xml.cutting import RecordCutter
from jobpipe.sources.formats.xml.detecting import HEAD_BYTES, detect_record
from jobpipe.sources.formats.xml.ending import EndingWords
from jobpipe.sources.formats.xml.entities import Entities, end_of_doctype
from jobpipe.sources.formats.xml.markup import DECLARATION, END_TAG, NAME_AT_TAG, end_of_start_tag
from jobpipe.sources.formats.xml.places import ElementPath, Name
from jobpipe.sources.formats.xml.surroundings import Surroundings
from jobpipe.sources.record import Ending, FormatSettings, RawRecord

_BRACKETS = re.compile(rb"<+")
# So many times the usual head is looked at before a document counts as one without records.
_MAX_HEADS = 16
_MISSING_END = "its end tag </{name}> is missing: the next record, or the end of the list, comes before it"


class DocumentScanner:
    """For one document in an encoding that has ASCII's bytes."""

    def __init__(self, settings: FormatSettings, encoding: str, origin: Callable[[int], int]) -> None:
        """`origin`: where in the document an offset in the bytes given lies; asked for in rising order."""
        self._limit = settings.max_record_bytes
        self._encoding = encoding
        self._origin = origin
        # Of the first byte that is still held.
        self._base = 0
        self._buffer = Buffer(self._limit)
        self._entities = Entities()
        self._surroundings = Surroundings(settings.feed_paths, settings.total, encoding, self._entities)
        self._words = EndingWords()
        # None = not known yet, or nothing in the document looks like a record.
        self._record = ElementPath(settings.record) if settings.record else None
        self._is_record_known = self._record is not None
        # What was detected is taken a little more freely: a stray start tag between two records hides none.
        self._is_detected = not self._is_record_known
        self._head_size = HEAD_BYTES
        self._cutters: dict[tuple[bytes, bytes], RecordCutter] = {}
        self._cutter: RecordCutter | None = None
        # Finds the next record right after the last one; None = something else came between.
        self._next_start: re.Pattern[bytes] | None = None
        self._names: dict[bytes, Name] = {}
        if not self._is_record_known:
            self._buffer.want(HEAD_BYTES)

    def feed(self, chunk: bytes) -> list[RawRecord]:
        return self._look(final=False) if self._buffer.add(chunk) else []

    def close(self) -> tuple[list[RawRecord], Ending]:
        records = self._look(final=True)
        self._words.notices += self._entities.notices
        root = self._surroundings.root
        return records, self._words.ending(self._origin(self._base), root, self._surroundings.stated_total)

    def _look(self, final: bool) -> list[RawRecord]:
        data = self._buffer.take()
        if not self._is_record_known and not self._detect(data, final):
            self._buffer.keep(data)
            self._buffer.want(self._head_size)
            return []
        records, used = self._scan(data, final)
        if len(data) - used > self._limit:
            raise self._too_large(used, "a record" if self._words.is_in_record else "a tag, a comment or the DOCTYPE")
        self._base += len(data) if final else used
        self._buffer.keep(data[used:])
        self._origin(self._base)
        return records

    def _detect(self, data: bytes, final: bool) -> bool:
        """Whether it is settled which element is a record. Asked with 1 MB, then with 4, then with 16."""
        path = ""
        while not path and self._head_size <= len(data) and self._head_size <= _MAX_HEADS * HEAD_BYTES:
            path = detect_record(data[: self._head_size], self._encoding)
            self._head_size *= 4
        if not path and final:
            path = detect_record(data, self._encoding)
        self._record = ElementPath(path) if path else None
        self._is_record_known = bool(path) or final or self._head_size > _MAX_HEADS * HEAD_BYTES
        return self._is_record_known

    def _scan(self, data: bytes, final: bool) -> tuple[list[RawRecord], int]:
        """The records in the data, and how much of the data is used."""
        records: list[RawRecord] = []
        words, base, limit, origin = self._words, self._base, self._limit, self._origin
        place = 0
        while True:
            begin = self._next_start.match(data, place) if self._next_start is not None else None
            if begin is not None:
                start = begin.end()
            else:
                start, is_record = self._pass_by(data, place, final)
                if not is_record:
                    return records, start
            cutter = self._cutter
            assert cutter is not None
            cut = cutter.cut(data, start, base, limit, final)
            if cut is None:
                words.is_in_record = True
                return records, start
            place = cut.end
            if place - start > limit:
                raise self._too_large(start, "a record")
            raw = data[start:place]
            if self._entities:
                raw = self._entities.expand(raw, limit)
            words.is_in_record = False
            words.records += 1
            flaw = "" if cut.is_whole else self._flaw(cutter)
            records.append(RawRecord(raw, origin(base + start), self._surroundings.context(), flaw))

    def _flaw(self, cutter: RecordCutter) -> str:
        name = cutter.name.decode("utf-8", "replace")
        self._words.notice(f"record {self._words.records:,} has no end tag </{name}>")
        return _MISSING_END.format(name=name)

    def _too_large(self, start: int, what: str) -> LimitExceededError:
        offset = self._origin(self._base + start)
        limit = f"{self._limit:,} bytes" if self._limit < 1024 else show_size(self._limit)
        return LimitExceededError(
            f"{what} at byte {offset:,} is larger than {limit} ({self._limit:,} bytes)",
            place=Place(offset=offset),
            hint="raise the limit `record` if this source is trusted",
        )

    # Outside the records -----------------------------------------------------------------------------

    def _pass_by(self, data: bytes, place: int, final: bool) -> tuple[int, bool]:
        """Goes on to the next record: (where its tag is, True), or (how far the data could be used, False)."""
        while True:
            start = data.find(b"<", place)
            if start < 0:
                self._text(data[place:])
                return len(data), False
            if start > place:
                self._text(data[place:start])
            place = start
            self._words.has_markup = True
            kind = data[start + 1 : start + 2]
            if kind == b"/":
                end = self._end_tag(data, start)
            elif kind == b"!":
                end = self._exclamation(data, start, final)
            elif kind == b"?":
                end = self._instruction(data, start)
            else:
                opened = NAME_AT_TAG.match(data, start)
                if opened is None:
                    end = self._stray(data, start) if kind else -1
                elif opened.end() == len(data) and not final:
                    end = -1
                elif self._is_record(opened[1]):
                    return start, True
                else:
                    end = self._start_tag(data, start, opened[1], final)
            if end < 0:
                if not final:
                    return start, False
                self._words.is_ended = self._words.is_ended and not self._surroundings.depth
                return len(data), False
            place = end

    def _is_record(self, written: bytes) -> bool:
        record, around = self._record, self._surroundings
        name = self._name(written)
        if record is None or not record.may_end_at(name):
            return False
        way = around.way_to(name)
        if not record.leads_to(way) and not (self._is_detected and self._words.records and record.leads_below(way)):
            return False
        known = (written, around.parent)
        cutter = self._cutters.get(known)
        if cutter is None:
            cutter = self._cutters[known] = RecordCutter(*known)
        self._cutter, self._next_start = cutter, cutter.next_start
        # A record that is itself the root ends the document.
        self._words.is_ended = not around.depth
        self._words.has_root = True
        return True

    def _name(self, written: bytes) -> Name:
        name = self._names.get(written)
        if name is None:
            name = Name.of(written, self._encoding)
            if len(self._names) < 10_000:
                self._names[written] = name
        return name

    def _start_tag(self, data: bytes, start: int, written: bytes, final: bool) -> int:
        tag = end_of_start_tag(data, start, final)
        if tag is None or (tag.is_broken and tag.end == len(data)):
            return -1
        around, words, name = self._surroundings, self._words, self._name(written)
        offset = self._base + start
        if not around.depth:
            words.root_begins(self._origin(offset))
        if tag.is_broken:
            words.notice(f"the start tag <{name.written}> at byte {self._origin(offset):,} is never closed with >")
        self._next_start = None
        if words.wants_elements:
            words.element_met(around.way_to(name))
        around.open(name, written, data[start : tag.end])
        if tag.is_empty:
            around.close(written)
            words.is_ended = words.is_ended or not around.depth
        return tag.end

    def _end_tag(self, data: bytes, start: int) -> int:
        tag = END_TAG.match(data, start)
        if tag is None:
            return self._stray(data, start) if _is_followed(data, start) else -1
        around, words = self._surroundings, self._words
        unclosed = around.close(tag[1])
        self._next_start = None
        if unclosed:
            written = self._name(tag[1]).written
            offset = self._origin(self._base + start)
            if unclosed < 0:
                words.notice(f"the end tag </{written}> at byte {offset:,} ends nothing")
            else:
                words.notice(f"</{written}> at byte {offset:,} comes before the end tags of elements inside it")
        if unclosed >= 0 and not around.depth:
            words.is_ended = True
        return tag.end()

    def _exclamation(self, data: bytes, start: int, final: bool) -> int:
        """A comment, a CDATA section or a DOCTYPE."""
        if data.startswith(b"<!--", start):
            return _after(data, b"-->", start + 4)
        if data.startswith(b"<![CDATA[", start):
            end = _after(data, b"]]>", start + 9)
            if end >= 0:
                self._text(data[start:end])
            return end
        opening = data[start : start + 9]
        if len(opening) < 9 and not final:
            return -1
        if opening.upper() != b"<!DOCTYPE":
            return self._stray(data, start)
        end = end_of_doctype(data, start)
        if end >= 0:
            self._entities.declare(data[start:end])
        elif final:
            self._words.notice("the DOCTYPE is not closed")
            end = _after(data, b">", start)
        return end

    def _instruction(self, data: bytes, start: int) -> int:
        declaration = DECLARATION.match(data, start) if not self._words.has_root else None
        if declaration is None:
            return _after(data, b"?>", start + 2)
        if b"\\" in declaration[0] or not declaration[0].endswith(b"?>"):
            self._words.notice("the XML declaration is broken: " + declaration[0][:80].decode("utf-8", "replace"))
        return declaration.end()

    def _stray(self, data: bytes, start: int) -> int:
        """A `<` that begins nothing."""
        end = _BRACKETS.match(data, start).end()  # type: ignore[union-attr]
        # The last one may begin a tag.
        end = max(start + 1, end - 1)
        self._text(data[start:end])
        if self._surroundings.depth:
            self._words.notice(f"a stray < at byte {self._origin(self._base + start):,}")
        return end

    def _text(self, piece: bytes) -> None:
        if self._surroundings.depth:
            self._surroundings.text(piece)
        elif stray := piece.strip(b" \t\r\n\x00\xef\xbb\xbf"):
            self._words.text_outside(stray)


def _after(data: bytes, closing: bytes, start: int) -> int:
    end = data.find(closing, start)
    return end + len(closing) if end >= 0 else -1


def _is_followed(data: bytes, start: int) -> bool:
    """Something after a `</` shows that it is no end tag: it would have ended before."""
    return data.find(b"<", start + 1) >= 0 or data.find(b">", start + 1) >= 0
