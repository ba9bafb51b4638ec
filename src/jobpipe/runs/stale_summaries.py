"""Deriving the summaries of imports of which anything was written: one statement reads, one writes.

What triggers note of an import are its marks (`ledger_stalesummary`). A summary is only kept while those that it was
derived under are still there, so that whoever read before something was written, and writes after it, undoes nothing:
in a file a new mark takes the place of the old one, on a server whoever deletes a mark writes for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from jobpipe.definition.schedules import Schedule
from jobpipe.ledger.models import ImportDecision
from jobpipe.ledger.opening import is_shared
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.scheduling.punctuality import Course, turns_of
from jobpipe.runs.standing import is_in_force

# As `jobpipe.runs.overview.overviews` has it of all imports; without any mark this reads one empty table.
_READ = """
    SELECT
        stale.marks, import.id AS number, import.name, import.created_at,
        plan.schedule, plan.zone, plan.grace, plan.known_since,
        last.id AS last_run, last.state AS last_state, ended.live,
        good.started_at AS last_good, good.seconds AS usual, held.id AS held_run,
        decision.id AS decision, decision.standing, decision.until,
        (SELECT COUNT(*) FROM ledger_incident
         WHERE state IN ('open', 'reopened') AND import_name = import.name) AS incidents
    FROM (SELECT import_number, {marks} AS marks FROM ledger_stalesummary GROUP BY import_number) AS stale
    JOIN ledger_import AS import ON import.id = stale.import_number
    LEFT JOIN ledger_scheduledimport AS plan ON plan.import_id = import.id
    LEFT JOIN ledger_run AS last ON last.id = (
        SELECT id FROM ledger_run WHERE import_id = import.id
        AND {made} ORDER BY id DESC LIMIT 1)
    LEFT JOIN ledger_run AS ended ON ended.id = (
        SELECT id FROM ledger_run WHERE import_id = import.id AND finished_at IS NOT NULL
        AND {made} ORDER BY id DESC LIMIT 1)
    LEFT JOIN ledger_run AS good ON good.id = (
        SELECT id FROM ledger_run WHERE import_id = import.id AND kind = 'import'
        AND state IN ('succeeded', 'held', 'partial') ORDER BY id DESC LIMIT 1)
    LEFT JOIN ledger_run AS held ON held.id = (
        SELECT id FROM ledger_run WHERE import_id = import.id AND state = 'held' ORDER BY id DESC LIMIT 1)
    LEFT JOIN ledger_importdecision AS decision ON decision.id = (
        SELECT id FROM ledger_importdecision WHERE import_id = import.id ORDER BY id DESC LIMIT 1)
"""
# As `jobpipe.runs.history.that_made_anything` has it.
_MADE = "state NOT IN ('queued', 'skipped') AND NOT (state = 'cancelled' AND sequence IS NULL)"
# In a file there is one mark of an import: what is written later puts a new one in its place.
_READ_FILE = _READ.format(marks="MAX(id)", made=_MADE)
# With what time it is there, which also stands where nothing is stale.
_READ_SERVER = f"""
    SELECT clock_timestamp(), stale.*
    FROM (SELECT 1) AS always LEFT JOIN ({_READ.format(marks="array_agg(id)", made=_MADE)}) AS stale ON TRUE
"""

_COLUMNS = {
    "import_id": "bigint",
    "last_run_id": "bigint",
    "last_state": "text",
    "held_run_id": "bigint",
    "last_good": "timestamptz",
    "live": "integer",
    "decision_id": "bigint",
    "rests_until": "timestamptz",
    "rested": "text",
    "due": "timestamptz",
    "late_from": "timestamptz",
    "down_from": "timestamptz",
    "incidents": "integer",
}
_NAMES = ", ".join(_COLUMNS)
_ANEW = f"ON CONFLICT (import_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"
# A trigger takes the mark away (`ledger/migrations/0024_marks_of_summaries.py`).
_WRITE_FILE = f"""
    INSERT INTO ledger_importsummary ({_NAMES})
    SELECT {", ".join(f"json_extract(value, '$.{name}')" for name in _COLUMNS)} FROM json_each(%(made)s)
    WHERE json_extract(value, '$.marks') IN (SELECT id FROM ledger_stalesummary)
    {_ANEW}
