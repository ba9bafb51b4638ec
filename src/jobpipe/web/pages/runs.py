"""Runs: the list of all; of one its account, what it changed and rejected, and what waits for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse

from jobpipe.definition.faults import without_logins
from jobpipe.errors import JobpipeError, SourceError
from jobpipe.ledger.models import PartRead, Run, RunKind, RunState
from jobpipe.runs.cancelling import can_be_cancelled, cancel_run
from jobpipe.runs.changes_of_run import KINDS, changed_page
from jobpipe.runs.definition_files import patch_of
from jobpipe.runs.holding import accept_run, dismiss_run, is_waiting, would_expire
from jobpipe.runs.quarantine import Rejected, rejected_records, without_places
from jobpipe.runs.report import OUTCOMES, report_of
from jobpipe.runs.requesting import UNFINISHED
from jobpipe.safety.secrets import redact
from jobpipe.sources.archive import ArchiveReader, run_folder
from jobpipe.web import audit, notes
from jobpipe.web.paging import address, newest_first
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, visible_runs
from jobpipe.web.routes import Request, page
from jobpipe.web.run_charts import account_bar, look_of_outcome
from jobpipe.web.run_progress import progress_of
from jobpipe.web.run_story import Event, chosen, story_of
from jobpipe.web.tables import csv_file, wants_csv

# Rows of a file.
_MOST_ROWS = 5_000
_SAMPLES = 12
_REJECTED_SHOWN = 20
_LINES_SHOWN = 300
# Characters of a raw record.
_EXCERPT = 1_500
# Characters of a difference.
_MOST_DIFF = 20_000
# Bytes of an archive that are read to find the lines of records.
_SMALL_ARCHIVE = 32 * 1024 * 1024
_COLUMNS = ("run", "import", "kind", "state", "started_at", "seconds", *("read", *OUTCOMES), "expired", "live")


# The list -------------------------------------------------------------------------------------------


@page("runs/", needs=Right.SEE)
def show_list(request: Request) -> HttpResponse:
    """`?state= import= kind= from= until=` of the address choose; `?as=csv` gives a file."""
    found = _chosen(request, visible_runs(request.viewer)).defer("definition")
    found = found.select_related("import_row", "cancellation")
    if wants_csv(request):
        return csv_file("runs", _COLUMNS, (_row(run) for run in found.order_by("-pk")[:_MOST_ROWS]))
    runs = newest_first(request, found)
    context: dict[str, object] = {
        "page": runs,
        "states": RunState.values,
        "kinds": RunKind.values,
        "csv": address(request, **{"as": "csv", "before": None, "after": None}),
        "is_live": any(run.state in UNFINISHED for run in runs.rows),
        "may_run": request.viewer.may(Right.RUN),
        **{name: request.GET.get(name, "") for name in ("state", "import", "kind", "from", "until")},
        "of_import": request.GET.get("import", ""),
        "first_day": request.GET.get("from", ""),
    }
    return notes.show(request, "_runs.html" if request.headers.get("HX-Request") else "runs.html", context)


def _chosen(request: Request, found: QuerySet[Run]) -> QuerySet[Run]:
    asked = request.GET
    if state := asked.get("state"):
        found = found.filter(state=state)
    if kind := asked.get("kind"):
        found = found.filter(kind=kind)
    if name := asked.get("import", "").strip():
        found = found.filter(import_row__name=name)
    if (first := _day(asked.get("from", ""))) is not None:
        found = found.filter(started_at__gte=first)
    if (last := _day(asked.get("until", ""))) is not None:
        found = found.filter(started_at__lt=last + timedelta(days=1))
    return found


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _row(run: Run) -> tuple[Any, ...]:
    counted = (run.account.get(word, 0) for word in ("read", *OUTCOMES))
    return (
        *(run.pk, run.import_row.name, run.kind, run.state, run.started_at, round(run.seconds, 1)),
        *counted,
        *(run.expired, run.live),
    )


# One run --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One outcome of the account, beside that of the last good run."""

    outcome: str
    number: int
    bar: Any
    before: int | None

    @property
    def more(self) -> int | None:
        return None if self.before is None else self.number - self.before


