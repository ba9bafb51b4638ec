"""Records as they were and as they are: what stands at each path, and what the definition makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from jobpipe.definition.models import Definition
from jobpipe.drafting.columns import Column
from jobpipe.drafting.inside import columns_within
from jobpipe.drafting.repairing.pairing import Pair, Past
from jobpipe.errors import RecordError
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.formats.reading import PathError, Reader
from jobpipe.sources.record import RawRecord, ReaderKind
from jobpipe.transform.compile import Tables, Transformer
from jobpipe.transform.outcome import Item
from jobpipe.transform.problems import DefinitionProblems


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a definition needs besides itself to be tried."""

    hooks: str | None
    tables: Tables
    # The day that words such as "yesterday" count from (ISO date).
    day: str

    def transformer(self, definition: Definition) -> Transformer:
        """Raises DefinitionProblems only when it is used."""
        return Transformer(definition, hooks_source=self.hooks, tables=self.tables)


@dataclass(frozen=True, slots=True)
class Made:
    """What a definition makes of one field of one record."""

    value: Any = None
    error: str = ""


class Records:
    """Some records of one kind, in their order; those that cannot be read are left out."""

    def __init__(self, records: Iterable[RawRecord]) -> None:
        self.records: list[RawRecord] = []
        self.roots: list[Any] = []
        self.values: list[Any] = []
        for record in records:
            reader = reader_for(record.context.kind)
            try:
                if record.flaw:
                    raise RecordError(record.flaw, reason="malformed")
                root = reader.read(record.raw, record.context).root
            except RecordError:
                continue
            self.records.append(record)
            self.roots.append(root)
            self.values.append(reader.as_value(root))

    def __len__(self) -> int:
        return len(self.records)

    @property
    def kind(self) -> ReaderKind | None:
        """None = there are none."""
        return self.records[0].context.kind if self.records else None

    @cached_property
    def columns(self) -> list[Column]:
        """What stands at each path, the steps included by which it is had."""
        if self.kind is None:
            return []
        return columns_within(self.roots if self.kind == "xml" else self.values, self.kind)

    def at(self, path: str, base: str | None = None) -> list[tuple[Any, ...]]:
        """Of each record the values there; () where the path is none of this kind. `base`: what `for` says."""
        if self.kind is None:
            return []
        reader: Reader = reader_for(self.kind)
        try:
            read = reader.values(path)
            nodes = reader.nodes(base) if base is not None else None
        except PathError:
            return [() for _ in self.roots]
        found = []
        for root in self.roots:
            try:
                starts = nodes(root) if nodes is not None else [root]
                found.append(tuple(value for start in starts for value in read(start)))
            except RecordError:
                found.append(())
        return found

    def made(self, definition: Definition, workshop: Workshop, fields: Sequence[str]) -> list[dict[str, Made]]:
        """Of each record what the definition makes of these fields. Raises DefinitionProblems."""
        transformer = workshop.transformer(_only(definition, fields))
        found = []
        for number, record in enumerate(self.records):
            item = Item(number, record.raw, 0, day=workshop.day, offset=record.offset)
            try:
                traces = {one.field: one for one in transformer.explain(item, record.context)}
            except RecordError as error:
                found.append({name: Made(error=str(error)) for name in fields})
                continue
            found.append(
                {
                    name: Made(msgspec.to_builtins(traces[name].value), traces[name].error)
                    for name in fields
                    if name in traces
                }
            )
        return found

    def outcomes(self, definition: Definition, workshop: Workshop) -> list[dict[str, Any] | None]:
        """Of each record the posting; None = none comes of it."""
        transformer = workshop.transformer(definition)
        found: list[dict[str, Any] | None] = []
        for number, record in enumerate(self.records):
            item = Item(number, record.raw, 0, day=workshop.day, offset=record.offset)
            try:
                body = transformer.transform(item, record.context).body
            except DefinitionProblems:
                body = b""
            found.append(msgspec.json.decode(body) if body else None)
        return found


# Steps that look at fields which were made before.
_LOOKING_AROUND = frozenset({"first_of", "template", "python", "detect_language", "title", "coordinates"})


def _only(definition: Definition, fields: Sequence[str]) -> Definition:
    """With the rules of these fields alone, and what they look at."""
    wanted: Mapping[str, Any] = {name: rule for name, rule in definition.posting.items() if name in fields}
    steps = {call.name for rule in wanted.values() for one in (rule, *rule.parts.values()) for call in one.then}
    if steps & _LOOKING_AROUND:
        return definition
    return definition.model_copy(update={"posting": dict(wanted)})


@dataclass(slots=True)
class Evidence:
    """Records as they were, and the same ones as they are."""

    old: Records
    new: Records
    pairs: list[Pair]


def evidence_of(past: Past, new: Sequence[RawRecord], most: int) -> Evidence:
    """Of the records that are known from before, `most` at most; those that cannot be read are left out."""
    found = past.pairs_with(new)[:most]
    old, now = Records(past.records[pair.old] for pair in found), Records(new[pair.new] for pair in found)
    old_places = {id(record): place for place, record in enumerate(old.records)}
    new_places = {id(record): place for place, record in enumerate(now.records)}
    pairs = []
    for pair in found:
        one, other = old_places.get(id(past.records[pair.old])), new_places.get(id(new[pair.new]))
        if one is not None and other is not None:
            pairs.append(Pair(one, other))
    return Evidence(old, now, pairs)
