"""What is said of one error, or of many that are alike, when it is recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

# Characters.
MAX_MESSAGE = 2_000
MAX_RAW = 2_000
MAX_SAMPLES = 5


class Sample(msgspec.Struct, kw_only=True, frozen=True):
    """One record that failed; of a thousand a few are kept."""

    # "" = could not be read.
    key: str = ""
    message: str = ""
    # File, URL or page; "" = the source has only one.
    part: str = ""
    # Counted from 1; 0 = not known.
    line: int = 0
    # In the unpacked part, counted from 0; -1 = not known.
    offset: int = -1
    # The record's number in its run, from 1.
    ordinal: int = 0
    # The beginning of the record, as the source gave it.
    raw: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """Failures that are alike, as one run (or whoever else) met them."""

    # A name of `jobpipe.incidents.kinds.KINDS`.
    kind: str
    # For a person. What differs from one failure to the next may be in it: see `jobpipe.incidents.fingerprint`.
    message: str
    hint: str = ""
    # fetch, split, transform, finish, deliver …
    stage: str = ""
    step: str = ""
    # Of the posting.
    field: str = ""
    # File or URL, line, byte, for a person.
    place: str = ""
    # Groups them in the place of the message, where whoever records knows better: a table, a destination.
    identity: str = ""
    # How many failures these are, in all.
    count: int = 1
    samples: Sequence[Sample] = ()
    # What else is known, for `incidents show`: of a bug the traceback and the versions.
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
