"""Who did what, when: lines that nobody changes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse

from jobpipe.ledger.models import AuditLine
from jobpipe.safety.spreadsheets import without_formulas
from jobpipe.web import notes
from jobpipe.web.paging import address, newest_first
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page

_FILTERS = ("account", "action", "about", "since", "until")
_COLUMNS = ("at", "account", "acting_as", "action", "about", "details", "address")


@page("audit/", needs=Right.AUDIT)
def index(request: Request) -> HttpResponse:
    """`?account=`, `?action=` (or its beginning), `?about=` (a part of it), `?since=` and `?until=` (days, UTC)."""
    shown = {
        "page": newest_first(request, _chosen(request)),
        "csv": f"/audit/lines.csv?{address(request, before=None, after=None).partition('?')[2]}",
        "given": {name: request.GET.get(name, "") for name in _FILTERS},
        "is_chosen": any(request.GET.get(name) for name in _FILTERS),
    }
    return notes.show(request, "audit.html", shown)


@page("audit/lines.csv", needs=Right.AUDIT)
def as_csv(request: Request) -> StreamingHttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingHttpResponse(_rows(_chosen(request)), content_type="text/csv; charset=utf-8", headers=headers)


def _chosen(request: Request) -> QuerySet[AuditLine]:
    found = AuditLine.objects.all()
    if account := request.GET.get("account", ""):
        found = found.filter(account=account)
    if action := request.GET.get("action", ""):
        found = found.filter(action__startswith=action)
    if about := request.GET.get("about", ""):
        found = found.filter(about__icontains=about)
    if since := _day(request, "since"):
        found = found.filter(at__gte=since)
    if until := _day(request, "until"):
        found = found.filter(at__lt=until + timedelta(days=1))
    return found


def _day(request: Request, name: str) -> datetime | None:
    try:
        return datetime.strptime(request.GET.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _rows(found: QuerySet[AuditLine]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for line in found.order_by("-pk").iterator(chunk_size=1000):
        details = json.dumps(line.details, ensure_ascii=False) if line.details else ""
        told = (line.account, line.acting_as, line.action, line.about, details, line.address)
        yield _line((line.at.isoformat(timespec="seconds"), *told))


def _line(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([without_formulas(cell) for cell in cells])
    return written.getvalue()
