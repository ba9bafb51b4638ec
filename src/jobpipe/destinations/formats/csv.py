"""CSV (RFC 4180) with a header, UTF-8 with a byte order mark, for people with a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe before it: a source's text is hostile.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.posting import JobPosting
from jobpipe.safety.spreadsheets import without_formula


def _several(values: Iterable[object]) -> str:
    return " | ".join(str(value) for value in values if value not in (None, ""))


def _one_or_several(value: str | list[str] | None) -> str:
    return _several(value) if isinstance(value, list) else value or ""


_COLUMNS: dict[str, Callable[[JobPosting], object]] = {
    "reference": lambda posting: posting.reference,
    "title": lambda posting: posting.title,
    "url": lambda posting: posting.url,
    "apply_url": lambda posting: posting.apply_url,
    "company": lambda posting: posting.company and posting.company.name,
    "location": lambda posting: _several(place.text or place.city for place in posting.locations),
    "city": lambda posting: _several(place.city for place in posting.locations),
    "region": lambda posting: _several(place.region for place in posting.locations),
    "postal_code": lambda posting: _several(place.postal_code for place in posting.locations),
    "country": lambda posting: _several(place.country for place in posting.locations),
    "remote": lambda posting: posting.remote,
    "contract": lambda posting: posting.contract,
    "working_time": lambda posting: posting.working_time,
    "category": lambda posting: _several(each.code or each.label for each in posting.category),
    "salary_min": lambda posting: posting.salary and posting.salary.min,
    "salary_max": lambda posting: posting.salary and posting.salary.max,
    "salary_currency": lambda posting: posting.salary and posting.salary.currency,
    "salary_period": lambda posting: posting.salary and posting.salary.period,
    "salary_text": lambda posting: posting.salary and posting.salary.text,
    "posted_at": lambda posting: posting.posted_at,
    "updated_at": lambda posting: posting.updated_at,
    "valid_through": lambda posting: posting.valid_through,
    "experience": lambda posting: _one_or_several(posting.experience),
    "education": lambda posting: _one_or_several(posting.education),
    "industry": lambda posting: _one_or_several(posting.industry),
    "skills": lambda posting: _several(posting.skills),
    "language": lambda posting: posting.language,
    "positions": lambda posting: posting.positions,
    "description_text": lambda posting: posting.description_text,
}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}" if value != int(value) else str(int(value))
    return without_formula(str(value))


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for posting in postings:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_cell(column(posting)) for column in _COLUMNS.values()])
        yield buffer.getvalue().encode("utf-8", "replace")


FORMAT = OutputFormat(
    name="csv",
    summary="a table with a header, lists joined by ' | '",
    write=write,
    extension="csv",
    media_type="text/csv; charset=utf-8",
)
