"""Walks through a JSON document that arrives in pieces, and cuts out the records that lie at a path.

Only what leads to something wanted is walked token by token; everything else is passed over by a `ValueScan`,
and runs of records that are sound are cut by msgspec at once.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import msgspec

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import show_size
from jobpipe.sources.formats.document_bytes import OffsetOf
from jobpipe.sources.formats.json.resynchronising import (
    LOOKAHEAD,
    STRICT_BYTES,
    Signature,
    closes_document,
    end_of_broken,
    ends_of_array,
    indentation_before,
)
from jobpipe.sources.formats.json.runs import RecordRuns
from jobpipe.sources.formats.json.scanning import MAX_DEPTH, Found, ValueScan, end_of_comment
from jobpipe.sources.formats.json.targets import RECORD, TOTAL, FeedValues, Progress, Targets
from jobpipe.sources.formats.json.totals import StatedTotal, rank_of, speaks_of_listing
from jobpipe.sources.record import FormatSettings

# A value beside the records that is larger is not taken.
MAX_BESIDE = 256 * 1024
_OBJECT, _ARRAY, _END_OBJECT, _END_ARRAY, _QUOTE, _SLASH, _COLON = b'{[}]"/:'
_BETWEEN = re.compile(rb"[\s,\x00]*+")
_SPACE = re.compile(rb"\s*+")
_NAME = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*+(:)?', re.DOTALL)
_JUNK = re.compile(rb'[^\s,"{}\[\]/]++|.', re.DOTALL)
_FIRST_VALUE = re.compile(rb'\{\s*+(?:\}|"(?:[^"\\]++|\\.)*+"\s*+:\s*+(.))', re.DOTALL)
_EMPTY = (b"null", b"false", b'""')


class Cut(NamedTuple):
    """One record: where it begins in the walked bytes, and what is already known against it."""

    raw: bytes
    position: int
    flaw: str
    feed: tuple[tuple[str, tuple[str, ...]], ...]


class _Frame:
    """An object or array that is open and walked through."""

    __slots__ = ("index", "is_object", "keys", "progress")

    def __init__(self, is_object: bool, progress: Progress, keys: tuple[str, ...] | None) -> None:
        self.is_object = is_object
        self.progress = progress
        # From the root, while there are only objects: None = below an array.
        self.keys = keys
        self.index = 0


class _Open(NamedTuple):
    """The value that is being scanned: what it is wanted for."""

    is_record: bool
    numbers: list[int]
    # The rank of its name as a total; -1 = it is none.
    rank: int
    depth: int


class JsonWalker:
    """`take` gives the records that a piece of the document completes; `finish` those that its end does."""

    def __init__(
        self, targets: Targets, settings: FormatSettings, name: str, offset_of: OffsetOf, *, begins_at: int = 0
    ) -> None:
        """`offset_of` gives the document's own offset of one in what is walked; it is never asked backwards.
        `begins_at` is where the root does."""
        self._targets = targets
        self._limit = settings.max_record_bytes
        self._name = name
        self._offset_of = offset_of
        self._has_total = settings.total is not None
        self._buffer = bytearray()
        self._position = begins_at
        # Of the buffer's first byte, in all that was walked.
        self._base = 0
        self._frames: list[_Frame] = []
        # The value of a name was begun: its key's progress.
        self._pending: tuple[Progress, tuple[str, ...] | None] | None = None
        self._scan: ValueScan | None = None
        self._open = _Open(False, [], -1, 0)
        # Where the search for the next record goes on; -1 = nothing is broken.
        self._search = -1
        self._broken_at = 0
        # Before it, there is nothing that looks like the last sound record.
        self._searched = 0
        # Guesses at the end of the document that may still be checked, as each reads all the rest.
        self._tries = 500
        self._runs = RecordRuns()
        # The last sound record, the indentation before it, and what is known by both.
        self._sample: tuple[bytes, bytes] = (b"", b"")
        self._known: Signature | None = None
        self._feed = FeedValues(targets)
        self._feed_values: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._cut: list[Cut] = []
        self._is_last = False
        self.total = StatedTotal()
        self.records = 0
        self.roots = 0
        self.was_found = False
        self.notices: dict[str, None] = {}

    def take(self, piece: bytes) -> list[Cut]:
        self._buffer += piece
        while self._step():
            pass
        self._check_size()
        self._drop()
        cut, self._cut = self._cut, []
        return cut

    def finish(self) -> list[Cut]:
        """The end of the document is here."""
        self._is_last = True
        return self.take(b"")

    @property
    def position(self) -> int:
        """Before it, nothing is needed any more."""
        return self._base + self._kept_from()

    def missing(self) -> str:
        """What is missing at the end of the document, "" = nothing; for when all its records were taken."""
        if not self.roots:
            return "the document holds no JSON"
        if self._scan is not None and self._open.is_record:
            start = self._offset_of(self._base + self._scan.start)
            return f"the document is cut off in record {self.records + 1:,}, which begins at byte {start:,}"
        if self._frames or self._scan is not None or self._pending is not None:
            missing = "".join("}" if frame.is_object else "]" for frame in reversed(self._frames))
            after = f"after record {self.records:,}" if self.records else "before its first record"
            place = f"byte {self._offset_of(self._base + len(self._buffer)):,}"
            return f"the document is cut off {after}, at {place}" + (f": {missing} is missing" if missing else "")
        return ""

    # The steps: each gives whether there may be another one ------------------------------------------

    def _step(self) -> bool:
        if self._search >= 0:
            return self._resynchronise()
        if self._scan is not None:
            return self._advance()
        if self._pending is not None:
            return self._begin_pending()
        if not self._frames:
            return self._at_root()
        frame = self._frames[-1]
        return self._in_object(frame) if frame.is_object else self._in_array(frame)

    def _at_root(self) -> bool:
        if not self._skip_between():
            return False
        byte = self._buffer[self._position]
        if byte in (_OBJECT, _ARRAY):
            self.roots += 1
            return self._begin(self._targets.root(), (), within_array=False)
        if byte == _SLASH:
            return self._skip_comment()
        self._skip_junk("after its end" if self.roots else "before its beginning")
        return True

    def _in_object(self, frame: _Frame) -> bool:
        if not self._skip_between():
            return False
        byte = self._buffer[self._position]
        if byte == _END_OBJECT:
            return self._leave()
        if byte == _SLASH:
            return self._skip_comment()
        if byte != _QUOTE:
            self._skip_junk("where a name should stand")
            return True
        found = _NAME.match(self._buffer, self._position)
        if found is None or (found[2] is None and found.end() >= len(self._buffer)):
            return False
        self._position = found.end()
        if found[2] is None:
            self._note("there is a name without a value")
            return True
        key = _decoded(found[1])
        keys = None if frame.keys is None else (*frame.keys, key)
        self._pending = (self._targets.below(frame.progress, key), keys)
        return True

    def _begin_pending(self) -> bool:
        assert self._pending is not None
        found = _SPACE.match(self._buffer, self._position)
        assert found is not None
        self._position = found.end()
        if self._position >= len(self._buffer):
            return False
        if self._buffer[self._position] == _SLASH:
            return self._skip_comment()
        progress, keys = self._pending
        if self._buffer[self._position] in b",}]":
            self._pending = None
            self._note("there is a name without a value")
            return True
        return self._begin(progress, keys, within_array=False)

    def _in_array(self, frame: _Frame) -> bool:
        if not self._skip_between():
            return False
        byte = self._buffer[self._position]
        if byte == _END_ARRAY:
            return self._leave()
        if byte == _SLASH:
            return self._skip_comment()
        if byte in (_END_OBJECT, _COLON):
            self._skip_junk("between two records")
            return True
        progress = self._targets.item(frame.progress, frame.index)
        is_record = byte == _OBJECT and self._targets.is_record(progress, is_array=False)
        if is_record and (more := self._take_run(frame)) is not None:
            return more
        frame.index += 1
        return self._begin(progress, None, within_array=True)

    def _leave(self) -> bool:
        self._frames.pop()
        self._position += 1
        return True

    # Values ------------------------------------------------------------------------------------------

    def _begin(self, progress: Progress, keys: tuple[str, ...] | None, *, within_array: bool) -> bool:
        """A value begins at the position: walk into it, take it or pass it over."""
        targets, byte = self._targets, self._buffer[self._position]
        is_container = byte in (_OBJECT, _ARRAY)
        if targets.has_records(progress) or targets.is_keyed(progress):
            self.was_found = True
        is_record = targets.is_record(progress, is_array=byte == _ARRAY)
        if not is_record and byte == _OBJECT and targets.is_keyed(progress):
            first = _FIRST_VALUE.match(self._buffer, self._position)
            if first is None and not self._is_last and len(self._buffer) - self._position < MAX_BESIDE:
                self._undo(within_array)
                return False
            # One object where a list should be: it is the record.
            is_record = bool(first and first[1] and first[1] not in b"{[")
        self._pending = None
        if is_record and not is_container and not within_array and self._is_empty_here():
            is_record = False
        if is_record:
            return self._scan_from(_Open(True, [], -1, 0))
        numbers = targets.wants_value(progress)
        rank = rank_of(keys[-1]) if keys and not self._has_total and speaks_of_listing(keys[:-1]) else -1
        looks_inside = byte == _OBJECT and rank < 0 and keys is not None and speaks_of_listing(keys)
        is_beside = bool(numbers) or not (targets.goes_on(progress) or looks_inside)
        if is_container and (progress[RECORD] >= 0 or not is_beside):
            self._frames.append(_Frame(byte == _OBJECT, progress, keys))
            self._position += 1
            return True
        return self._scan_from(_Open(False, numbers, rank, len(keys) if keys else 0))

    def _undo(self, within_array: bool) -> None:
        if within_array:
            self._frames[-1].index -= 1
        elif not self._frames:
            self.roots -= 1

    def _is_empty_here(self) -> bool:
        return any(self._buffer.startswith(empty, self._position) for empty in _EMPTY)

    def _scan_from(self, what: _Open) -> bool:
        self._open = what
        self._scan = ValueScan(self._position, is_strict=what.is_record)
        return True

    def _advance(self) -> bool:
        assert self._scan is not None
        found = self._scan.advance(self._buffer, is_last=self._is_last)
        if found is Found.MORE:
            self._position = self._scan.needed_from
            return False
        if found is Found.BROKEN:
            if not self._open.is_record or not self._scan.is_strict:
                raise self._too_deep(self._scan.start)
            return self._break(self._scan.start, self._scan.position)
        start, end = self._scan.start, self._scan.position
        if self._open.is_record and self._buffer[start] == _QUOTE and self._in_any_array():
            # A name where a record should be: the record before it was closed too early.
            behind = _SPACE.match(self._buffer, end)
            assert behind is not None
            if behind.end() >= len(self._buffer) and not self._is_last:
                self._scan = ValueScan(start, is_strict=True)
                return False
            if self._buffer[behind.end() : behind.end() + 1] == b":":
                return self._break(start, end)
        self._scan = None
        self._position = end
        if self._open.is_record:
            self._give(start, end)
        elif self._open.numbers or self._open.rank >= 0:
            self._put_beside(bytes(memoryview(self._buffer)[start:end]))
        return True

    def _in_any_array(self) -> bool:
        return bool(self._frames) and not self._frames[-1].is_object

    def _put_beside(self, raw: bytes) -> None:
        if len(raw) > MAX_BESIDE:
            return
        value = _value_of(raw)
        for number in self._open.numbers:
            if number == TOTAL:
                self.total.put(value, rank=-1, depth=self._open.depth)
            else:
                self._feed.put(number, value)
        if self._open.rank >= 0:
            self.total.put(value, rank=self._open.rank, depth=self._open.depth)

    # Records -----------------------------------------------------------------------------------------

    def _give(self, start: int, end: int, *, is_sound: bool = True) -> None:
        raw = bytes(memoryview(self._buffer)[start:end])
        if is_sound and raw.startswith(b"{"):
            self._learn(raw, start)
            self._runs.learn(self._buffer, start, end)
        self._add(raw, start)

    def _learn(self, raw: bytes, start: int) -> None:
        """What a sound record looks like."""
        self._sample = (raw, indentation_before(self._buffer, start))
        self._known = None
        self._searched = 0

    def _add(self, raw: bytes, start: int) -> None:
        if len(raw) > self._limit:
            raise self._too_large(start)
        flaw = "" if raw.startswith((b"{", b"[")) else f"a record is an object, and here is {_shown(raw)}"
        if self._feed.was_changed:
            self._feed_values = self._feed.take()
        self._feed.record_follows()
        self.records += 1
        self.was_found = True
        self._cut.append(Cut(raw, self._base + start, flaw, self._feed_values))

    def _take_run(self, frame: _Frame) -> bool | None:
        """Cut the records that are whole in the buffer at once; None = do it one by one."""
        run = self._runs.find(self._buffer, self._position, is_last=self._is_last)
        if run is None:
            return None
        if not run:
            return False
        for raw, start in run:
            self._add(raw, start)
        frame.index += len(run)
        last, start = run[-1]
        self._learn(last, start)
        self._position = start + len(last)
        return True

    # What is broken ----------------------------------------------------------------------------------

    def _break(self, start: int, at: int) -> bool:
        self._scan = None
        self._broken_at = at
        self._position = start
        text = self._buffer[start:at].rstrip()
        self._search = max(start + 1, start + len(text) - 1) if self._buffer[at] == _OBJECT else max(start + 1, at)
        self._note(f"the quotes or brackets of record {self.records + 1:,} do not match")
        return True

    def _resynchronise(self) -> bool:
        """Find the next record behind the broken one that begins at the position."""
        if all(frame.is_object for frame in self._frames):
            # There is one record, and nothing to find behind it.
            self._search = -1
            self._scan = ValueScan(self._position, is_strict=False)
            return True
        signature = self._signature()
        if self._is_last:
            return self._resynchronise_at_end(signature)
        # First for all that the sound records begin with; only behind that for their first name alone.
        strict_end = self._broken_at + STRICT_BYTES
        found = signature.find(self._buffer, max(self._search, self._searched), strict_end)
        if found is None and len(self._buffer) >= strict_end + LOOKAHEAD:
            found = signature.find_loosely(self._buffer, self._search)
            self._searched = strict_end
        if found is not None:
            return self._resume(end_of_broken(found), found.end())
        self._searched = min(strict_end, len(self._buffer) - LOOKAHEAD)
        return False

    def _signature(self) -> Signature:
        if self._known is None:
            raw, indentation = self._sample
            if not raw:
                start = self._position
                raw, indentation = bytes(self._buffer[start : start + 1024]), indentation_before(self._buffer, start)
            self._known = Signature(raw, indentation, is_item=self._in_any_array())
        return self._known

    def _resynchronise_at_end(self, signature: Signature) -> bool:
        within = bytes(_OBJECT if frame.is_object else _ARRAY for frame in self._frames)
        first: tuple[int, int] | None = None
        strict_start = max(self._search, self._searched)
        for end, start in signature.candidates(self._buffer, self._search, strict_start):
            if first is None and not signature.is_strictly_at(self._buffer, start):
                self._searched = len(self._buffer)
            first = first or (end, start)
            self._tries -= 1
            if self._tries < 0 or closes_document(self._buffer, start, within):
                return self._resume(end, start)
        for place in ends_of_array(self._buffer, self._search) if self._in_any_array() else ():
            self._tries -= 1
            if self._tries >= 0 and closes_document(self._buffer, place, within):
                end = len(self._buffer[:place].rstrip())
                return self._resume(end, place)
        if first is not None:
            return self._resume(*first)
        # Nothing sound is found behind it: as far as one can tell the document is cut off in this record.
        self._search = -1
        self._scan = ValueScan(self._position, is_strict=False)
        self._scan.position = len(self._buffer)
        return False

    def _resume(self, end: int, next_start: int) -> bool:
        self._give(self._position, end, is_sound=False)
        self._search = -1
        self._position = next_start
        if not self._in_any_array():
            # A record below its item: the next one is taken for it, and its item is left with it.
            return self._scan_from(_Open(True, [], -1, 0))
        return True

    # Around the values -------------------------------------------------------------------------------

    def _skip_between(self) -> bool:
        """To the next byte that says something; False = it is not there yet."""
        found = _BETWEEN.match(self._buffer, self._position)
        assert found is not None
        self._position = found.end()
        return self._position < len(self._buffer)

    def _skip_comment(self) -> bool:
        end = end_of_comment(self._buffer, self._position, self._position)
        if end < 0:
            return False
        self._position = end
        return True

    def _skip_junk(self, where: str) -> None:
        found = _JUNK.match(self._buffer, self._position)
        assert found is not None
        self._note(f"there is something {where} that does not belong there")
        self._position = found.end()

    def _note(self, notice: str) -> None:
        if len(self.notices) < 20:
            self.notices[notice] = None

    def _kept_from(self) -> int:
        if self._search >= 0:
            return self._position
        if self._scan is not None and (self._open.is_record or self._open.numbers or self._open.rank >= 0):
            return self._scan.start
        return self._position

    def _check_size(self) -> None:
        held = len(self._buffer) - self._kept_from()
        if self._scan is not None and not self._open.is_record and held > MAX_BESIDE:
            self._open = _Open(False, [], -1, 0)
        elif held > self._limit:
            raise self._too_large(self._kept_from())

    def _too_large(self, start: int) -> LimitExceededError:
        what = f"record {self.records + 1:,}" if self.was_found else "one value"
        offset = self._offset_of(self._base + start)
        return LimitExceededError(
            f"{what}, which begins at byte {offset:,}, is larger than {show_size(self._limit)}",
            place=Place(source=self._name, offset=offset),
            hint="raise limits.record where records are honestly so large, or check `record`",
        )

    def _too_deep(self, start: int) -> LimitExceededError:
        offset = self._offset_of(self._base + start)
        return LimitExceededError(
            f"one value, which begins at byte {offset:,}, is nested in more than {MAX_DEPTH:,} levels",
            place=Place(source=self._name, offset=offset),
            hint="nothing reads that: check the address",
        )

    def _drop(self) -> None:
        """Forget what is done with; an indentation before the next record is kept."""
        dropped = self._kept_from() - 128
        if dropped < 4096:
            return
        del self._buffer[:dropped]
        self._base += dropped
        self._position -= dropped
        if self._scan is not None:
            self._scan.move(dropped)
        if self._search >= 0:
            self._search -= dropped
            self._broken_at -= dropped
        self._searched -= dropped


def _decoded(raw: bytes | bytearray) -> str:
    if b"\\" not in raw:
        return raw.decode("utf-8", "replace")
    value = _value_of(b'"' + raw + b'"')
    return value if isinstance(value, str) else raw.decode("utf-8", "replace")


def _value_of(raw: bytes | bytearray) -> Any:
    """None where it cannot be read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _shown(raw: bytes) -> str:
    text = raw[:60].decode("utf-8", "replace")
    return text + ("…" if len(raw) > 60 else "")
