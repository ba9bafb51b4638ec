"""Parquet (https://parquet.apache.org): every field with its type, nested as in the schema, in groups of rows.

`experience`, `education` and `industry` are lists; `extra` is JSON.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any

import msgspec

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.errors import JobpipeError
from jobpipe.posting import FIELD_NAMES, LIST_FIELDS, NESTED, JobPosting

if TYPE_CHECKING:
    import pyarrow

# Rows of a group: some ten megabytes of descriptions.
GROUP = 2_000
_ONE_OR_SEVERAL = frozenset({"experience", "education", "industry"})
_NUMBERS = frozenset({"min", "max", "latitude", "longitude"})
_encode = msgspec.json.Encoder(order="deterministic").encode


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    """Raises JobpipeError without its extra."""
    arrow, parquet = _libraries()
    made = io.BytesIO()
    schema = _schema(arrow)
    waiting = iter(postings)
    sink = arrow.PythonFile(_Pieces(made), mode="w")
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        while group := list(islice(waiting, GROUP)):
            columns = [_column(arrow, name, schema.field(name).type, group) for name in FIELD_NAMES]
            writer.write_batch(arrow.RecordBatch.from_arrays(columns, schema=schema), row_group_size=GROUP)
            yield _taken(made)
    yield _taken(made)


class _Pieces(io.RawIOBase):
    """A file that only grows, of which what is written is taken away: it knows its place by itself."""

    def __init__(self, made: io.BytesIO) -> None:
        self._made = made
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._place += len(data)
        return self._made.write(data)

    def tell(self) -> int:
        return self._place


def _taken(made: io.BytesIO) -> bytes:
    piece = made.getvalue()
    made.seek(0)
    made.truncate()
    return piece


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise JobpipeError("parquet needs an extra", hint="pip install 'job-pipe[parquet]'") from error
    return pyarrow, parquet


def _schema(arrow: Any) -> pyarrow.Schema:
    def of(name: str) -> Any:
        if name in NESTED:
            parts = NESTED[name][0].__struct_fields__
            struct = arrow.struct([(part, arrow.float64() if part in _NUMBERS else arrow.string()) for part in parts])
            return arrow.list_(struct) if name in LIST_FIELDS else struct
        if name in LIST_FIELDS or name in _ONE_OR_SEVERAL:
            return arrow.list_(arrow.string())
        return arrow.int64() if name == "positions" else arrow.string()

    fields = [arrow.field(name, of(name), nullable=name not in ("reference", "title")) for name in FIELD_NAMES]
    return arrow.schema(fields)


def _column(arrow: Any, name: str, kind: Any, group: Sequence[JobPosting]) -> Any:
    values = [getattr(posting, name) for posting in group]
    if name == "extra":
        return arrow.array([_encode(value).decode() if value else None for value in values], kind)
    if name in _ONE_OR_SEVERAL:
        return arrow.array([[value] if isinstance(value, str) else value for value in values], kind)
    if name not in NESTED:
        return arrow.array(values, kind)
    if name not in LIST_FIELDS:
        return _structs(arrow, name, kind, values)
    offsets = list(accumulate(map(len, values), initial=0))
    flat = _structs(arrow, name, kind.value_type, list(chain.from_iterable(values)))
    return arrow.ListArray.from_arrays(arrow.array(offsets, arrow.int32()), flat)


def _structs(arrow: Any, name: str, kind: Any, values: Sequence[Any]) -> Any:
    parts = [
        arrow.array([getattr(value, part, None) for value in values], kind.field(part).type)
        for part in NESTED[name][0].__struct_fields__
    ]
    absent = arrow.array([value is None for value in values], arrow.bool_())
    return arrow.StructArray.from_arrays(parts, fields=list(kind), mask=absent)


FORMAT = OutputFormat(
    name="parquet",
    summary="Parquet, every field with its type",
    write=write,
    extension="parquet",
    media_type="application/vnd.apache.parquet",
    documented="https://parquet.apache.org/docs/file-format/",
    carries={"each field": "under its own name; `extra` as JSON"},
)
