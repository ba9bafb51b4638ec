"""What a posting is now against what a destination has of it: the net difference. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import xxhash

from jobpipe.documents.delivered.store import Delivered, Standing

# What `said` of one begins with that waits for room.
NO_ROOM = "no room"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a destination should have of one posting."""

    # Shaped for it; b"" = it should not have it.
    body: bytes = b""
    revision: int = 0
    # Why it would be refused; "" = it would not.
    held: str = ""

    @property
    def digest(self) -> bytes:
        return xxhash.xxh3_128_digest(self.body) if self.body else b""


Step = Literal["nothing", "upsert", "remove", "note"]


def step_of(wanted: Wanted, known: Delivered | None, *, again: bool = False) -> Step:
    """What is to be done: a change to send, or (`note`) only something to be written down.

    `again`: send it though the destination has it, or has refused it.
    """
    there = known.digest if known is not None else b""
    if wanted.held or not wanted.body:
        if there:
            return "remove"
        return "note" if _is_news(wanted, known) else "nothing"
    digest = wanted.digest
    if again:
        return "upsert"
    if known is None:
        return "upsert"
    if known.standing is Standing.REFUSED and known.tried == digest:
        return "nothing"
    # What was refused and is what it was before is there as it should be.
    if there == digest:
        return "nothing" if known.standing is Standing.THERE else "note"
    return "upsert"


def _is_news(wanted: Wanted, known: Delivered | None) -> bool:
    """Of what the destination neither has nor gets."""
    if wanted.held:
        return known is None or known.standing is not Standing.HELD or known.said != wanted.held
    return known is not None and known.standing is not Standing.AWAY


def noted(wanted: Wanted, before: Delivered, at: str) -> Delivered:
    """What is written down of a posting of which nothing is sent."""
    if wanted.held:
        standing, said, tried = Standing.HELD, wanted.held, wanted.digest
    elif wanted.body:
        standing, said, tried = Standing.THERE, "", b""
    else:
        standing, said, tried = Standing.AWAY, "", b""
    return Delivered(
        import_id=before.import_id,
        row=before.row,
        key=before.key,
        standing=standing,
        number=before.number,
        revision=before.revision,
        digest=before.digest,
        tried=tried,
        delivery=before.delivery,
        at=at,
        said=said,
    )
