"""A few records of a source beside the postings made of them: read and transformed here, nothing is written."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from jobpipe.definition.project import Project
from jobpipe.errors import RecordError, SourceError
from jobpipe.ledger.opening import open_ledger
from jobpipe.ledger.unavailable import LedgerUnavailableError, ledger_expected
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation, layers_of, prepare_in
from jobpipe.runs.source_parts import answers_in, files_now, kept_answers, kept_files
from jobpipe.runs.source_reading import request_for, with_charset
from jobpipe.safety.secrets import redact
from jobpipe.sources.answer_reading import records_of
from jobpipe.sources.answers import unframed
from jobpipe.sources.asking import Surroundings, shown_place, way_of
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import Context, RawRecord
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.unpacking import Document, UnpackLimits, unpack
from jobpipe.taxonomy.loading.file_bytes import WORKBOOKS
from jobpipe.transform.compile import FieldTrace, Transformer
from jobpipe.transform.outcome import Item, Transformed
from jobpipe.transform.problems import DefinitionProblems
from jobpipe.transform.step_tracing import StepTrace

# Bytes of documents that are kept for a person to look at.
MOST_SEEN = 64 * 1024 * 1024
_ELEMENT = re.compile(r"<([^\s/>]+)")


@dataclass(slots=True)
class Reading:
    """What is known of a source from its first records; it grows while they are read."""

    # The part that is being read, without secrets, and the document in it.
    location: str = ""
    document: str = ""
    is_workbook: bool = False
    # Why the last document is not complete, as far as it was read; "" = nothing against it.
    why: str = ""
    notices: list[str] = field(default_factory=list)
    # The source was read to its end.
    is_over: bool = False
    # The documents as far as they were read, one after the other; None = they are not kept.
    seen: bytearray | None = None

    def see(self, chunk: bytes) -> None:
        if self.seen is not None and len(self.seen) < MOST_SEEN:
            self.seen += chunk


@dataclass(frozen=True, slots=True)
class Few:
    """Records of a source, before anything is made of them."""

    reading: Reading
    records: list[RawRecord]
    # The number of the first of them, from 1.
    first: int
    # How many records were looked at, those before the first included.
    looked_at: int


@dataclass(frozen=True, slots=True)
class PreviewedRecord:
    # Its number in the source, from 1.
    ordinal: int
    context: Context
    raw: bytes
    transformed: Transformed
    # The record as plain values; None where it cannot be read.
    record: Any
    fields: list[FieldTrace]

    @property
    def posting(self) -> dict[str, Any] | None:
        """None where no posting came of it."""
        body = self.transformed.body
        return msgspec.json.decode(body) if body else None


@dataclass(frozen=True, slots=True)
class Preview:
    preparation: Preparation
    reading: Reading
    records: list[PreviewedRecord]
    # How many records were looked at, those before the first shown included.
    looked_at: int
    transformer: Transformer

    def steps_of(self, field: str, one: PreviewedRecord) -> list[StepTrace]:
        """How a field of a record came about, step by step; [] = it cannot be read, or the field has no rule."""
        try:
            return self.transformer.trace_steps(field, _item(one.ordinal, one.raw), one.context)
        except RecordError:
            return []

    @property
    def format(self) -> str:
        """xml json csv xlsx, or the definition's word."""
        stated = self.preparation.settings.format
        if stated or not self.records:
            return stated or ""
        return "xlsx" if self.reading.is_workbook else self.records[0].context.kind

    @property
    def record(self) -> str:
        """Where the records are: the definition's word, or what the first one is."""
        stated = self.preparation.settings.record
        if stated or not self.records:
            return stated or ""
        first = self.records[0]
        if first.context.kind == "xml" and (element := _ELEMENT.search(first.raw.decode("latin-1"))):
            return element[1]
        return {"json": "objects", "csv": "rows"}.get(first.context.kind, "")

    @property
    def encoding(self) -> str:
        return self.records[0].context.encoding if self.records else ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.records[0].context.columns if self.records else ()

    def empty_fields(self) -> list[str]:
        """The fields with a rule for which no record shown has a value."""
        made = {trace.field for one in self.records for trace in one.fields if trace.value is not None or trace.error}
        return [name for name in self.preparation.definition.posting if name not in made]


