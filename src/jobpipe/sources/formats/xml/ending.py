"""What is to be said of a document at its end: whether it is whole, and what is wrong around its records."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.errors import SourceError
from jobpipe.sources.formats.xml.places import Name
from jobpipe.sources.record import Ending

MAX_NOTICES = 20
_MAX_ELEMENTS = 8


class EndingWords:
    """Gathered while a document is read."""

    def __init__(self) -> None:
        self.records = 0
        # The data end inside a record.
        self.is_in_record = False
        self.has_root = False
        # A comment, a declaration or a part of a tag has been read.
        self.has_markup = False
        # The root's end tag has been read, and no record after it.
        self.is_ended = False
        self.notices: list[str] = []
        self._elements: dict[str, None] = {}
        self._asked = 0
        # Few elements are named.
        self.wants_elements = True
        self._before = 0
        self._before_text = b""
        self._after = 0

    def notice(self, notice: str) -> None:
        if len(self.notices) < MAX_NOTICES:
            self.notices.append(notice)

    def root_begins(self, offset: int) -> None:
        if self.has_root:
            self.notice(f"another document begins at byte {offset:,}, after the end of the first")
        self.has_root = True

    def element_met(self, way: Sequence[Name]) -> None:
        """The elements outside the records are named where there is no record."""
        self._elements["/".join(name.local for name in way)] = None
        self.wants_elements = len(self._elements) < _MAX_ELEMENTS and self._asked < 10 * _MAX_ELEMENTS
        self._asked += 1

    def text_outside(self, text: bytes) -> None:
        if self.has_root:
            self._after += len(text)
        else:
            self._before += len(text)
            self._before_text = (self._before_text + text)[:60]

    def ending(self, length: int, root: str, stated_total: int | None) -> Ending:
        """`length`: bytes of the document; `root`: the root if it is still open.

        Raises SourceError where there is not a single element.
        """
        if not self.has_root:
            return self._without_root()
        if self._before:
            self.notice(f"{self._before:,} bytes before the document's first tag")
        if self._after:
            self.notice(f"{self._after:,} bytes of text after the document's end")
        if self.is_ended and not self.is_in_record and not self.records:
            self.notice("no record in the document; its elements: " + ", ".join(self._elements))
        complete = self.is_ended and not self.is_in_record
        return Ending(
            complete=complete,
            why="" if complete else self._why(length, root),
            stated_total=stated_total,
            notices=tuple(self.notices),
        )

    def _why(self, length: int, root: str) -> str:
        missing = f": </{root}> is missing" if root else ""
        if self.is_in_record:
            place = f"in record {self.records + 1:,}"
        else:
            place = f"after record {self.records:,}" if self.records else "before the first record"
        return f"the document is cut off {place}, at byte {length:,}{missing or ': its end is missing'}"

    def _without_root(self) -> Ending:
        if not self._before:
            why = "the document is cut off before its first element" if self.has_markup else "the file is empty"
            return Ending(complete=False, why=why, notices=tuple(self.notices))
        shown = self._before_text.decode("utf-8", "replace")
        raise SourceError(
            f"not an XML document: there is no element in it; it begins with {shown!r}",
            hint="look at what the source sends, or correct `format`",
        )
