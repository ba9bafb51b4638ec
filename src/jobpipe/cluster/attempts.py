"""How often workers have begun a unit of work: counted in the ledger, because a worker that dies cannot say so."""

from __future__ import annotations

from django.db import connection
from django.db.models import F

from jobpipe.ledger.models import BatchAttempt, RunState

# One statement, so that two workers with the same message count twice.
_BEGIN = """
    INSERT INTO ledger_batchattempt (run_id, fence, unit, started)
    SELECT run.id, %s, %s, 1
    FROM ledger_run AS run JOIN ledger_lease AS lease ON lease.import_id = run.import_id
    WHERE run.id = %s AND run.state = %s AND lease.fence = %s
    ON CONFLICT (run_id, fence, unit) DO UPDATE SET started = ledger_batchattempt.started + 1
    RETURNING started
"""


def begin(run: int, fence: int, unit: str) -> int:
    """How many times it was begun, with this one; 0 = the sitting that wanted it is over."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [fence, unit, run, RunState.RUNNING, fence])
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def take_back(run: int, fence: int, unit: str) -> None:
    """It was begun, and given back by a worker that lives: that is no death."""
    begun = BatchAttempt.objects.filter(run_id=run, fence=fence, unit=unit, started__gt=0)
    begun.update(started=F("started") - 1)


def leave_work(run: int, fence: int, unit: str, packed: bytes) -> None:
    """A unit that is too large for a message."""
    BatchAttempt.objects.update_or_create(run_id=run, fence=fence, unit=unit, defaults={"work": packed})


def work_left(run: int, fence: int, unit: str) -> bytes:
    """Raises BatchAttempt.DoesNotExist where the sitting is over."""
    work = BatchAttempt.objects.values_list("work", flat=True).get(run_id=run, fence=fence, unit=unit)
    return bytes(work or b"")


def forget(run: int, fence: int) -> None:
    """All units of this sitting and of those before it."""
    BatchAttempt.objects.filter(run_id=run, fence__lte=fence).delete()