@page("runs/<int:run>/", needs=Right.SEE)
def show(request: Request, run: int) -> HttpResponse:
    """The part that lives is asked for again while the run goes."""
    one = _run(run)
    parts = list(one.parts.all()[:200])
    last_good = _last_good(one)
    progress = progress_of(one, parts, last_good)
    context: dict[str, object] = {
        "run": one,
        "report": report_of(one),
        "parts": parts,
        "progress": progress,
        "last_good": last_good,
        "lines": _lines(one, last_good),
        "beside": _beside(one, last_good),
        "definition_diff": _definition_diff(one, last_good),
        "speed": round(one.account.get("read", 0) / one.seconds) if one.seconds else 0,
        "waits": is_waiting(one),
        "kept": _kept_parts(one),
        "may_decide": request.viewer.may(Right.DECIDE),
        "may_cancel": request.viewer.may(Right.RUN) and can_be_cancelled(one),
        "tab": "run",
    }
    if request.headers.get("HX-Request"):
        response = notes.show(request, "_run.html", context)
        if progress is None or request.GET.get("was", one.state) != one.state:
            # What is beside the part that lives (its state, samples, buttons) is another now.
            response["HX-Refresh"] = "true"
        return response
    if is_waiting(one):
        context |= _waiting(one)
    return notes.show(request, "run.html", context)


def _run(number: int) -> Run:
    return Run.objects.select_related("import_row", "cancellation").defer("definition").get(pk=number)


def _last_good(run: Run) -> Run | None:
    """The last import before it that came to a good end."""
    before = Run.objects.filter(import_row=run.import_row_id, kind=run.kind, pk__lt=run.pk, state=RunState.SUCCEEDED)
    return before.filter(unchanged=False).defer("definition").order_by("-id").first()


def _lines(run: Run, before: Run | None) -> list[Line]:
    read = run.account.get("read", 0)
    return [
        Line(
            outcome,
            number := run.account.get(outcome, 0),
            account_bar(number, read, look_of_outcome(outcome)),
            before.account.get(outcome, 0) if before is not None else None,
        )
        for outcome in OUTCOMES
    ]


def _beside(run: Run, before: Run | None) -> list[tuple[str, Any, Any]]:
    """What besides the account differs from the last good run."""
    if before is None:
        return []
    names = ("expired", "missing", "reappeared", "unreadable", "live")
    rows: list[tuple[str, Any, Any]] = [(name, getattr(run, name), getattr(before, name)) for name in names]
    rows.append(("seconds", round(run.seconds, 1), round(before.seconds, 1)))
    if run.revision != before.revision:
        rows.append(("definition and rules", run.revision or "–", before.revision))
    return [row for row in rows if row[1] != row[2]]


def _definition_diff(run: Run, before: Run | None) -> str:
    """The text that it ran with beside that of the last good run; "" = the same, or what decides is no text of it."""
    if before is None or run.revision == before.revision:
        return ""
    texts = dict(Run.objects.filter(pk__in=(run.pk, before.pk)).values_list("pk", "definition"))
    diff = patch_of(run.import_row.name, texts[before.pk], texts[run.pk])
    return "\n".join(map(without_logins, diff.split("\n")))[:_MOST_DIFF]


def _waiting(run: Run) -> dict[str, object]:
    """What would expire; where its definition is not valid now, why that cannot be said."""
    try:
        number, samples = would_expire(workspace(), run, samples=_SAMPLES)
    except JobpipeError as error:
        return {"cannot_say": redact(str(error))}
    return {"would_expire": number, "samples": samples}


# What it said ---------------------------------------------------------------------------------------


@page("runs/<int:run>/log/", needs=Right.SEE)
def show_log(request: Request, run: int) -> HttpResponse:
    """`?level=` and `?stage=` choose; `?as=jsonl` gives all of it as a file."""
    one = _run(run)
    story = story_of(one)
    if request.GET.get("as") == "jsonl":
        return _log_file(one, story)
    level, stage = request.GET.get("level", ""), request.GET.get("stage", "")
    events = chosen(story, one, level=level, stage=stage)
    is_live = one.state in UNFINISHED
    context: dict[str, object] = {
        "run": one,
        "events": events[-_LINES_SHOWN:],
        "more": max(len(events) - _LINES_SHOWN, 0),
        "level": level,
        "levels": (("warning", "warnings and errors"), ("error", "errors")),
        "stage": stage,
        "stages": sorted({event.stage for event in story if event.stage}),
        "is_live": is_live,
        "tab": "log",
    }
    if request.headers.get("HX-Request"):
        response = notes.show(request, "_run_log.html", context)
        if not is_live:
            response["HX-Refresh"] = "true"
        return response
    return notes.show(request, "run_log.html", context)


def _log_file(run: Run, story: list[Event]) -> HttpResponse:
    lines = ({**one.as_dict(), "run": run.pk} for one in story)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="run-{run.pk}.jsonl"'}
    return HttpResponse(text, content_type="application/jsonl; charset=utf-8", headers=headers)


# What it changed and rejected -----------------------------------------------------------------------


@page("runs/<int:run>/changes/", needs=Right.SEE)
def show_changes(request: Request, run: int) -> HttpResponse:
    """`?kind=` new, updated or expired; `?after=` the row to go on after."""
    one = _run(run)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    found = changed_page(workspace().documents, one, kind=kind, after=_number(request.GET.get("after", "")))
    return notes.show(
        request,
        "run_changes.html",
        {
            "run": one,
            "changes": found.found,
            "kind": kind,
            "kinds": KINDS,
            "older": address(request, after=found.next_after) if found.next_after else "",
            "tab": "changes",
        },
    )


