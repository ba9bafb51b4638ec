"""The report of a feed goes to its publisher by mail: after each complete run, or once a week, as they want it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Max

from jobpipe.definition.notifying import MAIL
from jobpipe.definition.reporting import ReportWishes
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Notification, Run, RunKind, RunState
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.source_reports.gathering import report_of_import
from jobpipe.runs.source_reports.page import as_page
from jobpipe.runs.source_reports.report import SourceReport
from jobpipe.runs.source_reports.table import rows_of
from jobpipe.runs.source_reports.text import as_text
from jobpipe.runs.source_reports.wishes import wishes_of_import
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.runs.workspace import Workspace

# Rows of the list that go along: a mail is no place for a million.
MAX_ROWS = 5_000
# Runs that are older were nobody's to report when the setting was made.
_NEWS = timedelta(days=2)
_WEEK = timedelta(days=7)
_COMPLETE = (RunState.SUCCEEDED, RunState.HELD)


def queue_reports(workspace: Workspace, now: datetime) -> int:
    """Put into the outbox what is to be reported of the latest complete run of each import; how many mails."""
    if workspace.project.settings.notify.mail is None:
        return 0
    latest = Run.objects.filter(kind=RunKind.IMPORT, state__in=_COMPLETE, finished_at__gte=now - _NEWS, unchanged=False)
    numbers = list(latest.values("import_row_id").annotate(last=Max("pk")).values_list("last", flat=True))
    known = set(Notification.objects.filter(key__in=[_key(number) for number in numbers]).values_list("key", flat=True))
    made = 0
    for run in Run.objects.filter(pk__in=numbers).select_related("import_row").defer("definition"):
        if _key(run.pk) not in known:
            made += _queue(workspace, run, now)
    return made


def _key(run: int) -> str:
    return f"report-{run}"


def _queue(workspace: Workspace, run: Run, now: datetime) -> int:
    name = run.import_row.name
    try:
        wishes = wishes_of_import(workspace.project, name)
        if not _is_wanted(run, wishes, name, now):
            return 0
        report = report_of_import(workspace, name, run=run.pk)
    except JobpipeError:
        return 0
    wording = Wording(wishes.language, workspace.project.settings.zone)
    mail = Notification(
        key=_key(run.pk),
        recipient=f"report:{name}",
        channel=MAIL,
        to=list(wishes.to),
        subject=wording.subject(report),
        text=as_text(report, wording),
        html=as_page(report, wording),
        attachments=_attached(workspace, report, wording),
        created_at=now,
        next_try=now,
    )
    # Of two that see the same run one has the key.
    with turn_to_write():
        return len(Notification.objects.bulk_create([mail], ignore_conflicts=True))


def _is_wanted(run: Run, wishes: ReportWishes, name: str, now: datetime) -> bool:
    if not wishes.to or wishes.when == "never":
        return False
    if wishes.when == "weekly":
        return not Notification.objects.filter(recipient=f"report:{name}", created_at__gt=now - _WEEK).exists()
    return wishes.when == "always" or bool(run.account.get("rejected"))


def _attached(workspace: Workspace, report: SourceReport, wording: Wording) -> list[dict[str, str]]:
    if not report.refused:
        return []
    rows = b"".join(islice(rows_of(workspace, report.feeds, wording), MAX_ROWS + 1))
    name = f"{report.feeds[0].name}.csv"
    return [{"name": name, "type": "text/csv", "text": rows.decode("utf-8")}]
