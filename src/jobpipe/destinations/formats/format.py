"""What a format out is: postings in, text out, one at a time; and what its partner would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobpipe.definition.roles import Role
from jobpipe.errors import UsageError
from jobpipe.posting import JobPosting


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What a file says besides its postings."""

    # Of the destination: `publisher`, `publisher_url` and what else a format asks for.
    options: dict[str, str] = field(default_factory=dict)
    # How many postings follow, where that is known.
    expected: int | None = None
    # Name in the file -> field here, where the format lets its names be chosen; empty = its own.
    fields: dict[str, str] = field(default_factory=dict)
    # Of the format `template`.
    template: dict[str, Any] = field(default_factory=dict)


Writer = Callable[[Iterable[JobPosting], Setting], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One rule of a partner that a posting breaks."""

    # A stable word: `indeed-url`.
    rule: str
    # Of the posting: `url`, `locations`.
    field: str
    # A sentence for a person: what is wrong with which value, and what the partner asks for.
    message: str
    # Who can mend it: the source's client, whoever maps, or the import's developer.
    role: Role


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFormat:
    name: str
    # One line for people.
    summary: str
    # Gives the file in pieces, so that it is never whole in memory.
    write: Writer
    # Of the file: `xml`, `application/xml`.
    extension: str = ""
    media_type: str = "application/octet-stream"
    # What the partner would refuse of a posting; empty = nothing.
    refusals: Callable[[JobPosting], list[Refusal]] = lambda posting: []


def output_format(name: str) -> OutputFormat:
    """Raises UsageError naming the formats there are."""
    from jobpipe.destinations.formats import csv, indeed, jsonl

    formats = {each.name: each for each in (jsonl.FORMAT, csv.FORMAT, indeed.FORMAT)}
    if name not in formats:
        known = "\n".join(f"    {each.name:8} {each.summary}" for each in formats.values())
        raise UsageError(f"there is no export format '{name}'", hint=f"the formats are\n{known}")
    return formats[name]
