"""Conducting a run of an import: fetch, split, compare, transform, apply, finish.

The conductor owns the order of things and nothing else; each stage has its module.  A run that a killed
process left behind is taken up where it was: its archive and its marked batches say where that is.
"""

from __future__ import annotations

import contextlib
import time
from itertools import chain
from pathlib import Path

from jobpipe.documents.store import NEAR_DUPLICATE, Selection, Status, is_listed
from jobpipe.errors import JobpipeError, OutOfReachError, SourceChangedError, SourceError
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.turns import turn_to_write
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.logs import about, now_about_run
from jobpipe.runs.afterwards import put_away
from jobpipe.runs.cancel_watch import CancelWatch
from jobpipe.runs.cancelling import end_as_cancelled, end_cancelled
from jobpipe.runs.comparing import Comparer
from jobpipe.runs.disk_space import disk_watch, full_disk_named
from jobpipe.runs.finishing import Finish
from jobpipe.runs.hints import give_hints
from jobpipe.runs.journal import journal_of
from jobpipe.runs.known_table import KnownTable
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.mappings.remapping import bring_up_to_date, is_up_to_date, note_up_to_date
from jobpipe.runs.notices import note
from jobpipe.runs.overrides.single_postings import of_today, settle
from jobpipe.runs.part_ranges import PartRanges
from jobpipe.runs.pausing import refusal_of
from jobpipe.runs.pipeline import Pipeline, peak_rss_mb
from jobpipe.runs.preparing import Preparation, prepare
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.queued import begin_queued, is_cancelled, is_over, skip_queued, stand_in_for, waiting_run
from jobpipe.runs.recording_failures import with_incidents
from jobpipe.runs.report import RunReport, report_of, skipped
from jobpipe.runs.run_log import kept_log
from jobpipe.runs.settled import part_read_before, settled_part, settled_run
from jobpipe.runs.source_reading import PartReading, SettledPart, SourceReader
from jobpipe.runs.starting import StopRequest, new_run
from jobpipe.runs.suppressing import forget_bytes
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact
from jobpipe.sources.asking import Memory, Surroundings, way_of
from jobpipe.sources.formats.csv.reader import CsvReader
from jobpipe.sources.record import RawRecord
from jobpipe.sources.streaming import StoppedError
from jobpipe.tracing import span
from jobpipe.transform.compile import paths_read

__all__ = ["Conductor", "StopRequest", "new_run", "owner_of", "run_import"]

SECONDS_BETWEEN_UPDATES = 0.1
# Records, which may each take a while.
_BETWEEN_LOOKS = 200


@with_incidents
def run_import(
    workspace: Workspace,
    name: str,
    *,
    instead: Path | None = None,
    workers: int | None = None,
    queued: Run | None = None,
    progress: Progress,
    stop: StopRequest,
) -> RunReport:
    """One run of an import, from its source to its account.

    `instead` is read in the source's place, once; `queued` is the row that waits to become this run.  Raises
    DefinitionError for an invalid definition; whatever goes wrong with the source is in the report.  Raises
    OutOfReachError where a store is lost, or another process may go on with the run, which is left as it is.
    """
    with about(name), span("run", name=name) as traced:
        report = _run_import(workspace, name, instead, workers, queued, progress, stop)
        for key, value in (("run", report.run), ("state", str(report.state)), ("read", report.account["read"])):
            traced.set_attribute(f"jobpipe.{key}", value)
        return report


def _run_import(
    workspace: Workspace,
    name: str,
    instead: Path | None,
    workers: int | None,
    queued: Run | None,
    progress: Progress,
    stop: StopRequest,
) -> RunReport:
    preparation = prepare(workspace, name)
    try:
        with ledger_expected():
            owner = owner_of(preparation)
            with hold(workspace, owner) as held:
                return _run_held(held, preparation, owner, instead, workers, queued, progress, stop)
    except ImportIsRunningError as error:
        return skipped(name, error.message)


