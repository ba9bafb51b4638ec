"""Feeding a splitter with a document in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from jobpipe.sources.record import Ending, RawRecord, Splitter

Split = tuple[list[RawRecord], Ending]


def chunks_of(document: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(document), size):
        yield document[start : start + size]


def split_in_pieces(splitter: Splitter, document: bytes, size: int) -> Split:
    """All records and the ending; `size` = bytes of a piece."""
    records: list[RawRecord] = []
    for piece in chunks_of(document, size):
        records += splitter.feed(piece)
    last, ending = splitter.close()
    return records + last, ending
