"""What an executor is given and what it gives back: batches of records, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from jobpipe.definition.overrides import NO_OVERRIDES, Overrides
from jobpipe.sources.record import Context
from jobpipe.taxonomy.tables import MappingTable
from jobpipe.transform.outcome import Item, Transformed


class Charge(msgspec.Struct, kw_only=True):
    """All that a worker needs to know of an import; it needs no project folder."""

    # `Definition.model_dump_json(by_alias=True)`
    definition: bytes
    # The text of the project's hooks.py.
    hooks: str | None = None
    # By name; with what people decided above the files' words.
    tables: dict[str, MappingTable] = {}
    # What lies above the definition.
    overrides: Overrides = NO_OVERRIDES


class Work(msgspec.Struct, array_like=True, gc=False):
    """One batch on its way to a worker."""

    number: int
    # Of the items, by their index.
    contexts: list[Context]
    items: list[Item]
    # What is made is only looked at: it is not packed for a store.
    is_trial: bool = False


class Done(msgspec.Struct, array_like=True, gc=False):
    """One batch on its way back: one result an item, in their order, bodies packed."""

    number: int
    results: list[Transformed]
    # Of the worker, in KiB.
    peak_rss: int = 0


class Executor(Protocol):
    # How many batches keep it busy without waiting.
    capacity: int

    def submit(self, work: Work) -> None: ...

    def collect(self, *, wait: bool) -> Iterator[Done]:
        """What is ready; with `wait`, at least one (while any is under way)."""
        ...

    def close(self) -> None: ...