@page("runs/<int:run>/rejected/", needs=Right.SEE)
def show_rejected(request: Request, run: int) -> HttpResponse:
    """Of the last run all that lies in quarantine; of an earlier one what still does of what it met first."""
    one = _run(run)
    is_last = not Run.objects.filter(import_row=one.import_row_id, kind=RunKind.IMPORT, pk__gt=one.pk).exists()
    passed = _number(request.GET.get("passed", ""))
    found = list(islice(_rejected(one, everything=is_last), passed, passed + _REJECTED_SHOWN + 1))
    is_more = len(found) > _REJECTED_SHOWN
    return notes.show(
        request,
        "run_rejected.html",
        {
            "run": one,
            "is_last": is_last,
            "may_define": request.viewer.may(Right.DEFINE),
            "records": [(record, _excerpt(record)) for record in found[:_REJECTED_SHOWN]],
            "older": address(request, passed=passed + _REJECTED_SHOWN) if is_more else "",
            "tab": "rejected",
        },
    )


def _rejected(run: Run, *, everything: bool) -> Iterator[Rejected]:
    """With lines, where the archive is small enough to be read for them."""
    stored = sum(path.stat().st_size for path in _folder(run).glob("*.blocks"))
    give = rejected_records if stored <= _SMALL_ARCHIVE else without_places
    return give(workspace(), run.import_row, is_wanted=lambda row, body: everything or row.written_run == run.pk)


def _excerpt(record: Rejected) -> str:
    text = record.raw[: 4 * _EXCERPT].decode("utf-8", "replace")
    return text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


# Its bytes ------------------------------------------------------------------------------------------


@page("runs/<int:run>/archive/<int:part>", needs=Right.SEE)
def download(request: Request, run: int, part: int) -> HttpResponse:
    """The bytes of one part as the source gave them."""
    one = _run(run)
    known = PartRead.objects.filter(run=one, number=part).first()
    try:
        reader = ArchiveReader(workspace().archive_of(one.import_row.name), one.pk, part)
    except SourceError as error:
        raise Http404 from error
    audit.note(request, "run.download", f"run {run}", part=part)
    name = _file_name(known.location if known else "", f"run-{run}-part-{part}")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(reader.length)}
    # Typed by Django as no HttpResponse, though every view may give one.
    return StreamingHttpResponse(iter(reader), content_type="application/octet-stream", headers=headers)  # type: ignore[return-value]


def _file_name(location: str, otherwise: str) -> str:
    """The end of the location, in letters that need no quoting."""
    end = location.partition("?")[0].rstrip("/").rpartition("/")[2]
    return "".join(letter for letter in end if letter.isascii() and (letter.isalnum() or letter in "._-")) or otherwise


def _folder(run: Run) -> Any:
    return run_folder(workspace().archive_of(run.import_row.name), run.pk)


def _kept_parts(run: Run) -> set[int]:
    return {int(path.stem) for path in _folder(run).glob("*.blocks") if path.stem.isdecimal()}


# What a person decides ------------------------------------------------------------------------------


@page("runs/<int:run>/accept", needs=Right.DECIDE, methods=("POST",))
def accept(request: Request, run: int) -> HttpResponse:
    report = accept_run(workspace(), _run(run))
    audit.note(request, "run.accept", f"run {run}", expired=report.expired)
    return notes.done(request, f"Run {run} is accepted: {report.expired:,} postings expired.", f"/runs/{run}/")


@page("runs/<int:run>/dismiss", needs=Right.DECIDE, methods=("POST",))
def dismiss(request: Request, run: int) -> HttpResponse:
    dismiss_run(workspace(), _run(run))
    audit.note(request, "run.dismiss", f"run {run}")
    return notes.done(request, f"Run {run} is dismissed: nothing expired.", f"/runs/{run}/")


@page("runs/<int:run>/cancel", needs=Right.RUN, methods=("POST",))
def cancel(request: Request, run: int) -> HttpResponse:
    """`reason=` of the form; without JavaScript the page of the run asks first."""
    reason = request.POST.get("reason", "").strip()
    asked = cancel_run(workspace(), _run(run), by=request.viewer.name, reason=reason)
    if asked.is_new:
        audit.note(request, "run.cancel", f"run {run}", reason=reason)
    is_over = asked.report.state == RunState.CANCELLED
    words = "is cancelled" if is_over else "ends at its next batch"
    return notes.done(request, f"Run {run} {words}: the next run does the rest.", f"/runs/{run}/")
