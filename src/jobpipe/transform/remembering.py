"""Remembering what was made of a value: feeds say the same thing of many records.

A field whose rule looks at nothing but the texts at its own paths always makes the same of the same texts.  What it
made is kept and given again, finished; a field whose texts hardly repeat (titles, addresses) stops keeping them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jobpipe.definition.models import Definition, FieldRule
from jobpipe.sources.formats.reading import Node, Values
from jobpipe.transform.workbench import Workbench

# What makes a finished value of a record.
Make = Callable[[Node], Any]

MAX_VALUES = 4_000
MAX_CHARACTERS = 200
# After so many texts a field is judged: fewer hits than this share of them, and it forgets.
TRIAL = 1_000
LEAST_HITS = 0.3
# Steps that look at other fields, or may do anything.
_UNBOUNDED = frozenset({"detect_language", "template", "python", "first_of", "title"})


def may_remember(definition: Definition) -> bool:
    """A house's own function could change a value that is given again."""
    return not any(call.name == "python" for rule in definition.posting.values() for call in _calls(rule))


def paths_of(rule: FieldRule) -> list[str] | None:
    """Every path that a rule looks at; None = it looks at more than the texts there."""
    if rule.for_ is not None or any(call.name in _UNBOUNDED for call in _calls(rule)):
        return None
    paths = list(rule.from_)
    for part in rule.parts.values():
        below = paths_of(part)
        if below is None:
            return None
        paths += below
    return paths or None


def remembering(make: Make, reads: list[Values], bench: Workbench) -> Make:
    """The same as `make`; `reads` give the values at all paths that it looks at."""
    # What was made, with the labels that were looked up for it.
    memory: dict[Any, tuple[Any, list[str] | None]] = {}
    key_of = _key_of_one(reads[0]) if len(reads) == 1 else _key_of_several(reads)
    asked = hits = 0
    is_on = True

    def give(node: Node) -> Any:
        nonlocal asked, hits, is_on
        if not is_on:
            return make(node)
        key = key_of(node)
        if key is None:
            return make(node)
        asked += 1
        known = memory.get(key)
        if known is not None:
            hits += 1
            value, labels = known
            if labels is not None:
                bench.labels += labels
            return value
        if asked == TRIAL and hits < LEAST_HITS * TRIAL:
            is_on = False
            memory.clear()
            return make(node)
        return _make_and_keep(make, node, key, memory, bench)

    return give


def _make_and_keep(
    make: Make, node: Node, key: Any, memory: dict[Any, tuple[Any, list[str] | None]], bench: Workbench
) -> Any:
    """What depends on the day, or is unmapped and to be counted for each record, is not kept."""
    noted, labelled, used = len(bench.unmapped), len(bench.labels), bench.day_was_used
    bench.day_was_used = False
    try:
        value = make(node)
        if not bench.day_was_used and len(bench.unmapped) == noted and len(memory) < MAX_VALUES:
            memory[key] = value, bench.labels[labelled:] or None
    finally:
        bench.day_was_used = bench.day_was_used or used
    return value


def _key_of_one(read: Values) -> Make:
    def key_of(node: Node) -> Any:
        found = read(node)
        if len(found) == 1:
            text = found[0]
            # Numbers are no keys: 1, 1.0 and true are equal.
            if type(text) is str and len(text) <= MAX_CHARACTERS:
                return text
        return None

    return key_of


def _key_of_several(reads: list[Values]) -> Make:
    def key_of(node: Node) -> Any:
        key = []
        size = 0
        for read in reads:
            found = read(node)
            for text in found:
                if type(text) is not str:
                    return None
                size += len(text)
            key.append(tuple(found))
        return tuple(key) if size <= MAX_CHARACTERS * len(reads) else None

    return key_of


def _calls(rule: FieldRule) -> Iterator[Any]:
    yield from rule.each
    yield from rule.then
    for part in rule.parts.values():
        yield from _calls(part)