def owner_of(preparation: Preparation) -> Import:
    """The ledger's row of an import, made when it runs for the first time."""
    drop_dead_connection()
    definition = preparation.definition
    with turn_to_write():
        owner, _ = Import.objects.get_or_create(name=definition.import_, defaults={"client": definition.client})
    return owner


def _run_held(
    workspace: Workspace,
    preparation: Preparation,
    owner: Import,
    instead: Path | None,
    workers: int | None,
    queued: Run | None,
    progress: Progress,
    stop: StopRequest,
) -> RunReport:
    end_cancelled(workspace, owner)
    if queued is not None and is_over(queued):
        return report_of(queued)
    if why := refusal_of(owner):
        skip_queued(owner, why)
        return skipped(owner.name, why, is_meant=True)
    file = str(instead.resolve()) if instead is not None else ""
    if queued is None and not file and workspace.kept_parts is None:
        queued = waiting_run(owner)
    run = _interrupted_run(owner, preparation, file, workspace)

    # Another process may have put it right before this one held it.
    owner.refresh_from_db(fields=["mappings"])

    preparation = of_today(preparation)

    def settle_postings() -> None:
        settle(workspace, preparation, owner, progress=progress, stop=stop, workers=workers)

    def remap() -> RunReport | None:
        return bring_up_to_date(workspace, preparation, owner, progress=progress, stop=stop, workers=workers).report

    if run is None:
        remapped = remap()
        if remapped is not None and stop.requested:
            return remapped
        settle_postings()
    elif not is_up_to_date(preparation, owner):
        # It was begun under other tables, and goes on under today's: what it left is put right when it is over.
        note_up_to_date(workspace, owner, "")
        report = _run_to_its_end(workspace, preparation, owner, run, file, workers, queued, progress, stop)
        if report.state != RunState.RUNNING:
            remap()
            settle_postings()
        return report
    report = _run_to_its_end(workspace, preparation, owner, run, file, workers, queued, progress, stop)
    if report.state != RunState.RUNNING:
        # What was decided while it went on.
        settle_postings()
    return report


def _run_to_its_end(
    workspace: Workspace,
    preparation: Preparation,
    owner: Import,
    run: Run | None,
    file: str,
    workers: int | None,
    queued: Run | None,
    progress: Progress,
    stop: StopRequest,
) -> RunReport:
    """`run`: the one that was interrupted; None = a new one."""
    is_taken_up = run is not None
    if run is None and queued is not None:
        run = begin_queued(workspace, preparation, queued)
        if run is None and is_cancelled(queued):
            return report_of(queued)
    run = run or new_run(workspace, owner, preparation, file)
    if queued is not None:
        stand_in_for(queued, run)
    conductor = Conductor(workspace, preparation, run, workers, progress, stop, is_taken_up=is_taken_up)
    try:
        return conductor.conduct()
    except SourceChangedError as error:
        # The earlier sitting's records stay accounted for in its own run; today's bytes get a new one.
        Finish(workspace, preparation, run, conductor.known).fail(f"interrupted, then the source changed: {error}")
        run = new_run(workspace, owner, preparation, file)
        if queued is not None:
            stand_in_for(queued, run)
        conductor = Conductor(workspace, preparation, run, workers, progress, stop)
    try:
        return conductor.conduct()
    except SourceChangedError as error:
        return Finish(workspace, preparation, run, conductor.known).fail(
            f"the source changes while it is read: {error}", error
        )


def _interrupted_run(owner: Import, preparation: Preparation, file: str, workspace: Workspace) -> Run | None:
    """The run that a killed process left, where it can go on; those that cannot end `failed`."""
    found: Run | None = None
    for run in Run.objects.filter(import_row=owner, state=RunState.RUNNING).order_by("-id"):
        can_go_on = run.kind == RunKind.IMPORT and run.revision == preparation.revision_text and run.instead == file
        if found is None and can_go_on:
            found = run
        else:
            Finish(workspace, preparation, run, None).fail("interrupted; the definition or the file is another now")
    return found


