"""Which characters part and quote the cells of a CSV file: those with which its rows are alike.

The module's own `csv.Sniffer` takes a letter for the delimiter of a file with one column.  Here every candidate
is tried on the first rows, and the one wins with which most rows have as many cells as the first one.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from jobpipe.errors import SourceError
from jobpipe.sources.record import CsvDialect

# In the order in which they are believed where two fit as well.
_USUAL = ("\t", ";", "|", ",")
_RARE = ("\x1f", "\x01", "^", "~", "¦", "§")
_ROWS = 200
# The score of a delimiter that the first row has, and at least half of the rows as often.
_FITS = 0.5
_WORDS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_EXCEL = re.compile(r"sep=(.)\r?(?:\n|\Z)", re.IGNORECASE)
_DEFAULT = ","
# The module's own limit for one cell is 128 KiB.
_MAX_CELL = 64 * 1024 * 1024


def given_delimiter(word: str | None) -> str | None:
    """Raises SourceError where it is not one character."""
    if word is None:
        return None
    character = _WORDS.get(word.lower(), word)
    if len(character) != 1 or character in '"\r\n':
        raise SourceError(f"csv.delimiter: {word!r} is not one character", hint='write ";", "," or "\\t"')
    return character


def given_quote(word: str | None) -> str | None:
    """ "" = nothing is quoted. Raises SourceError where it is more than one character."""
    if word is not None and len(word) > 1:
        raise SourceError(f"csv.quote: {word!r} is not one character", hint="leave it empty where nothing is quoted")
    return word


def excel_delimiter(text: str) -> str | None:
    """Of a first line like `sep=;`, which Excel writes and understands."""
    found = _EXCEL.match(text)
    return found[1] if found else None


def detect_dialect(text: str, *, delimiter: str | None, quote: str | None) -> CsvDialect:
    """By the first rows of a file; what is given is not asked for.  `text` ends with a whole line."""
    quote = _quote_of(text) if quote is None else quote
    if delimiter is None:
        delimiter = _delimiter_of(text, quote)
    doubled = CsvDialect(delimiter=delimiter, quote=quote)
    if quote and "\\" + quote in text:
        escaped = CsvDialect(delimiter=delimiter, quote=quote, escape="\\")
        if score(text, escaped) > score(text, doubled):
            return escaped
    return doubled


def cells_of(text: str, dialect: CsvDialect) -> list[str]:
    """The cells of one row, forgiving; [] where there are none."""
    return next(_rows(text, dialect), [])


def score(text: str, dialect: CsvDialect) -> float:
    """0 = the dialect parts nothing; more where more rows have as many cells as the first."""
    rows = list(itertools.islice((row for row in _rows(text, dialect) if any(row)), _ROWS))
    if not rows:
        return 0.0
    widths = Counter(map(len, rows))
    width, times = widths.most_common(1)[0]
    if width < 2:
        return 0.0
    share = times / len(rows)
    # A header that is not as wide as the rows speaks against it: the character is only in their text.
    return share * (1 if len(rows[0]) == width else 0.3) * (1 + math.log2(width) / 10)


def _delimiter_of(text: str, quote: str) -> str:
    # At last, one that the first row does not have: it may be a title.
    for candidates, quoting, least in (
        (_USUAL, quote, _FITS),
        (_RARE, quote, _FITS),
        (_USUAL, "", _FITS),
        (_USUAL, quote, 0.0),
    ):
        scores = {
            candidate: score(text, CsvDialect(delimiter=candidate, quote=quoting))
            for candidate in candidates
            if candidate in text
        }
        best = max(scores, key=lambda candidate: scores[candidate], default=None)
        if best is not None and scores[best] > least:
            return best
    return _DEFAULT


def _quote_of(text: str) -> str:
    """Single quotes only where whole cells stand in them and no double ones do."""
    lines = [line for line in text.splitlines()[:_ROWS] if line.strip()]
    single = sum(line.strip().startswith("'") and line.strip().endswith("'") for line in lines)
    double = sum('"' in line for line in lines)
    return "'" if lines and not double and single * 2 > len(lines) else '"'


def reader_with(dialect: CsvDialect, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
    """A `csv.reader`; `strict`: bad quoting raises csv.Error."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
        strict=strict,
    )


def _rows(text: str, dialect: CsvDialect) -> Iterator[list[str]]:
    if csv.field_size_limit() < _MAX_CELL:
        csv.field_size_limit(_MAX_CELL)
    reader = reader_with(dialect, io.StringIO(text, newline=""))
    try:
        yield from reader
    except csv.Error:
        return
