"""Finishing a run: its account from its verdicts, the evidence, who has expired, and its place in the feed of changes.

Everything here may be repeated: a process killed in the middle of it loses nothing and doubles nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from datetime import UTC, datetime

from jobpipe.definition.models import Definition
from jobpipe.documents.store import Selection, Status, unpack_prior
from jobpipe.errors import InternalError, JobpipeError
from jobpipe.ledger.models import PartRead, Run, RunState
from jobpipe.ledger.text import storable
from jobpipe.lifecycle import Kind, Outcome
from jobpipe.lifecycle.doubt import doubted_since
from jobpipe.lifecycle.evidence import Accepted, Evidence, PartEvidence, Reading, weigh
from jobpipe.runs.absence import Absence, forget_excluded, live_postings, missing_numbers
from jobpipe.runs.expectations.figures import figures_of_run, leaves_figures, save_figures
from jobpipe.runs.expectations.judging import judge_run
from jobpipe.runs.history import PastRun, past_runs
from jobpipe.runs.incidents_of_run import occurrences_of_run, record_run
from jobpipe.runs.interrupted import OVER_ALL, SIDE_KINDS, take_back, why_of
from jobpipe.runs.journal import journal_of
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.near_duplicates.following import follow_run
from jobpipe.runs.notices import note
from jobpipe.runs.overrides.leaving_out import note_left_out
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.report import RunReport, report_of
from jobpipe.runs.source_reading import PartReading
from jobpipe.runs.workspace import Workspace


class Finish:
    """The last stage of one run."""

    def __init__(
        self, workspace: Workspace, preparation: Preparation | None, run: Run, known: KnownTable | None
    ) -> None:
        """`known`: the table that the run marked; None where it never got so far.

        `preparation`: None where the run can only fail.
        """
        self._workspace = workspace
        self._documents = workspace.documents
        self._journal = journal_of(workspace, run)
        self._preparation = preparation
        self._run = run
        self._import_id: int = run.import_row_id
        self._known = known
        self._parts: list[PartReading] = []
        # What was found of the missing: (kind of notice, words).
        self._of_absence: list[tuple[str, str]] = []
        self._cause: JobpipeError | None = None

    def finish(self, parts: list[PartReading]) -> RunReport:
        """End a run whose source was read, as far as it could be."""
        run, known = self._run, self._known
        assert known is not None
        self._parts = parts
        self._settle_account()
        past = past_runs(run)
        missing = [] if not self._holds_all else missing_numbers(known)
        evidence = self._weigh(parts, past, len(missing))
        if evidence.failed:
            return self.fail(evidence.why)
        run.complete, run.why = evidence.complete, evidence.why
        run.suspected = _as_document(evidence.suspected)
        # Where no file was there, nothing was read either.
        run.unchanged = all(part.unchanged for part in parts)
        for part in parts:
            for notice in part.notices:
                note(run, "document", notice)
        run.state = RunState.SUCCEEDED if evidence.complete or evidence.of_changes else RunState.PARTIAL
        absence = Absence(self._documents, run, known, self._definition)
        if run.unchanged:
            run.missing = 0
        else:
            absence.settle(missing, past)
            self._of_absence = absence.found
            # What a doubted run lacks is not known to be gone.
            is_believed = evidence.complete and run.state != RunState.HELD
            self._forget_side_rows(complete=is_believed)
            if is_believed:
                forget_excluded(self._documents, self._import_id, known)
        self._end_postings({page for part in parts for page in part.gone_pages})
        if run.state in (RunState.HELD, RunState.PARTIAL) and self._holds_all:
            self._ask_a_person(past)
        note_left_out(run, self._documents, self._prepared.overrides)
        self._follow_near_duplicates()
        return self._close()

    def _ask_a_person(self, past: list[PastRun]) -> None:
        """No posting stays open unseen: who doubts a source for a week is told so in each run."""
        run = self._run
        since = doubted_since(past, datetime.now(UTC))
        if since is None:
            return
        waits = run.state == RunState.HELD or run.suspected
        what = f"`jobpipe accept {run.pk}` believes it as it is" if waits else "mend what keeps it from being complete"
        note(run, "doubted", f"no run has been complete since {since:%Y-%m-%d}, so that nothing expires: {what}")

    def finish_reprocess(self, why: str = OVER_ALL) -> RunReport:
        """End a run over the stored records: nothing expires by absence."""
        run = self._run
        self._settle_account()
        run.complete, run.why = None, why
        self._journal.save_why()
        run.state = RunState.SUCCEEDED
        self._forget_side_rows(complete=True)
        self._end_postings()
        note_left_out(run, self._documents, self._prepared.overrides)
        self._follow_near_duplicates()
        return self._close()

    def fail(self, why: str, cause: JobpipeError | None = None) -> RunReport:
        """End a run that cannot go on, with the account of what it has applied; `cause`: what ended it."""
        self._cause = cause
        run = self._run
        take_back(self._workspace, run)
        self._settle_account()
        why = storable(why)
        run.state, run.error, run.complete, run.why = RunState.FAILED, why, False, why_of(run, why)
        return self._close()

    def cancel(self, words: str) -> RunReport:
        """End a run that a person does not want any more: what it has applied stays, and nothing has expired."""
        run = self._run
        take_back(self._workspace, run)
        self._settle_account()
        run.state, run.complete, run.why = RunState.CANCELLED, False, why_of(run, storable(words))
        self._follow_near_duplicates()
        return self._close()

    # The account ------------------------------------------------------------------------------------

    def _settle_account(self) -> None:
        """Derived from what the batches left in the ledger, never added up on the way."""
        run = self._run
        counted: Counter[Outcome] = Counter()
        reappeared, expected = 0, 1
        for verdicts in self._journal.verdicts():
            if verdicts.first != expected:
                raise InternalError(f"run {run.pk}: record {expected:,} has no verdict")
            expected = verdicts.last + 1
            counted.update(verdicts.count())
            reappeared += verdicts.count_reappeared()
        run.account = {"read": expected - 1, **{outcome.name.lower(): counted[outcome] for outcome in Outcome}}
        run.reappeared = reappeared
        self._check_account()

    def _check_account(self) -> None:
        account = self._run.account
        if account["read"] != sum(count for name, count in account.items() if name != "read"):
            raise InternalError(f"run {self._run.pk}: the account does not add up: {account}")

    # Evidence ---------------------------------------------------------------------------------------

    @property
    def _prepared(self) -> Preparation:
        assert self._preparation is not None
        return self._preparation

    @property
    def _definition(self) -> Definition:
        return self._prepared.definition

    @property
    def _holds_all(self) -> bool:
        return self._definition.source.holds == "all"

    def _weigh(self, parts: list[PartReading], past: list[PastRun], missing: int) -> Evidence:
        run = self._run
        last = next((one for one in past if one.complete and not one.unchanged), None)
        return weigh(
            Reading(
                parts=[_evidence_of(part) for part in parts],
                holds_all=self._holds_all,
                vanished=self._vanished(parts, past),
                parts_come_and_go=self._definition.source.parts_may_vanish,
                read=run.account["read"],
                read_before=last.read if last else None,
                missing=missing,
                new=run.account["new"],
                accepted=Accepted(**run.import_row.accepted),
            )
        )

    def _vanished(self, parts: list[PartReading], past: list[PastRun]) -> list[str]:
        """Parts of the last complete run that are not there today."""
        last = next((one.run for one in past if one.complete), 0)
        if not last or self._run.instead:
            return []
        there = {part.location for part in parts}
        before = PartRead.objects.filter(run_id=last, run__instead="").values_list("location", flat=True)
        wanted = {location for location in before if location not in there}
        # A location that the definition names otherwise now is no part that vanished.
        return sorted(wanted) if wanted and len(before) > 1 and self._is_same_source(last) else []

    def _is_same_source(self, run: int) -> bool:
        return Run.objects.filter(pk=run, revision=self._run.revision).exists()

    # What goes --------------------------------------------------------------------------------------

    def _end_postings(self, gone_pages: Set[str] = frozenset()) -> None:
        """Past their own day, postings end without a run's word; those whose page is gone have ended already."""
        run, documents = self._run, self._documents
        now = datetime.now(UTC).isoformat()
        documents.expire(self._import_id, run.pk, documents.ended(self._import_id, now), "ended")
        # Counted from what is stored, so that a second Finish says the same.
        run.expired = run.absent + self._count_expired("ended") + self._count_gone(gone_pages)

    def _count_expired(self, reason: str) -> int:
        selection = Selection(status=Status.EXPIRED, reason=reason, changed_in_run=self._run.pk)
        # One whose record changed after its end has ended before.
        return sum(1 for row in self._documents.select(self._import_id, selection) if not _was(row.prior, reason))

    def _count_gone(self, pages: Set[str]) -> int:
        if not pages:
            return 0
        selection = Selection(status=Status.EXPIRED, reason="closed", changed_in_run=self._run.pk)
        return sum(1 for row in self._documents.select(self._import_id, selection) if row.part in pages)

    def _forget_side_rows(self, *, complete: bool) -> None:
        """Duplicates and rejected records that are not in the source any more."""
        known = self._known
        assert known is not None
        if complete:
            gone: Iterable[int] = known.unseen_rows(SIDE_KINDS)
        else:
            gone = self._healed(list(known.unseen_rows((Kind.REJECTED,))))
        self._documents.delete_rows(self._import_id, gone)

    def _healed(self, rejected: list[int]) -> list[int]:
        """Of these rows those whose key another record of this run has brought as a posting."""
        healed: list[int] = []
        for start in range(0, len(rejected), 500):
            rows = self._documents.rows(self._import_id, rejected[start : start + 500])
            postings = self._documents.postings_by_key(self._import_id, [row.key for row in rows.values() if row.key])
            for number, row in rows.items():
                posting = postings.get(row.key)
                if posting is not None and self._was_brought(posting.row, posting.written_run):
                    healed.append(number)
        return healed

    def _was_brought(self, row: int, written_run: int) -> bool:
        known = self._known
        assert known is not None
        return written_run == self._run.pk or known.is_taken(known.index_of_row(row))

    def _follow_near_duplicates(self) -> None:
        """Before the run has its place in the feed of changes: nobody sees a posting come and go at once."""
        if self._journal.writes:
            known = self._preparation.definition if self._preparation is not None else self._run.import_row
            follow_run(self._workspace, self._run, known.client)

    # The end ----------------------------------------------------------------------------------------

    def _close(self) -> RunReport:
        run = self._run
        run.live = live_postings(self._documents, self._import_id)
        run.finished_at = datetime.now(UTC)
        if not self._journal.writes:
            self._journal.close()
            return report_of(run)
        met = occurrences_of_run(
            self._workspace,
            run,
            parts=self._parts,
            absence=self._of_absence,
            cause=self._cause,
        )
        figures = figures_of_run(self._documents, run, met) if leaves_figures(run) else None
        judged = judge_run(self._documents, run, figures, met)
        for occurrence in judged.occurrences:
            met.add(occurrence)
        with self._workspace.writing():
            record_run(self._workspace, run, met, also_shows=judged.shows)
            self._journal.close()
            if figures is not None:
                save_figures(run, figures, judged.broken)
        return report_of(run)


def _evidence_of(part: PartReading) -> PartEvidence:
    return PartEvidence(
        location=part.location,
        complete=part.complete,
        failure=str(part.failure) if part.failure is not None else "",
        why=part.why,
        unchanged=part.unchanged,
        records=part.records,
        stated_total=part.stated_total,
    )


def _as_document(suspected: Accepted | None) -> dict[str, int | bool]:
    if suspected is None:
        return {}
    return {"cap": suspected.cap} if suspected.cap else {"wrong_total": suspected.wrong_total}


def _was(prior: bytes, reason: str) -> bool:
    before = unpack_prior(prior)
    return before is not None and before.reason == reason
