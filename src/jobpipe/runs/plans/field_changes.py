"""Field by field, how many postings change, and from what to what. Memory is bounded: a few samples a field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import xxhash

from jobpipe.posting import FIELD_NAMES

# Of different changes of a field (from one value to another), so many are told apart, and so many are shown.
MAX_TOLD_APART = 100
MAX_SAMPLES = 10
# Characters of a text that are kept of a sample; around what differs, where it has more.
MAX_TEXT = 600
_LEAD = 40
_NOTHING = msgspec.Raw(b"")
_Fields = dict[str, msgspec.Raw]
_decode_fields = msgspec.json.Decoder(_Fields).decode


@dataclass(slots=True)
class Sample:
    """One change, and how many postings have it."""

    key: str
    title: str
    before: Any
    after: Any
    postings: int = 1

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "postings": self.postings,
            "before": self.before,
            "after": self.after,
        }


@dataclass(slots=True)
class FieldChange:
    changed: int = 0
    # Postings that had nothing there, and those that have nothing any more.
    filled: int = 0
    emptied: int = 0
    samples: dict[bytes, Sample] = field(default_factory=dict)

    def add(self, key: str, title: str, before: bytes, after: bytes) -> None:
        self.changed += 1
        self.filled += not before
        self.emptied += not after
        mark = xxhash.xxh3_128_digest(before + b"\0" + after)
        known = self.samples.get(mark)
        if known is not None:
            known.postings += 1
        elif len(self.samples) < MAX_TOLD_APART:
            self.samples[mark] = Sample(key, title, *excerpts(_value(before), _value(after)))

    def as_dict(self, name: str) -> dict[str, Any]:
        # Of equally frequent ones those that came first.
        most = sorted(self.samples.values(), key=lambda one: -one.postings)[:MAX_SAMPLES]
        return {
            "field": name,
            "changed": self.changed,
            "filled": self.filled,
            "emptied": self.emptied,
            "samples": [one.as_dict() for one in most],
        }


class FieldChanges:
    def __init__(self) -> None:
        self._fields: dict[str, FieldChange] = {}

    def compare(self, key: str, title: str, before: bytes, after: bytes) -> None:
        """Two postings of one key, in canonical JSON."""
        for name, was, now in differing_fields(before, after):
            found = self._fields.get(name)
            if found is None:
                found = self._fields[name] = FieldChange()
            found.add(key, title, was, now)

    def as_list(self) -> list[dict[str, Any]]:
        """In the order of the schema, extra fields behind."""
        order = {name: place for place, name in enumerate(FIELD_NAMES)}
        names = sorted(self._fields, key=lambda name: (order.get(name, len(order)), name))
        return [self._fields[name].as_dict(name) for name in names]


def differing_fields(before: bytes, after: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Of two postings in canonical JSON: field, what it was, what it is; b"" = nothing.

    Canonical values are equal where their bytes are: what does not differ is not made a value of.
    """
    was, now = _decode_fields(before), _decode_fields(after)
    extra = _decode_fields(was.pop("extra", b"{}")), _decode_fields(now.pop("extra", b"{}"))
    yield from _differing_in(was, now, "")
    if extra[0] != extra[1]:
        yield from _differing_in(*extra, "extra.")


def _differing_in(was: _Fields, now: _Fields, prefix: str) -> Iterator[tuple[str, bytes, bytes]]:
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name, _NOTHING), now.get(name, _NOTHING)
        if one != other:
            yield prefix + name, bytes(one), bytes(other)


def _value(packed: bytes) -> Any:
    return msgspec.json.decode(packed) if packed else None


def excerpts(before: Any, after: Any) -> tuple[Any, Any]:
    """What is long is cut to where the two begin to differ."""
    texts = [value if isinstance(value, str) else None for value in (before, after)]
    if all(text is None for text in texts):
        return _short(before), _short(after)
    one, other = (text or "" for text in texts)
    if max(len(one), len(other)) <= MAX_TEXT:
        return _short(before), _short(after)
    start = max(_first_difference(one, other) - _LEAD, 0) if one and other else 0
    cut = [_cut(value, start) if isinstance(value, str) else _short(value) for value in (before, after)]
    return cut[0], cut[1]


def _first_difference(one: str, other: str) -> int:
    """By halves: texts may have megabytes."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, start: int) -> str:
    end = start + MAX_TEXT
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _short(value: Any) -> Any:
    """A list or an object that is long becomes the beginning of its text."""
    if isinstance(value, (list, dict)):
        text = msgspec.json.encode(value).decode()
        return value if len(text) <= MAX_TEXT else _cut(text, 0)
    return value
