"""Absence at the end of a run: who is missing, since when, and whether they go, wait or are held."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from jobpipe.definition.models import Definition
from jobpipe.documents.store import FORGOTTEN, NEAR_DUPLICATE, Documents, Role, Selection, StateRow, Status, Written
from jobpipe.ledger.models import Run, RunState
from jobpipe.lifecycle import Kind
from jobpipe.lifecycle.expiry import Course, PastRun, Plan, Rule, Today, check_guard, plan_expiry
from jobpipe.runs.history import complete_runs_since
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.notices import note

_ROWS = 1_000
# A crawl misses pages more easily than a feed misses records.
MISSES_OF_A_CRAWL = 3


def missing_numbers(known: KnownTable) -> list[int]:
    """The known postings, live or hidden, that nothing in the run has seen."""
    return list(known.unseen_rows((Kind.LIVE, Kind.HIDDEN)))


def live_postings(documents: Documents, import_id: int) -> int:
    counts = documents.counts(import_id)
    return sum(number for (role, status, _), number in counts.items() if (role, status) == (Role.POSTING, Status.LIVE))


def rule_of(definition: Definition) -> Rule:
    expire = definition.expire
    is_literal = "misses" in expire.model_fields_set
    is_crawled = definition.source.site is not None
    misses = MISSES_OF_A_CRAWL if is_crawled and not is_literal else expire.misses
    return Rule(guard=expire.guard, misses=misses, is_literal=is_literal)


def listed_postings(documents: Documents, import_id: int) -> int:
    """Those that are live, and those that are hidden as near-duplicates: what its source has, whoever sees it."""
    hidden = documents.counts(import_id).get((Role.POSTING, Status.EXCLUDED, NEAR_DUPLICATE), 0)
    return live_postings(documents, import_id) + hidden


class Absence:
    """The absent of one run."""

    def __init__(self, documents: Documents, run: Run, known: KnownTable, definition: Definition) -> None:
        self._documents = documents
        self._run = run
        self._import_id: int = run.import_row_id
        self._known = known
        self._rule = rule_of(definition)
        # (kind, words): also of what is not noted in every run.
        self.found: list[tuple[str, str]] = []

    def settle(self, missing: list[int], past: list[PastRun]) -> None:
        """Expire, hold or wait. Sets the run's state, missing, absent, returned and notices; may be repeated."""
        run = self._run
        run.returned = self._welcome_back(past)
        run.missing = len(missing)
        if not run.complete:
            if run.suspected:
                # A person may accept it: then it counts who was missing.
                self._documents.mark_missing(self._import_id, run.pk, missing)
            return
        today = Today(
            at=datetime.now(UTC),
            read=run.account["read"],
            live=listed_postings(self._documents, self._import_id) + expired_by_absence(self._documents, self._run),
            missing=len(missing),
            returned=run.returned,
            unreadable=self._count_unreadable(past),
        )
        run.unreadable = today.unreadable
        plan = plan_expiry(today, past, self._rule)
        self._documents.mark_missing(self._import_id, run.pk, missing)
        if plan.course is Course.EXPIRE:
            due = due_numbers(self._documents, run, plan.misses)
            if plan.kind == "empty":
                self._expire(due)
                self._say(plan, past)
                return
            held = check_guard(len(due) + expired_by_absence(self._documents, self._run), today, past, self._rule)
            if held is None:
                self._expire(due)
                self._say(plan, past)
                return
            plan = held
        if plan.course is Course.HOLD:
            run.state = RunState.HELD
        self._say(plan, past)

    def _expire(self, due: list[int]) -> None:
        run = self._run
        self._documents.expire(self._import_id, run.pk, due, "absent")
        run.absent = expired_by_absence(self._documents, run)
        run.missing = sum(1 for _ in self._documents.missing(self._import_id))

    def _welcome_back(self, past: list[PastRun]) -> int:
        """Whoever was missing and was seen is missing no more; how many that were believed to be missing."""
        believed = {run.run for run in past if run.complete and not run.was_held}
        back: list[int] = []
        counted = self._run.reappeared
        for number, since in self._documents.missing(self._import_id):
            index = self._known.index_of_row(number)
            if index >= 0 and self._known.seen(index):
                back.append(number)
                counted += since in believed
        self._documents.clear_missing(self._import_id, back)
        return max(counted, self._run.returned)

    def _count_unreadable(self, past: list[PastRun]) -> int:
        """Rejected records without a key that were not there at the last complete run."""
        last = next((run.run for run in past if run.complete), 0)
        rows = self._documents.select(self._import_id, Selection(role=Role.REJECTED, changed_since_run=last + 1))
        return sum(1 for row in rows if not row.key) if last else 0

    def _say(self, plan: Plan, past: list[PastRun]) -> None:
        if not plan.why:
            return
        self.found.append((plan.kind, plan.why))
        run = self._run
        if plan.kind == "flapping" and past and _was_said(past[0].run, plan.kind):
            return
        note(run, plan.kind, plan.why)


def forget_excluded(documents: Documents, import_id: int, known: KnownTable) -> None:
    """What was excluded and is gone from its source is absent like any posting: no changed rule brings it back.

    Nobody had it, so that no guard and no miss is asked; if it comes again, it is made anew from its record.
    """
    numbers = list(known.unseen_rows((Kind.EXCLUDED,)))
    for start in range(0, len(numbers), _ROWS):
        rows = documents.rows(import_id, numbers[start : start + _ROWS]).values()
        documents.write(import_id, [Written(_gone(row)) for row in rows if row.status is Status.EXCLUDED])


def _gone(row: StateRow) -> StateRow:
    return replace(row, status=Status.EXPIRED, reason="absent", digest=FORGOTTEN, labels="")


def expired_by_absence(documents: Documents, run: Run) -> int:
    """Counted from what is stored: whoever was killed after he let them expire has done it."""
    selection = Selection(status=Status.EXPIRED, reason="absent", changed_in_run=run.pk)
    return sum(1 for _ in documents.select(run.import_row_id, selection))


def due_numbers(documents: Documents, run: Run, misses: int) -> list[int]:
    """The missing postings that so many complete runs have missed, this one included."""
    counted: dict[int, int] = {}
    due: list[int] = []
    for number, since in documents.missing(run.import_row_id):
        if since not in counted:
            counted[since] = complete_runs_since(run, since)
        if counted[since] >= misses:
            due.append(number)
    return due


def _was_said(run: int, kind: str) -> bool:
    notices = Run.objects.filter(pk=run).values_list("notices", flat=True).first() or []
    return any(notice.get("kind") == kind for notice in notices)
