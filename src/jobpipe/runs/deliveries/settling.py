"""An answer is written down: what the destination has now, the receipts, and what of the batch goes on.

First the store of what is delivered, then the ledger: whoever is killed in between sends the batch again, with the same
keys, and writes the same down once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobpipe.destinations.ways.way import Answer, Fate
from jobpipe.documents.delivered.store import Delivered, DeliveredStore, Receipt, Standing
from jobpipe.runs.deliveries.outgoing import Outgoing
from jobpipe.safety.one_line import one_line

_MOST_SAID = 300


@dataclass(slots=True)
class Settled:
    upserts: int = 0
    removals: int = 0
    # With the destination's words.
    refused: list[tuple[Outgoing, str]] = field(default_factory=list)
    # To be sent once more, as they are.
    again: list[Outgoing] = field(default_factory=list)


def settle(
    delivered: DeliveredStore,
    destination: int,
    delivery: int,
    items: Sequence[Outgoing],
    keys: Sequence[str],
    answer: Answer,
    at: str,
) -> Settled:
    """`keys`: the idempotency keys of `items`; `at`: the moment of the answer, ISO 8601 UTC. May be repeated."""
    done = Settled()
    known = _known(delivered, destination, items)
    rows: list[Delivered] = []
    receipts: list[Receipt] = []
    for item, key in zip(items, keys, strict=True):
        fate = answer.items.get(key)
        if fate is not None and fate.fate is Fate.AGAIN:
            done.again.append(item)
            continue
        is_refused = fate is not None and fate.fate is Fate.REFUSED
        said = one_line(fate.said if fate is not None else answer.said, _MOST_SAID)
        before = known.get((item.import_id, item.row))
        rows.append(_row(item, before, is_refused=is_refused, delivery=delivery, at=at, said=said))
        receipts.append(_receipt(item, destination, is_refused=is_refused, delivery=delivery, at=at, said=said))
        if is_refused:
            done.refused.append((item, said))
        elif item.action == "upsert":
            done.upserts += 1
        else:
            done.removals += 1
    delivered.save(destination, rows, receipts)
    return done


def _known(delivered: DeliveredStore, destination: int, items: Sequence[Outgoing]) -> dict[tuple[int, int], Delivered]:
    by_import: dict[int, list[int]] = {}
    for item in items:
        by_import.setdefault(item.import_id, []).append(item.row)
    return {
        (import_id, row): one
        for import_id, rows in by_import.items()
        for row, one in delivered.known(destination, import_id, rows).items()
    }


def _row(item: Outgoing, before: Delivered | None, *, is_refused: bool, delivery: int, at: str, said: str) -> Delivered:
    made = Delivered(
        import_id=item.import_id,
        row=item.row,
        key=item.key,
        standing=Standing.THERE,
        number=item.number,
        revision=item.revision,
        digest=item.digest,
        delivery=delivery,
        at=at,
        said=said,
    )
    if is_refused:
        # What it had before it still has.
        made.standing, made.tried = Standing.REFUSED, item.digest
        made.digest = before.digest if before is not None else b""
        made.revision = before.revision if before is not None else 0
    elif item.action == "remove":
        made.standing, made.revision = (Standing.HELD if item.held else Standing.AWAY), 0
        made.said = item.held or said
    return made


def _receipt(item: Outgoing, destination: int, *, is_refused: bool, delivery: int, at: str, said: str) -> Receipt:
    return Receipt(
        destination=destination,
        import_id=item.import_id,
        row=item.row,
        number=item.number,
        action=item.action,
        fate="refused" if is_refused else "accepted",
        revision=item.revision,
        delivery=delivery,
        at=at,
        said=said,
    )
