"""The family of errors, each of which carries its place.

An error knows where it happened, what was found, and what a person can do; how it is printed
(terminal, page, JSON) is decided in one place elsewhere.  No message ever holds a secret: what is put
into one goes through `jobpipe.safety.secrets` first where it may contain a location.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A spot in a source or in a file that a person wrote."""

    # The file or URL, without secrets.
    source: str = ""
    # Counted from 1; 0 = not known.
    line: int = 0
    column: int = 0
    # Counted from 0 in the unpacked stream; -1 = not known.
    offset: int = -1
    # The record's number in its run, from 1; 0 = not known.
    ordinal: int = 0
    # The field of the posting that was being made.
    field: str = ""

    def __str__(self) -> str:
        where = self.source
        if self.line:
            where += f":{self.line}" + (f":{self.column}" if self.column else "")
        elif self.offset >= 0:
            where += f" at byte {self.offset:,}"
        if self.ordinal:
            where += f" (record {self.ordinal:,})"
        if self.field:
            where += f", field {self.field}"
        return where.strip(" ,")


class JobpipeError(Exception):
    """An error meant for a person: what happened, where, and what to do about it."""

    # By which `jobpipe explain` says more: see `jobpipe.error_codes`.
    code: str = "JP3012"

    def __init__(self, message: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()
        self.hint = hint

    def __str__(self) -> str:
        where = str(self.place)
        return (f"{where}: " if where else "") + self.message + (f" ({self.hint})" if self.hint else "")


class UsageError(JobpipeError):
    """The command was called in a way that cannot work."""

    code = "JP4001"


class DefinitionError(JobpipeError):
    """A definition (or another file of the project folder) is not valid."""

    code = "JP1001"


class SourceError(JobpipeError):
    """A source could not be reached, or what it gave is not what the definition says."""

    code = "JP2001"


class SourceChangedError(SourceError):
    """The source gave other bytes than those that a run had begun to read."""

    code = "JP2008"


class LimitExceededError(SourceError):
    """An input is larger than a limit allows: hostile until a person says otherwise."""

    code = "JP2006"


class RecordError(JobpipeError):
    """One record cannot become a posting; the records around it are not touched.

    `reason` is a short, stable word for grouping (`malformed`, `missing`, `invalid`, `unmapped`,
    `step`, `hook`); `message` is for a person.
    """

    code = "JP6001"

    def __init__(self, message: str, *, reason: str, field: str = "", hint: str = "") -> None:
        super().__init__(message, place=Place(field=field), hint=hint)
        self.reason = reason
        self.field = field


class OutOfReachError(JobpipeError):
    """Something that a run needs is out of reach, or another process has the run now: nothing is wrong with the run,
    which is left as it is, to be taken up again."""

    code = "JP3001"


class InternalError(JobpipeError):
    """job-pipe broke one of its own promises: a bug."""

    code = "JP9001"