def preview(
    project: Project,
    name: str,
    *,
    instead: Path | None = None,
    first: int = 1,
    count: int = 3,
    definition: tuple[str, str] | None = None,
    kept: KeptParts | None = None,
) -> Preview:
    """`count` records from the record with the number `first` on; what comes after them is not read.

    `instead` is read in the source's place, or what is `kept` of it; `definition`: another text, and how people know
    that.  Raises DefinitionError for an invalid definition, SourceError where
    no record can be read.
    """
    preparation, notices = prepare_to_look(project, name, definition)
    return look(
        preparation, read_few(preparation, project, instead=instead, first=first, count=count, kept=kept), notices
    )


def read_few(
    preparation: Preparation,
    project: Project,
    *,
    instead: Path | None = None,
    first: int = 1,
    count: int = 3,
    kept: KeptParts | None = None,
    seen: bytearray | None = None,
) -> Few:
    """`seen` gets the documents that were read, as far as that went. Raises SourceError where none can be read."""
    reading = Reading(seen=seen)
    found: list[RawRecord] = []
    ordinal = 0
    wanted = first - 1 + count
    with closing(
        _kept_records(preparation, project, kept, reading, wanted)
        if kept is not None
        else _records(preparation, project, instead, reading, wanted)
    ) as records:
        for record in islice(records, wanted):
            ordinal += 1
            if ordinal >= first:
                found.append(record)
    return Few(reading, found, first, ordinal)


def look(preparation: Preparation, few: Few, notices: Sequence[str] = ()) -> Preview:
    """What the definition makes of records that were read. Raises DefinitionError where its paths are not of them."""
    transformer = transformer_of(preparation.charge)
    try:
        shown = [_previewed(transformer, few.first + number, record) for number, record in enumerate(few.records)]
    except DefinitionProblems as error:  # paths that are not of this kind of record
        raise preparation.loaded.errors_of(error.problems) from error
    few.reading.notices += [notice for notice in notices if notice not in few.reading.notices]
    return Preview(preparation, few.reading, shown, few.looked_at, transformer)


def prepare_to_look(
    project: Project, name: str, definition: tuple[str, str] | None = None
) -> tuple[Preparation, list[str]]:
    """With what people decided of labels and rules, where the project has a ledger: none is made for a preview.

    And what a person should know of that.  Raises DefinitionError for an invalid definition.
    """
    cluster = project.settings.cluster.resolved(os.environ)
    file = project.state_dir / "ledger.sqlite3"
    if not cluster.ledger and not file.exists():
        return prepare_in(project, name, definition=definition), []
    try:
        open_ledger(file, cluster.ledger)
        with ledger_expected():
            return prepare_in(project, name, layers_of(project), definition), []
    except LedgerUnavailableError as error:
        left_out = f"what people decided is left out: {error.message}"
        return prepare_in(project, name, definition=definition), [left_out]


# Reading ---------------------------------------------------------------------------------------------


def _records(
    preparation: Preparation, project: Project, instead: Path | None, reading: Reading, enough: int
) -> Generator[RawRecord, None, None]:
    if way_of(preparation.resolved.source) and instead is None:
        yield from _asked_records(preparation, project, reading, enough)
        return
    limits = UnpackLimits.of(preparation.limits)
    is_any = False
    for location in _locations(preparation, project, instead):
        reading.location = redact(location.removeprefix(f"{project.root}/"))
        try:
            with open_stream(request_for(preparation, location)) as stream:
                for document in unpack(iter(stream), stream.arrival.name, limits):
                    for record in _split(preparation, document, stream.arrival.charset, reading):
                        is_any = True
                        yield record
        except SourceError as error:
            if not is_any:
                raise
            reading.why = str(error)
    reading.is_over = True


