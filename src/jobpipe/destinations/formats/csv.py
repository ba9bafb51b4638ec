"""CSV (RFC 4180) with a header, UTF-8 with a byte order mark, for people with a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe before it: a source's text is hostile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobpipe.destinations.formats.columns import COLUMNS, check_columns, columns_of, text_of
from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.posting import JobPosting
from jobpipe.safety.spreadsheets import without_formula


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    columns = columns_of(setting)
    yield b"\xef\xbb\xbf" + _row(columns)
    getters = list(columns.values())
    for posting in postings:
        yield _row([text_of(get(posting)) for get in getters])


def _row(texts: Iterable[str]) -> bytes:
    # One empty cell alone would be no row.
    line = ",".join([_cell(text) for text in texts]) or '""'
    return (line + "\r\n").encode("utf-8", "replace")


def _cell(text: str) -> str:
    """In quotes where it needs them; the module `csv` looks at each character, and descriptions are long."""
    text = without_formula(text)
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return f'"{text}"' if "," in text or "\n" in text or "\r" in text else text


FORMAT = OutputFormat(
    name="csv",
    summary="a table with a header, lists joined by ' | '",
    write=write,
    extension="csv",
    media_type="text/csv; charset=utf-8",
    documented="https://www.rfc-editor.org/rfc/rfc4180",
    takes_fields=True,
    check=check_columns,
    carries=dict.fromkeys(COLUMNS, ""),
)
