"""An XML document of records, or a workbook, as a table: cut and read as feeds are, and as hostile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobpipe.errors import DefinitionError, JobpipeError, Place, RecordError
from jobpipe.safety.limits import Limits
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import FormatSettings, RawRecord
from jobpipe.taxonomy.loading.objects import objects_table
from jobpipe.taxonomy.loading.table import Table


def read_records(data: bytes, shown: str, encoding: str, children: str) -> Table:
    """Raises DefinitionError where there are none, or the document does not end; SourceError where it is none."""
    settings = FormatSettings(encoding=encoding or None, max_record_bytes=Limits().record)
    splitter = open_splitter(settings, shown)
    try:
        records = splitter.feed(data)
        rest, ending = splitter.close()
    except JobpipeError as error:
        if not error.place.source:
            error.place = Place(source=shown)
        raise
    if not ending.complete:
        raise DefinitionError(f"the file is not whole: {ending.why}", place=Place(source=shown), hint="get it again")
    table = objects_table(_objects(data, [*records, *rest], shown), shown, children)
    table.notices += [f"{shown}: {notice}" for notice in ending.notices]
    return table


def _objects(data: bytes, records: list[RawRecord], shown: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    line, position = 1, 0
    readers = {record.context.kind: reader_for(record.context.kind) for record in records}
    for number, record in enumerate(records, 1):
        if record.offset > position:
            line += data.count(b"\n", position, record.offset)
            position = record.offset
        place = Place(source=shown, line=line, ordinal=number)
        reader = readers[record.context.kind]
        try:
            if record.flaw:
                raise DefinitionError(record.flaw, place=place)
            value = reader.as_value(reader.read(record.raw, record.context).root)
        except RecordError as error:
            raise DefinitionError(error.message, place=place, hint=error.hint) from error
        if isinstance(value, dict):
            yield line, value
