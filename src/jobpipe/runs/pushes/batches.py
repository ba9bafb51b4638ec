"""What was sent, checked and brought to the form in which it waits: a file that a run can read to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from lxml import etree

from jobpipe.definition.pushing import CLOSES
from jobpipe.errors import UsageError

# Of one batch.
MOST_BYTES = 16 * 1024 * 1024
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Batch:
    content: bytes
    # None = the run counts them.
    records: int | None


def batch_of_json(body: bytes) -> Batch:
    """A list of objects, or one object. Raises UsageError where it is neither."""
    try:
        found = msgspec.json.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"that is no list of JSON objects: {error}", hint="[{…}, {…}], or one object") from error
    return _of_records([bytes(one) for one in found] if isinstance(found, list) else [body])


def batch_of_lines(body: bytes) -> Batch:
    """A JSON object a line. Raises UsageError."""
    return _of_records([line for line in body.split(b"\n") if line.strip()])


def batch_of_xml(body: bytes) -> Batch:
    """A whole document. Raises UsageError where it is not well-formed, or declares entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UsageError(f"that is no well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UsageError("a document type is not taken", hint="send the document without <!DOCTYPE …>")
    if not len(root):
        raise UsageError("there is no record in it")
    return Batch(body, None)


def closing(reference: str) -> Batch:
    """One record, which closes the posting that its source calls so."""
    return Batch(msgspec.json.encode({CLOSES: reference}) + b"\n", 1)


def _of_records(records: Sequence[bytes]) -> Batch:
    if not records:
        raise UsageError("there is no record in it")
    if len(records) > MOST_RECORDS:
        raise UsageError(f"a batch has at most {MOST_RECORDS:,} records, not {len(records):,}", hint="send several")
    for number, record in enumerate(records, 1):
        _check(record, number)
    # Within JSON a line break stands only where a space may. Of two records of one posting a run takes the first: here
    # that is the one that was sent last.
    lines = [record.replace(b"\n", b" ").replace(b"\r", b" ").strip() for record in reversed(records)]
    return Batch(b"\n".join(lines) + b"\n", len(records))


def _check(record: bytes, number: int) -> None:
    try:
        msgspec.json.decode(record, type=dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"record {number} is no JSON object: {error}") from error
