"""The index of postings follows the feed of changes as a destination does, and is made from the documents at first.

A row that a run has changed which is not finished is left as it was: that run's own list names it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import msgspec
from django.db import DatabaseError, InterfaceError, connections

from jobpipe.documents.body import unpack
from jobpipe.documents.search.store import MAX_SEARCHED, MAX_SHOWN, Entry, Position, SearchIndex
from jobpipe.documents.search.words import BY_WORDS
from jobpipe.documents.store import Role, Selection, StateRow
from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.ledger.models import Import
from jobpipe.posting import JobPosting
from jobpipe.runs.deliveries.change_lists import last_sequence, lists_after, pruned_to, rows_of
from jobpipe.runs.deliveries.wanting import unfinished_runs
from jobpipe.runs.workspace import Workspace

log = logging.getLogger("jobpipe.search")

# Postings that are taken in together.
_PIECE = 1_000
# Seconds between two looks, and for one of them.
_TICK = 2.0
_SITTING = 30.0
_at = partial(Position, by_words=BY_WORDS)
_decode = msgspec.json.Decoder(JobPosting).decode


@dataclass(frozen=True, slots=True)
class _Piece:
    entries: Sequence[Entry]
    # (import, row)
    gone: Collection[tuple[int, int]]
    after: Position


def catch_up(workspace: Workspace, seconds: float, *, is_over: Callable[[], bool] = lambda: False) -> bool:
    """Take in what has changed, for about so long; whether the index is as the feed is.

    False, too, where another process takes it in at the moment.
    """
    index = workspace.search
    end = time.monotonic() + seconds
    position = _position(index)
    for piece in _pieces(workspace, position):
        if not index.apply(piece.entries, piece.gone, before=position, after=piece.after):
            return False
        position = piece.after
        if time.monotonic() >= end or is_over():
            break
    return position is not None and position.sweep is None and position.sequence >= last_sequence()


def is_being_made(workspace: Workspace) -> bool:
    """Whether not all postings have been taken in yet."""
    position = workspace.search.position()
    return position is None or position.sweep is not None


def forget_rows(workspace: Workspace, import_id: int, rows: Collection[int]) -> None:
    """Of postings that are removed for good."""
    if (index := workspace.search_if_any) is not None:
        index.drop(import_id, rows)


def forget_all(workspace: Workspace) -> None:
    """It is made again from what is stored then."""
    if (index := workspace.search_if_any) is not None:
        index.clear()


def keep_up(workspace: Workspace, is_over: Callable[[], bool]) -> None:
    """Until it is over: for a thread of its own."""
    lost = ""
    while not is_over():
        try:
            catch_up(workspace, _SITTING, is_over=is_over)
            lost = ""
        except (JobpipeError, DatabaseError, InterfaceError) as error:
            if str(error) != lost:
                lost = str(error)
                waits = isinstance(error, (DatabaseError, InterfaceError, OutOfReachError))
                log.error("the index of postings %s: %s", "waits for a store" if waits else "stays as it is", error)
        finally:
            connections.close_all()
        end = time.monotonic() + _TICK
        while time.monotonic() < end and not is_over():
            time.sleep(0.1)


def _position(index: SearchIndex) -> Position | None:
    position = index.position()
    if position is None:
        return None
    # What it has to follow may not be kept any more, or it has followed another feed: a ledger was put back.
    if position.by_words != BY_WORDS or not pruned_to() <= position.sequence <= last_sequence():
        index.clear()
        return None
    return position


def _pieces(workspace: Workspace, position: Position | None) -> Iterator[_Piece]:
    if position is None:
        position = _at(sequence=last_sequence(), sweep=(0, 0))
    if position.sweep is not None:
        yield from _all_postings(workspace, position, position.sweep)
        position = _at(sequence=position.sequence)
        yield _Piece((), (), position)
    yield from _changes(workspace, position)


def _all_postings(workspace: Workspace, position: Position, after: tuple[int, int]) -> Iterator[_Piece]:
    first, row = after
    for number in Import.objects.filter(pk__gte=first).order_by("pk").values_list("pk", flat=True):
        unfinished = unfinished_runs()
        stored = workspace.documents.bodies(number, Selection(after_row=row if number == first else 0))
        while some := list(islice(stored, _PIECE)):
            entries = [_entry(number, state, frame) for state, frame in some if state.changed_run not in unfinished]
            at = number, some[-1][0].row
            yield _Piece(entries, (), _at(sequence=position.sequence, sweep=at))


def _changes(workspace: Workspace, position: Position) -> Iterator[_Piece]:
    for changes in lists_after(position.sequence):
        rows = rows_of(changes)
        if rows is None:
            return
        for offset in range(position.offset, len(rows), _PIECE):
            some = rows[offset : offset + _PIECE]
            is_last = offset + _PIECE >= len(rows)
            after = (
                _at(sequence=changes.sequence)
                if is_last
                else _at(sequence=position.sequence, offset=offset + len(some))
            )
            entries, gone = _changed(workspace, changes.import_row_id, some)
            yield _Piece(entries, gone, after)
        position = _at(sequence=changes.sequence)


def _changed(workspace: Workspace, import_id: int, rows: Sequence[int]) -> tuple[list[Entry], list[tuple[int, int]]]:
    unfinished = unfinished_runs()
    states = workspace.documents.rows(import_id, rows)
    postings = {row: one for row, one in states.items() if one.role is Role.POSTING}
    gone = [(import_id, row) for row in rows if row not in postings]
    keys = tuple(one.key for one in postings.values() if one.changed_run not in unfinished)
    found = workspace.documents.bodies(import_id, Selection(keys=keys)) if keys else ()
    return [_entry(import_id, state, frame) for state, frame in found], gone


def _entry(import_id: int, state: StateRow, frame: bytes) -> Entry:
    bare = Entry(
        import_id=import_id,
        row=state.row,
        key=state.key,
        state=state.status.name.lower(),
        reason=state.reason,
        first_day=state.first_day,
        title=state.title[:MAX_SHOWN],
    )
    posting = unpack(frame).posting
    return _described(bare, _decode(posting)) if posting else bare


def _described(bare: Entry, posting: JobPosting) -> Entry:
    places = [", ".join(filter(None, (one.city or one.text, one.region, one.country))) for one in posting.locations]
    categories = [one.name or one.label or one.code or "" for one in posting.category]
    description = posting.description_text or posting.description or ""
    return msgspec.structs.replace(
        bare,
        title=posting.title[:MAX_SHOWN],
        company=((posting.company.name if posting.company else "") or "")[:MAX_SHOWN],
        place="; ".join(dict.fromkeys(filter(None, places)))[:MAX_SHOWN],
        countries=tuple(dict.fromkeys(one.country for one in posting.locations if one.country)),
        contract=posting.contract or "",
        categories=tuple(dict.fromkeys(one[:MAX_SHOWN] for one in categories if one)),
        description=description[:MAX_SEARCHED],
    )
