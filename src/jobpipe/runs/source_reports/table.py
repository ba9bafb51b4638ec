"""The whole list as CSV (RFC 4180, UTF-8 with a byte order mark): a row for each record that is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from jobpipe.ledger.models import Import
from jobpipe.runs.quarantine import MAX_LOCATED, Rejected, with_places
from jobpipe.runs.source_reports.gathering import refused_records
from jobpipe.runs.source_reports.report import FeedReport
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.one_line import one_line
from jobpipe.safety.spreadsheets import without_formulas

COLUMNS = (
    *("import", "file", "line", "column", "byte", "record", "reference", "title", "field", "problem", "mend"),
    "detail",
)
_MAX_CELL = 2_000


def rows_of(workspace: Workspace, feeds: Iterable[FeedReport], wording: Wording) -> Iterator[bytes]:
    """The header, then each record; a thousand at a time are in memory."""
    yield b"\xef\xbb\xbf" + _line([wording.texts.columns[name] for name in COLUMNS])
    for feed in feeds:
        owner = Import.objects.filter(name=feed.name).first()
        if owner is None:
            continue
        waiting = refused_records(workspace, owner, feed.run if feed.is_older else None)
        while some := list(islice(waiting, MAX_LOCATED)):
            for record in with_places(workspace, owner, some):
                yield _line(_cells(feed.name, record, wording))


def _cells(name: str, record: Rejected, wording: Wording) -> list[str]:
    reason = wording.reason(record.reason, record.field)
    return [
        name,
        record.part,
        str(record.line or ""),
        str(record.column or ""),
        str(record.offset) if record.offset >= 0 and record.offset != record.line else "",
        str(record.ordinal or ""),
        one_line(record.key, _MAX_CELL),
        one_line(record.title, _MAX_CELL),
        wording.field(record.field) if record.field else "",
        reason.what,
        reason.mend,
        wording.detail(record),
    ]


def _line(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow([without_formulas(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "replace")
