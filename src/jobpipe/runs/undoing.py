"""Histories of decisions, of whatever kind: which change stands, which are taken back together.

An entry (a row with `revision` and `changes`) says what counts now; each of its changes (with `entry`, `together`,
`undoes`) says what it was before and after.  Changes are never changed nor deleted: an undoing is one more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobpipe.errors import UsageError


def standing(entry: Any) -> int:
    """The change that made the entry what it is: one that was undone does not count, nor does its undoing."""
    number: int = entry.revision
    changes = entry.changes.order_by("-id")
    while (change := changes.filter(pk=number).first()) is not None and change.undoes_id:
        before = changes.filter(pk__lt=change.undoes_id).first()
        number = before.pk if before is not None else 0
    return number


def last_standing(changes: Any, hint: str) -> int:
    """The last change that no undoing took back; an undoing that was undone itself took nothing back.

    `changes`: a queryset. Raises UsageError where there is none.
    """
    taken_back: set[int] = set()
    for number, undoes in changes.order_by("-id").values_list("id", "undoes_id").iterator():
        if number in taken_back:
            continue
        if undoes is None:
            return int(number)
        taken_back.add(undoes)
    raise UsageError("there is nothing to undo", hint=f"{hint} lists what was decided")


def made_together(changes: Any, number: int | None, hint: str) -> list[Any]:
    """The change with this number (None: the last that stands) and those that were made with it, the oldest first."""
    if number is None:
        number = changes.get(pk=last_standing(changes, hint)).together
    found = list(changes.filter(together=number).order_by("id"))
    found = found or list(changes.filter(pk=number))
    if not found:
        raise UsageError(f"there is no change {number}", hint=f"{hint} lists them")
    return found


def join(model: Any, changes: Sequence[Any]) -> None:
    """From now on these changes are undone together."""
    for change in changes:
        change.together = changes[0].pk
    model.objects.filter(pk__in=[change.pk for change in changes]).update(together=changes[0].pk if changes else 0)
