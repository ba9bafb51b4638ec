"""What becomes of a batch that kills its worker again and again: it is halved until the guilty record is found."""

from __future__ import annotations

from jobpipe.documents.body import Body, pack
from jobpipe.runs.executors.executor import Work
from jobpipe.transform.outcome import Made, Transformed

DEATHS_BEFORE_HALVING = 3


def halves(work: Work) -> tuple[Work, Work]:
    """Of a batch of two records or more, in their order."""
    middle = len(work.items) // 2
    first, second = work.items[:middle], work.items[middle:]
    return Work(work.number, work.contexts, first, work.is_trial), Work(
        work.number, work.contexts, second, work.is_trial
    )


def rejected_for_killing(work: Work) -> Transformed:
    """What is said of the one record of a batch that has killed every worker that tried it."""
    (item,) = work.items
    message = f"transforming this record ended the worker process, {DEATHS_BEFORE_HALVING} times or after a long time"
    note = ("crash", "", message)
    body = pack(Body(b"", item.raw, work.contexts[item.context].digest(), note, item.offset))
    return Transformed(item.ordinal, Made.REJECTED, body=body, reason="crash", message=message)