"""
_WRITE_SERVER = f"""
    WITH known AS (
        SELECT id FROM ledger_stalesummary WHERE id = ANY(%(marks)s) ORDER BY id FOR UPDATE
    ), taken AS (
        DELETE FROM ledger_stalesummary WHERE id IN (SELECT id FROM known) RETURNING import_number
    )
    INSERT INTO ledger_importsummary ({_NAMES})
    SELECT {_NAMES}
    FROM jsonb_to_recordset(%(made)s::jsonb) AS made ({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
    WHERE import_id IN (SELECT import_number FROM taken)
    ORDER BY import_id
    {_ANEW}
"""


class Stale(NamedTuple):
    """An import whose summary is to be made again, and all that it is made of."""

    # Of a file the mark, of a server all marks that were seen.
    marks: Any
    number: int
    name: str
    created_at: datetime
    # "" = it has none; None = the scheduler has not looked at the import.
    schedule: str | None
    zone: str | None
    grace: float | None
    known_since: datetime | None
    last_run: int | None
    last_state: str | None
    live: int | None
    last_good: datetime | None
    usual: float | None
    held_run: int | None
    decision: int | None
    standing: str | None
    until: datetime | None
    incidents: int


_MOMENTS = ("created_at", "known_since", "last_good", "until")


def read_stale() -> tuple[datetime, list[Stale]]:
    """What time it is, and what is stale at that moment: one statement."""
    with connection.cursor() as cursor:
        if is_shared():
            cursor.execute(_READ_SERVER)
            rows = cursor.fetchall()
            return rows[0][0], [Stale(*row[1:]) for row in rows if row[1] is not None]
        now = datetime.now(UTC)
        cursor.execute(_READ_FILE)
        return now, [_with_moments(Stale(*row)) for row in cursor.fetchall()]


def _with_moments(one: Stale) -> Stale:
    """A file says nothing of zones: what it keeps is UTC."""
    known = {name: getattr(one, name) for name in _MOMENTS}
    return one._replace(**{name: moment.replace(tzinfo=UTC) for name, moment in known.items() if moment is not None})


def derive(stale: Sequence[Stale], now: datetime) -> int:
    """Of how many a summary was kept: not of those of which anything was written meanwhile."""
    given: dict[str, Any] = {"made": json.dumps([_summary(one, now) for one in stale], default=str)}
    if is_shared():
        given["marks"] = [mark for one in stale for mark in one.marks]
    with turn_to_write(), connection.cursor() as cursor:
        cursor.execute(_WRITE_SERVER if is_shared() else _WRITE_FILE, given)
        return int(cursor.rowcount)


def _summary(one: Stale, now: datetime) -> dict[str, Any]:
    course = Course(
        schedule=Schedule(one.schedule, one.zone or "UTC", one.name) if one.schedule else None,
        grace=one.grace or 0.0,
        known_since=one.known_since or one.created_at,
        last_good=one.last_good,
        usual=one.usual or 0.0,
        has_failed=one.last_state == "failed",
    )
    turns = turns_of(course)
    decision = ImportDecision(standing=one.standing or "", until=one.until)
    rests = one.decision is not None and is_in_force(decision, now)
    return {
        "marks": None if is_shared() else one.marks,
        "import_id": one.number,
        "last_run_id": one.last_run,
        "last_state": one.last_state or "",
        "held_run_id": one.held_run,
        "last_good": _kept(one.last_good),
        "live": one.live,
        "decision_id": one.decision if rests else None,
        "rests_until": _kept(one.until) if rests else None,
        "rested": str(turns.rested),
        "due": _kept(turns.due),
        "late_from": _kept(turns.late_from),
        "down_from": _kept(turns.down_from),
        "incidents": one.incidents,
    }


def _kept(moment: datetime | None) -> Any:
    """As the ledger keeps it."""
    return None if moment is None else connection.ops.adapt_datetimefield_value(moment)
