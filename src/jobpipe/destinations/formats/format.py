"""What a format out is: postings in, text out, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from jobpipe.errors import UsageError
from jobpipe.posting import JobPosting

Writer = Callable[[Iterable[JobPosting]], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFormat:
    name: str
    # One line for people.
    summary: str
    # Gives the file in pieces, so that it is never whole in memory.
    write: Writer


def output_format(name: str) -> OutputFormat:
    """Raises UsageError naming the formats there are."""
    from jobpipe.destinations.formats import csv, indeed, jsonl

    formats = {each.name: each for each in (jsonl.FORMAT, csv.FORMAT, indeed.FORMAT)}
    if name not in formats:
        known = "\n".join(f"    {each.name:8} {each.summary}" for each in formats.values())
        raise UsageError(f"there is no export format '{name}'", hint=f"the formats are\n{known}")
    return formats[name]
