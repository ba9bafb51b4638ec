"""What a request for a file asks for on which conditions (RFC 9110, sections 12.5.3, 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from jobpipe.destinations.published import PublishedFile

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_QUALITY = re.compile(r"q=\s*(\d(?:\.\d*)?)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variant:
    """A file as it is, or compressed."""

    file: PublishedFile
    is_gzip: bool

    @property
    def size(self) -> int:
        return self.file.gzip_size if self.is_gzip else self.file.size

    @property
    def etag(self) -> str:
        """With its quotes. Of each variant another, so that a cut download is taken up with its own bytes."""
        return f'"{self.file.sha256}-gzip"' if self.is_gzip else f'"{self.file.sha256}"'

    @property
    def last_modified(self) -> str:
        return formatdate(self.file.modified, usegmt=True)


def variant(file: PublishedFile, headers: Mapping[str, str]) -> Variant:
    return Variant(file, is_gzip=bool(file.gzip_size) and _takes_gzip(headers.get("accept-encoding", "")))


def _takes_gzip(accepted: str) -> bool:
    qualities = {}
    for item in accepted.lower().split(","):
        coding, _, parameter = item.partition(";")
        found = _QUALITY.fullmatch(parameter.strip())
        qualities[coding.strip()] = float(found[1]) if found else 1.0
    return qualities.get("gzip", qualities.get("x-gzip", qualities.get("*", 0.0))) > 0


def is_unchanged(wanted: Variant, headers: Mapping[str, str]) -> bool:
    """Whoever asks has it already, in either variant: both are the same contents."""
    tags = headers.get("if-none-match")
    if tags is not None:
        digest = wanted.file.sha256
        return tags.strip() == "*" or not {digest, f"{digest}-gzip"}.isdisjoint(_TAG.findall(tags))
    since = _seconds(headers.get("if-modified-since", ""))
    return since is not None and wanted.file.modified <= since


def asked_range(wanted: Variant, headers: Mapping[str, str]) -> range | None:
    """The bytes, counted from 0; empty = there are none such. None = all: no range is asked for, several are, or the
    one that has the beginning has another file's."""
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or not (found[1] or found[2]) or not _is_of_this(wanted, headers.get("if-range")):
        return None
    size = wanted.size
    if not found[1]:
        return range(max(size - int(found[2]), 0), size)
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        return None
    return range(first, min(int(found[2]) + 1, size) if found[2] else size)


def _is_of_this(wanted: Variant, condition: str | None) -> bool:
    """Of a time it is asked whether it is this one, not whether it is later."""
    return condition is None or condition.strip() in (wanted.etag, wanted.last_modified)


def _seconds(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (ValueError, OverflowError):
        return None
