"""Fingerprints: which errors are alike.

Two are, if they are of one kind, at one place of one import, and say the same but for what differs from record to
record: ids, numbers, addresses, dates, quoted values.  A fingerprint must be the same in the next version of job-pipe,
or every incident would open anew: `tests/unit/test_incident_fingerprints.py` pins some.
"""

from __future__ import annotations

import re

import xxhash

from jobpipe.incidents.occurrence import Occurrence

# Of a message, characters that count.
MAX_COUNTED = 600

# In this order: what an earlier one has taken, a later one does not see.
_VARIABLE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        # A quoted value; a quote within a word is an apostrophe. Without an end where it was cut.
        (r"(?<!\w)'(?:\\.|[^'\\]|'(?=\w))*(?:'(?!\w)|$)", "<value>"),
        (r'(?<!\w)"(?:\\.|[^"\\])*(?:"|$)', "<value>"),
        (r"«[^»]*(?:»|$)", "<value>"),
        (r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s,;)]+", "<url>"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "<mail>"),
        # Servers fail in turns with the one and the other.
        (r"\bHTTP 5\d\d\b", "HTTP <server error>"),
        # 404 is something else than 403.
        (r"\b(HTTP|FTP) ([1-4])(\d)(\d)\b", r"\1 #\2.\3.\4#"),
        (r"(?<![\w/])(?:~|\.{1,2})?(?:/[\w.@%+~-]+){2,}/?", "<path>"),
        (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<id>"),
        (r"\b(?=[0-9a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{8,}\b", "<id>"),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b", "<date>"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b", "<address>"),
        (r"\b0[xX][0-9A-Fa-f]+\b", "<n>"),
        # Parsers name what they met without quotes.
        (r"\btag mismatch: .{1,120}? and [^\s(]{1,120}", "tag mismatch"),
        (r"\b((?:[Tt]ag|element|attribute|prefix|mismatch):?) +[\w.:-]+", r"\1 <name>"),
        (r"(?<![\w#.])[-+]?\d[\d,.\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]*", "<n>"),
        # A word with a digit in it is a reference more often than a word.
        (r"\b(?=[^\W\d]*\d)\w+(?:[-_]\w+)*\b(?!#)", "<id>"),
        (r"(?:<n>[\s,;]*){2,}", "<n> "),
        (r"\s+", " "),
    )
)


def shape_of(message: str) -> str:
    """The message without what differs from one failure to the next."""
    text = message[:MAX_COUNTED]
    for pattern, put in _VARIABLE:
        text = pattern.sub(put, text)
    return text.strip().casefold()


def fingerprint_of(occurrence: Occurrence, import_name: str) -> str:
    """32 hexadecimal digits; `import_name`: "" = of no import."""
    said = f"={occurrence.identity}" if occurrence.identity else shape_of(occurrence.message)
    parts = (occurrence.kind, occurrence.stage, occurrence.step, occurrence.field, import_name, said)
    return xxhash.xxh3_128_hexdigest("\x1f".join(parts).encode("utf-8", "surrogatepass"))
