"""JSON lines: one posting a line, with the names of the schema (https://jsonlines.org)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.posting import JobPosting


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for posting in postings:
        yield encoder.encode(posting) + b"\n"


FORMAT = OutputFormat(
    name="jsonl", summary="JSON lines, every field", write=write, extension="jsonl", media_type="application/x-ndjson"
)
