"""Doubt must end: after seven days of runs that were suspected or incomplete, a person is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobpipe.lifecycle.expiry import PastRun

DOUBTED_FOR = timedelta(days=7)


def doubted_since(past: Sequence[PastRun], now: datetime) -> datetime | None:
    """Since when nothing has expired by absence, where that is too long; None = it is not.

    `past` is the newest first, without today's run, which is doubted too.
    """
    since = now
    for run in past:
        if run.complete:
            break
        since = run.at
    return since if now - since >= DOUBTED_FOR else None
