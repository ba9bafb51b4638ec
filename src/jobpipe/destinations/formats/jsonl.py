"""JSON lines (https://jsonlines.org): one posting a line, with the names of the schema or the destination's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from jobpipe.destinations.field_paths import getters_of, is_absent
from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.posting import JobPosting

# Equal postings give equal bytes, whatever the order within `extra`.
_encode = msgspec.json.Encoder(order="deterministic").encode


def item(setting: Setting) -> Callable[[JobPosting], bytes]:
    if not setting.fields:
        return _encode
    getters = getters_of(setting.fields)

    def renamed(posting: JobPosting) -> bytes:
        values = ((name, get(posting)) for name, get in getters.items())
        return _encode({name: value for name, value in values if not is_absent(value)})

    return renamed


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    encode = item(setting)
    for posting in postings:
        yield encode(posting) + b"\n"


def check(setting: Setting) -> None:
    getters_of(setting.fields)


FORMAT = OutputFormat(
    name="jsonl",
    summary="JSON lines, every field",
    write=write,
    extension="jsonl",
    media_type="application/x-ndjson",
    documented="https://jsonlines.org",
    item=item,
    takes_fields=True,
    check=check,
    carries={"each field": "under its own name, or those of `fields`"},
)
