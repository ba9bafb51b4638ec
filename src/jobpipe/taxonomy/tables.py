"""Mapping tables: layers of decisions over one another, and what a label means under them.

The order: entries for a label itself, import over client over global over the file of the developers; then patterns,
in the same order.  Within a layer a label as written counts before one that is only normalised alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import xxhash

from jobpipe.taxonomy.labels import normalise_label, tidy_label
from jobpipe.taxonomy.patterns import pattern_finder

# Labels whose decision a look-up remembers.
MAX_REMEMBERED = 20_000
# Between the words of a use: neither is ever part of a label.
_SEPARATOR = "\t"

_canonical = msgspec.json.Encoder(order="sorted").encode


class Layer(msgspec.Struct, array_like=True):
    """The decisions of one scope."""

    # Which mapping this is, as `category[].by` says it.
    by: str
    # Label -> code, value, or {code, taxonomy, …}.
    labels: dict[str, Any] = {}
    # In the order in which they are tried.
    patterns: list[tuple[str, Any]] = []


class MappingTable(msgspec.Struct, array_like=True):
    """One table: its layers, the one that counts most first."""

    layers: list[Layer] = []


class Decided(NamedTuple):
    """What a label means."""

    # Never None.
    value: Any
    by: str


# None = no layer has the label.
Decide = Callable[[str], Decided | None]


def file_table(name: str, labels: Mapping[str, Any]) -> MappingTable:
    """A table that developers wrote, without decisions above it."""
    return MappingTable([Layer(name, {str(label): value for label, value in labels.items()})])


def decider(table: MappingTable) -> Decide:
    """Finds what a label means. Not for several threads at once."""
    exact = [{tidy_label(label): value for label, value in layer.labels.items()} for layer in table.layers]
    loose: list[dict[str, Any]] = []
    for labels in exact:
        found: dict[str, Any] = {}
        for label, value in labels.items():
            found.setdefault(normalise_label(label), value)
        loose.append(found)
    patterns = [
        (pattern_finder(pattern), Decided(value, f"{layer.by} (pattern)"))
        for layer in table.layers
        for pattern, value in layer.patterns
    ]

    def decide(label: str) -> Decided | None:
        label = tidy_label(label)
        normalised = normalise_label(label)
        for layer, as_written, alike in zip(table.layers, exact, loose, strict=True):
            value = as_written.get(label)
            if value is None:
                value = alike.get(normalised)
            if value is not None:
                return Decided(value, layer.by)
        return next((decided for finds, decided in patterns if finds(label)), None)

    return decide


# Uses: which labels a posting was made with, and what they meant --------------------------------------


# The mark of a label that no table has, and that the step which read it knows by itself.
KNOWN_TO_STEP = "step"


class Use(NamedTuple):
    """A label that was looked up, as a state row remembers it."""

    table: str
    # `tidy_label` of it.
    label: str
    # Of what it meant; "" = nothing.
    mark: str

    def is_stale(self, decided: Decided | None) -> bool:
        """Whether it means something else now; what a step knows by itself is part of the revision."""
        if decided is None and self.mark == KNOWN_TO_STEP:
            return False
        return mark_of(decided) != self.mark

    def is_unmapped(self, decided: Decided | None) -> bool:
        return decided is None and self.mark != KNOWN_TO_STEP

    @property
    def text(self) -> str:
        return _SEPARATOR.join(self)


def use_of(table: str, label: str, decided: Decided | None, *, known_to_step: bool = False) -> Use:
    # What a store cannot hold was no part of what was looked up, either.
    written = label.replace("\0", " ").encode("utf-8", "replace").decode()
    mark = KNOWN_TO_STEP if decided is None and known_to_step else mark_of(decided)
    return Use(table, tidy_label(written), mark)


def parse_use(text: str) -> Use:
    return Use(*text.rsplit(_SEPARATOR, 2))


def mark_of(decided: Decided | None) -> str:
    """Eight hexadecimal digits; a decision with another value, or from elsewhere, has another one."""
    if decided is None:
        return ""
    return xxhash.xxh3_64_hexdigest(_canonical(tuple(decided)))[:8]


def digest_of(tables: Mapping[str, MappingTable]) -> str:
    """32 hexadecimal digits over everything that decides what labels mean."""
    return xxhash.xxh3_128_hexdigest(_canonical(dict(tables)))