class Conductor:
    """One sitting of one run."""

    def __init__(
        self,
        workspace: Workspace,
        preparation: Preparation,
        run: Run,
        workers: int | None,
        progress: Progress,
        stop: StopRequest,
        *,
        is_taken_up: bool = False,
    ) -> None:
        self._workspace = workspace
        self._preparation = preparation
        self._run = run
        self._is_taken_up = is_taken_up
        self._import_id: int = run.import_row_id
        self._workers = workers
        self._progress = progress
        self._stop = stop
        self._watch = CancelWatch(workspace, run, stop)
        self._reading = Reading()
        self._updated = 0.0
        self._parts: list[PartReading] = []
        self._pipeline: Pipeline | None = None
        self._knows_columns = False
        self.known: KnownTable | None = None
        self._reader: SourceReader | None = None
        self._ranges = PartRanges()

    def conduct(self) -> RunReport:
        state = self._workspace.project.state_dir if self._writes else None
        with kept_log(state, self._run.pk) as self._log:
            try:
                report = self._conduct()
            except JobpipeError as error:
                self._log.say("finish", str(error), "error")
                raise
            self._log.say("finish", *_last_words(report))
            return report

    @property
    def _writes(self) -> bool:
        """Otherwise it is only tried out."""
        return journal_of(self._workspace, self._run).writes

    def _conduct(self) -> RunReport:
        began = time.monotonic()
        now_about_run(self._run.pk)
        self._progress.begin(self._preparation.definition.import_, self._run.pk)
        self._log.say("read", "goes on where it was interrupted" if self._is_taken_up else "begins")
        try:
            with full_disk_named(self._workspace.project), span("read", run=self._run.pk):
                disk_watch.begin(self._workspace.project)
                self._read_and_apply()
        except (SourceChangedError, OutOfReachError):
            raise
        except SourceError as error:
            return self._fail(error, began)
        except JobpipeError as error:
            self._fail(error, began)
            raise
        finally:
            self._progress.end()
        self._note_sitting(began)
        if self._watch.is_interrupted():
            journal_of(self._workspace, self._run).save_sitting()
            return report_of(self._run)
        if not self._watch.lets_end():
            return end_as_cancelled(self._workspace, self._run, self._finish())
        assert self.known is not None
        self._log.say("finish", "works out the account, the evidence and what expires")
        with span("finish", run=self._run.pk):
            report = self._finish().finish(self._parts)
        assert self._reader is not None
        if self._workspace.kept_parts is not None or not self._writes:
            # Nothing was read of the source that could be put away there, or forgotten here.
            return report
        forget_bytes(self._workspace, self._preparation.definition.import_, self._run.pk)
        return put_away(
            self._workspace.project, self._preparation, self._run, self._reader, report, stopped=self._is_stopped
        )

    def _fail(self, error: JobpipeError, began: float) -> RunReport:
        self._note_sitting(began)
        return self._finish().fail(redact(str(error)), error)

    def _finish(self) -> Finish:
        return Finish(self._workspace, self._preparation, self._run, self.known)

    def _note_sitting(self, began: float) -> None:
        """To be saved with the run: when it is finished, else at once."""
        run = self._run
        run.seconds += time.monotonic() - began
        run.peak_rss_mb = max(run.peak_rss_mb, peak_rss_mb(self._pipeline))

    # The way of the records -------------------------------------------------------------------------

    def _read_and_apply(self) -> None:
        # Whatever ended the former sitting may be in a record.
        pipeline = Pipeline(self._workspace, self._preparation, self._run, self._workers, is_suspect=self._is_taken_up)
        self._pipeline = pipeline
        self.known = pipeline.known
        with pipeline:
            self._read(pipeline.comparer)
        self._note_moved()
        read = pipeline.comparer.ordinal
        self._log.say("apply", f"{read:,} records are applied")
        give_hints(self._run, self._workspace.documents, self._preparation.definition, pipeline.applier, read=read)

    def _read(self, comparer: Comparer) -> None:
        # What was waited for when the run was to stop is asked for again when it is taken up.
        with contextlib.suppress(StoppedError):
            self._read_parts(comparer)

    def _read_parts(self, comparer: Comparer) -> None:
        assert self._pipeline is not None
        applied, chain = self._pipeline.restored
        if applied:
            self._log.say("apply", f"{applied:,} records are applied already")
        reader = self._reader = self._source_reader()
        with contextlib.closing(reader.parts()) as parts:
            for part, records in parts:
                self._parts.append(part)
                self._log.say("read", f"part {part.number}: {part.location}")
                for group in records:
                    comparer.begin_part(part.name)
                    if self._has_parts:
                        self._ranges.begin(part.name, comparer.ordinal + 1)
                    self._note_missing_columns(group)
                    fresh = self._skip(comparer, group, applied, chain) if comparer.ordinal < applied else group
                    is_stopped = self._add(comparer, fresh[: self._left(comparer.ordinal)])
                    self._update(comparer.ordinal)
                    if is_stopped:
                        return
                    if self._left(comparer.ordinal) == 0:
                        part.complete, part.why = False, f"no more than {comparer.ordinal:,} records were wanted"
                        return
                self._save_part(part)
                self._log.say("read", *_words_of_part(part))
                if part.unchanged and self._preparation.definition.source.holds == "all":
                    self._see_unchanged_part(part)
                if part.seen_pages or part.gone_pages:
                    self._take_pages(part)
        if comparer.ordinal < applied:
            raise SourceChangedError("the source gives fewer records than it did before the interruption")

    def _add(self, comparer: Comparer, records: list[RawRecord]) -> bool:
        """Whether the run was to stop among them."""
        for start in range(0, len(records), _BETWEEN_LOOKS):
            for record in records[start : start + _BETWEEN_LOOKS]:
                comparer.add(record)
            if self._watch.stops():
                return True
        return self._watch.stops()

    def _left(self, read: int) -> int | None:
        """How many records may still be read; None = all."""
        most = self._workspace.most_records
        return None if most is None else max(most - read, 0)

    @property
    def _has_parts(self) -> bool:
        """Some of which may be left unread on another day: files, and the pages of a site."""
        return way_of(self._preparation.definition.source) in ("", "site")

    def _note_moved(self) -> None:
        """Whatever was read again is where it was read."""
        assert self.known is not None
        if not any(part.name for part in self._parts):
            return
        documents = self._workspace.documents
        rows = documents.select(self._import_id, Selection())
        documents.set_parts(self._import_id, list(self._ranges.moved(rows, self.known)))

    def _note_missing_columns(self, group: list[RawRecord]) -> None:
        """Paths that no column of a table has are told once: its records could not."""
        if self._knows_columns or not group:
            return
        self._knows_columns = True
        if group[0].context.kind == "csv":
            paths = paths_read(self._preparation.definition)
            for message in CsvReader().missing_columns(group[0].context, paths):
                note(self._run, "columns", message)

    def _skip(self, comparer: Comparer, group: list[RawRecord], applied: int, chain: str) -> list[RawRecord]:
        """What of these records an earlier sitting has not applied yet."""
        count = min(len(group), applied - comparer.ordinal)
        reached = ""
        for record in group[:count]:
            reached = comparer.skip(record)
        if comparer.ordinal == applied and reached != chain:
            raise SourceChangedError("the source gives other records than it did before the interruption")
        return group[count:]

    def _source_reader(self) -> SourceReader:
        name = self._preparation.definition.import_
        archive = self._workspace.archive_of(name)
        compared = settled_run(self._run)
        if not self.known:
            # Nothing is known, or the documents are gone: everything must come again.
            compared = compared if compared is not None and not compared.live else None
        reads_once = self._preparation.definition.source.holds == "changes" and bool(self.known)

        def settled(location: str, number: int) -> SettledPart | None:
            if self._run.instead:
                return None
            part = settled_part(compared, location, number, archive)
            return part_read_before(self._run, location) if part is None and reads_once else part

        return SourceReader(
            self._preparation,
            resolve=self._workspace.project.resolve,
            archive=archive,
            run=self._run.pk,
            settled=settled,
            reading=self._reading,
            scratch=self._workspace.scratch,
            begun=self._save_part,
            instead=self._run.instead,
            surroundings=Surroundings(
                root=self._workspace.project.root,
                memory=Memory(compared.started_at if compared is not None else None, self._live_pages),
                head_start=self._workspace.head_start,
            ),
            stopped=self._watch.stops,
            kept_parts=self._workspace.kept_parts,
        )

    def _is_stopped(self) -> bool:
        return self._stop.requested

    def _live_pages(self) -> set[str]:
        """The pages of a site on which the postings were found that it lists."""
        select = self._workspace.documents.select
        rows = chain(
            select(self._import_id, Selection(status=Status.LIVE)),
            select(self._import_id, Selection(status=Status.EXCLUDED, reason=NEAR_DUPLICATE)),
        )
        return {row.part for row in rows if row.part}

    def _take_pages(self, part: PartReading) -> None:
        """A page that was left alone counts as seen; what stood on one that is gone is closed."""
        known = self.known
        assert known is not None
        closed: list[int] = []
        for row in self._workspace.documents.select(self._import_id, Selection()):
            index = known.index_of_row(row.row)
            if row.part in part.seen_pages:
                known.mark_seen_otherwise(index)
            elif row.part in part.gone_pages and is_listed(row) and not known.is_taken(index):
                known.mark_seen_otherwise(index)
                closed.append(row.row)
        self._workspace.documents.expire(self._import_id, self._run.pk, closed, "closed")

    def _save_part(self, part: PartReading) -> None:
        what_is_known = {
            "location": part.location,
            "etag": part.validators.etag,
            "last_modified": part.validators.last_modified,
            "digest": part.digest,
            "unchanged": part.unchanged,
            "complete": part.complete,
            "why": part.why,
            "records": part.records,
        }
        journal_of(self._workspace, self._run).save_part(part.number, what_is_known)

    def _see_unchanged_part(self, part: PartReading) -> None:
        """A part that is unchanged counts as seen unread; where it is the only one, the run ends here anyway."""
        known = self.known
        if not part.name or known is None:
            return
        for row in self._workspace.documents.select(self._import_id, Selection()):
            if row.part == part.name:
                known.mark_seen_otherwise(known.index_of_row(row.row))

    # What a person sees -----------------------------------------------------------------------------

    def _update(self, records: int) -> None:
        now = time.monotonic()
        if now - self._updated >= SECONDS_BETWEEN_UPDATES:
            if self._workspace.lease is not None:
                self._workspace.lease.check()
            disk_watch.check(self._workspace.project)
            self._updated = now
            self._reading.stage = "importing"
            self._reading.records = records
            self._progress.update(self._reading)
            self._log.progress("read", f"{records:,} records")


def _words_of_part(part: PartReading) -> tuple[str, str]:
    """With the level."""
    if part.unchanged:
        return f"part {part.number}: has not changed", "info"
    read = f"part {part.number}: {part.records:,} records"
    if part.complete:
        return f"{read}, read to its end", "info"
    return f"{read}, not whole: {part.why}" if part.why else f"{read}, not whole", "warning"


def _last_words(report: RunReport) -> tuple[str, str]:
    """With the level."""
    if report.state == RunState.RUNNING:
        return "is left for now: it is taken up where it is", "warning"
    said = report.why if report.state == RunState.CANCELLED else report.error
    words = f"{report.state}: {said}" if said else f"{report.state}"
    counted = ", ".join(f"{number:,} {outcome}" for outcome, number in report.account.items() if number)
    level = "error" if report.state == RunState.FAILED else "info"
    return f"{words}; {counted}" if counted else words, level
