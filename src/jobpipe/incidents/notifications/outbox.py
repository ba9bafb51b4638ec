"""The outbox: a message is one sender's at a time, for as long as sending may take, and tried again with patience.

Between sending and noting it a sender may die: then it is sent once more, with the same Message-ID, by which mail
programs and receivers know it again.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import F, Q

from jobpipe.ledger.models import Notification, NotificationState
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write

# Longer than any channel may take: see `jobpipe.definition.notifying`.
CLAIM = timedelta(minutes=15)
# Between the tries: a bit more than a day in all.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60, 240, 480, 720))


def claim_next(now: datetime, *, without: frozenset[str] = frozenset()) -> Notification | None:
    """One that is due and nobody else's, from now on this sender's; `without`: channels that are left alone."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    due = Notification.objects.filter(free, state=NotificationState.QUEUED, next_try__lte=now)
    for number in list(due.exclude(channel__in=without).order_by("pk").values_list("pk", flat=True)[:20]):
        claim = uuid.uuid4().hex
        with turn_to_write():
            got = Notification.objects.filter(free, pk=number, state=NotificationState.QUEUED).update(
                claim=claim, claimed_until=now + CLAIM, attempts=F("attempts") + 1
            )
        if got:
            return Notification.objects.get(pk=number)
    return None


def mark_sent(one: Notification, now: datetime) -> bool:
    """Whether it was still this sender's."""
    return _settle(one, state=NotificationState.SENT, sent_at=now, error="")


def mark_failed(one: Notification, error: str, now: datetime) -> bool:
    """It is tried again later, or given up."""
    is_last = one.attempts > len(WAITS)
    state = NotificationState.FAILED if is_last else NotificationState.QUEUED
    wait = WAITS[min(one.attempts, len(WAITS)) - 1]
    return _settle(one, state=state, next_try=now + wait, error=storable(error)[:2_000])


def _settle(one: Notification, **values: object) -> bool:
    with turn_to_write():
        mine = Notification.objects.filter(pk=one.pk, claim=one.claim, state=NotificationState.QUEUED)
        return bool(mine.update(claim="", claimed_until=None, **values))