def _asked_records(
    preparation: Preparation, project: Project, reading: Reading, enough: int
) -> Generator[RawRecord, None, None]:
    """Of a service or a site, which is asked for no more than is shown."""
    reading.location = shown_place(preparation.resolved.source)
    surroundings = Surroundings(root=project.root, enough=enough, cache=project.state_dir / "preview-cache")
    with answers_in(preparation, surroundings) as frames:
        yield from _answered_records(preparation, frames, reading)


def _answered_records(
    preparation: Preparation, stream: Iterator[bytes], reading: Reading
) -> Generator[RawRecord, None, None]:
    for answer in unframed(stream):
        reading.notices += answer.notices
        if answer.kind == "end":
            reading.is_over, reading.why = not answer.why, answer.why
        elif answer.kind in ("page", "records"):
            reading.document = answer.asked
            reading.see(answer.body)
            records, ending = records_of(answer, preparation.settings)
            reading.notices += ending.notices
            yield from records


def _kept_records(
    preparation: Preparation, project: Project, kept: KeptParts, reading: Reading, enough: int
) -> Generator[RawRecord, None, None]:
    """As the last run read them: the source is not asked. Raises SourceError where a part is not kept."""
    if way_of(preparation.resolved.source):
        yield from _kept_answers(preparation, project, kept, reading, enough)
        return
    limits = UnpackLimits.of(preparation.limits)
    for shown, part in kept_files(preparation, project, kept):
        reading.location = shown.removeprefix(f"{project.root}/")
        for document in unpack(iter(part), part.meta.get("name", shown), limits):
            yield from _split(preparation, document, part.meta.get("charset", ""), reading)
    reading.is_over = True


def _kept_answers(
    preparation: Preparation, project: Project, kept: KeptParts, reading: Reading, enough: int
) -> Generator[RawRecord, None, None]:
    reading.location = shown_place(preparation.resolved.source)
    with kept_answers(preparation, project, kept, enough) as frames:
        yield from _answered_records(preparation, frames or iter(kept.part_at(reading.location)), reading)


def _locations(preparation: Preparation, project: Project, instead: Path | None) -> Iterator[str]:
    if instead is not None:
        yield str(instead.resolve())
        return
    yield from files_now(preparation, project)


def _split(preparation: Preparation, document: Document, charset: str, reading: Reading) -> Iterator[RawRecord]:
    splitter = open_splitter(with_charset(preparation.settings, charset), document.name)
    reading.document = document.name
    failure: SourceError | None = None
    is_first = True
    try:
        for chunk in document.chunks:
            reading.see(chunk)
            if is_first:
                reading.is_workbook = chunk.startswith(WORKBOOKS)
                is_first = False
            yield from splitter.feed(chunk)
    except SourceError as error:
        failure = error
    records, ending = splitter.close()
    reading.why = ending.why
    reading.notices += ending.notices
    yield from records
    if failure is not None:
        raise failure


# Transforming ----------------------------------------------------------------------------------------


def _previewed(transformer: Transformer, ordinal: int, record: RawRecord) -> PreviewedRecord:
    item = _item(ordinal, record.raw, record.flaw, record.offset)
    transformed = transformer.transform(item, record.context)
    value: Any = None
    fields: list[FieldTrace] = []
    if not record.flaw:
        try:
            value = transformer.as_value(item, record.context)
            fields = transformer.explain(item, record.context)
        except RecordError:
            pass  # `transformed` says why
    return PreviewedRecord(ordinal, record.context, record.raw, transformed, value, fields)


def _item(ordinal: int, raw: bytes, flaw: str = "", offset: int = 0) -> Item:
    return Item(ordinal, raw, 0, flaw=flaw, day=datetime.now(UTC).date().isoformat(), offset=offset)
