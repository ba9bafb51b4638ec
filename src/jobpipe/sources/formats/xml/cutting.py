"""Where one record ends: the search for its end tag, past everything that could hide or fake one.

Nearly every record is found by one regular expression and the searches for the ends of its CDATA sections.
Only where an element of its own name begins inside it are its tags counted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.sources.formats.xml.markup import BRACKET, SPACE, end_of_start_tag

# An end tag that is missing is only known for sure when the parent ends, or when the record would become too
# large; what began within this many bytes of that place may still get its end tag.
_UNDECIDED_BYTES = 256 * 1024
# So many whole records inside one that has no end, where no record before it had any, are its neighbours.
_NEIGHBOURS = 20
# What may come next in a record.  A section that is followed by another one in the next element, as where every
# field is a section, is passed over at once; the lengths bound what is looked at in vain.
_NEXT = (
    rb"<(?:(!\[CDATA\[(?:[^\]]{0,160}+\]\]>[^<]{0,80}+</(?!NAME[ \t\r\n>])[^<>]*+>"
    rb"[^<]{0,80}+<(?!/|NAME[ \t\r\n/>])[^<>!?]++>[^<]{0,80}+<!\[CDATA\[)*+)"
    rb"|(/NAME>)|(!--)|(\?)|(/?NAME(?=[ \t\r\n/>])))"
)
_SECTION, _END, _COMMENT, _INSTRUCTION, _SAME_NAME = 1, 2, 3, 4, 5
_CLOSINGS = {_SECTION: b"]]>", _COMMENT: b"-->", _INSTRUCTION: b"?>"}


class Cut(NamedTuple):
    start: int
    # After the end tag; where that is missing, before what cannot be a part of the record.
    end: int
    is_whole: bool = True


class RecordCutter:
    """For records of one qualified name (`job`, `ns:job`) below one parent."""

    def __init__(self, name: bytes, parent: bytes) -> None:
        """Names as the tags write them; `parent` is b"" for a root."""
        quoted = re.escape(name)
        self.name = name
        self.parent = parent
        self._plain_start = b"<" + name + b">"
        self._next = re.compile(_NEXT.replace(rb"NAME", quoted))
        names = quoted if parent in (b"", name) else quoted + rb"|" + re.escape(parent)
        self._token = re.compile(
            rb"<(?:(?P<hidden>!--|!\[CDATA\[|\?)|(?P<close>/?)(?P<name>" + names + rb")(?=[ \t\r\n/>]))"
        )
        # A record is next: only white space stands before it.
        self.next_start = re.compile(SPACE + rb"*+(?=<" + quoted + rb"[ \t\r\n/>])")
        self._has_nested = False
        # Records further on that are known to have no end tag: their offset in the document -> where they end.
        self._broken: dict[int, int] = {}

    def cut(self, data: bytes, start: int, base: int, limit: int, final: bool) -> Cut | None:
        """The record whose start tag is at `start`; None = its end is not in the data.

        `base` is the offset of the data in the document; `limit` the bytes beyond which a record with
        elements of its own name inside is taken to have lost its end tag.
        """
        if self._broken and (end := self._broken.pop(base + start, 0)):
            return Cut(start, end - base, False)
        inside = start + len(self._plain_start)
        if not data.startswith(self._plain_start, start):
            tag = end_of_start_tag(data, start, final)
            if tag is None:
                return None
            if tag.is_empty:
                return Cut(start, tag.end)
            inside = tag.end
        search, place = self._next.search, inside
        while (found := search(data, place)) is not None:
            kind = found.lastindex
            if kind == _END:
                return Cut(start, found.end())
            if kind == _SAME_NAME:
                return self._count(data, start, inside, base, limit, final)
            closing = _CLOSINGS[kind or _SECTION]
            end = data.find(closing, found.end())
            if end < 0:
                break
            place = end + len(closing)
        if final or len(data) - start > limit:
            return self._count(data, start, inside, base, limit, final)
        return None

    def _count(self, data: bytes, start: int, inside: int, base: int, limit: int, final: bool) -> Cut | None:
        """The same by every tag of the record's and of its parent's name."""
        # The records that are open, the outermost first, and every place where one begins.
        unclosed, starts = [start], [start]
        parents = closed = 0
        place, size = inside, len(data)
        while (token := self._token.search(data, place)) is not None:
            if token["hidden"] is not None:
                place = _end_of_hidden(data, token)
                if place < 0:
                    break
                continue
            is_record = token["name"] == self.name
            if token["close"]:
                place = token.end()
                if not is_record:
                    if not parents:
                        return self._break(unclosed, starts, token.start(), base, size + 1)
                    parents -= 1
                    continue
                unclosed.pop()
                closed += 1
                if not unclosed:
                    return self._whole(data, start, token.start(), closed > 1)
                continue
            tag = end_of_start_tag(data, token.start(), final)
            if tag is None:
                break
            place = tag.end
            if is_record:
                starts.append(token.start())
                if not tag.is_empty:
                    unclosed.append(token.start())
            elif not tag.is_empty:
                parents += 1
        return self._undecided(data, unclosed, starts, closed, base, limit, final)

    def _undecided(
        self, data: bytes, unclosed: list[int], starts: list[int], closed: int, base: int, limit: int, final: bool
    ) -> Cut | None:
        """The data end inside the record."""
        start, size = starts[0], len(data)
        if len(starts) < 2:
            return None
        is_too_large = size - start > limit
        is_unlike_others = final and closed >= _NEIGHBOURS and not self._has_nested
        if not (is_too_large or is_unlike_others):
            return None
        decided = unclosed[-1] if final else min(starts[-1], size - _UNDECIDED_BYTES)
        return self._break(unclosed, starts, starts[-1], base, decided)

    def _whole(self, data: bytes, start: int, end_tag: int, has_nested: bool) -> Cut | None:
        bracket = BRACKET.search(data, end_tag + 1)
        if bracket is None:
            return None
        self._has_nested = self._has_nested or has_nested
        # An end tag that is never closed itself ends where the next tag begins.
        return Cut(start, bracket.end() if bracket[0] == b">" else bracket.start())

    def _break(self, unclosed: list[int], starts: list[int], stop: int, base: int, decided: int) -> Cut:
        """Records without an end tag end where the next one begins, or where their parent ends (`stop`).

        What is known of those after the first is kept, so that nothing is counted twice.
        """
        follow = dict(zip(starts, [*starts[1:], stop], strict=True))
        for begin in unclosed[1:]:
            if begin < decided:
                self._broken[base + begin] = base + follow[begin]
        return Cut(unclosed[0], follow[unclosed[0]], False)


def _end_of_hidden(data: bytes, token: re.Match[bytes]) -> int:
    """After a comment, a CDATA section or a processing instruction; -1 = its end is not in the data."""
    opening = token["hidden"]
    closing = b"-->" if opening == b"!--" else b"]]>" if opening == b"![CDATA[" else b"?>"
    end = data.find(closing, token.end())
    return end + len(closing) if end >= 0 else -1
