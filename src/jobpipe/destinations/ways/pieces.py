"""A batch that is too large for one request goes in several, in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jobpipe.destinations.ways.way import Answer, Change, Fate, ItemAnswer, UnknownFateError, WayError

# What a change costs beside its body, about.
_AROUND = 512

# Sends some of a batch under its own idempotency key.
SendPiece = Callable[[Sequence[Change], str], Answer]


def in_pieces(
    batch: Sequence[Change], idempotency_key: str, most_bytes: int, send: SendPiece, *, most_items: int = 10_000
) -> Answer:
    """Each of at most so many postings, and bytes of them, but for one that is larger alone.

    The same batch is always cut alike.  Where a later piece surely did not get through, what came before it stays
    answered, and the rest is to be sent again; where the first fails, or the fate of one is unknown, that is raised.
    """
    pieces = _cut(batch, most_bytes, most_items)
    answer = Answer()
    for number, piece in enumerate(pieces):
        key = idempotency_key if len(pieces) == 1 else f"{idempotency_key}-{number + 1}"
        try:
            given = send(piece, key)
        except WayError as error:
            if number == 0 or isinstance(error, UnknownFateError):
                raise
            again = ItemAnswer(fate=Fate.AGAIN, said=str(error))
            left = {change.idempotency_key: again for later in pieces[number:] for change in later}
            return Answer(items={**answer.items, **left}, said=str(error))
        answer = Answer(items={**answer.items, **given.items}, said=given.said)
    return answer


def _cut(batch: Sequence[Change], most_bytes: int, most_items: int) -> list[list[Change]]:
    pieces: list[list[Change]] = []
    size = 0
    for change in batch:
        weight = len(change.body) + _AROUND
        if not pieces or size + weight > most_bytes or len(pieces[-1]) >= most_items:
            pieces.append([])
            size = 0
        pieces[-1].append(change)
        size += weight
    return pieces
