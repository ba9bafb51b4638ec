"""What a worker says of one record.  No store and no history: whether a posting is new is not known here."""

from __future__ import annotations

import enum

import msgspec


class Made(enum.IntEnum):
    """What the definition makes of one record."""

    POSTING = 0
    FILTERED = 1  # a posting that the `keep` rule leaves out
    CLOSED = 2  # the source's own word that this posting is over
    REJECTED = 3


class Transformed(msgspec.Struct, array_like=True, gc=False):
    """One record after transformation."""

    ordinal: int
    made: Made
    # What identifies the posting within its import; "" where it could not be read.
    key: str = ""
    # 16 bytes over the posting's canonical JSON; b"" when there is none.
    posting_digest: bytes = b""
    # The posting's canonical JSON; the worker packs it with the raw record (`jobpipe.documents.body`).
    body: bytes = b""
    title: str = ""
    # ISO 8601; "" when the posting does not say.
    valid_through: str = ""
    # Only a lenient parser could read the record, and nothing of it was lost.
    repaired: bool = False
    # A date in words ("3 days ago") was resolved against the day that the batch gave for this record.
    day_dependent: bool = False
    # For a rejected or filtered record: a stable word, the field, and the sentence for a person.
    reason: str = ""
    field: str = ""
    message: str = ""
    # (table, label) of every look-up that found nothing.
    unmapped: tuple[tuple[str, str], ...] = ()
    # The labels it was made with, as the state row keeps them: `jobpipe.documents.labels`.
    labels: str = ""
    # Rules of overrides that could not be applied to it: number, why.
    rule_faults: tuple[tuple[int, str], ...] = ()
    # What is counted of the posting: `jobpipe.posting_facts`; b"" when there is none.
    facts: bytes = b""


class Item(msgspec.Struct, array_like=True, gc=False):
    """One record on its way to a worker."""

    ordinal: int
    raw: bytes
    # Index into the batch's contexts.
    context: int
    # What the splitter already knows against it.
    flaw: str = ""
    # The day that words such as "yesterday" count from (ISO date).
    day: str = ""
    # Of the first byte in the unpacked document; -1 = not known.
    offset: int = -1
