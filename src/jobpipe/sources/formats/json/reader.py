"""Reads one JSON record: numbers stay numbers, of two equal keys the last counts."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import jmespath
import msgspec

from jobpipe.errors import RecordError
from jobpipe.sources.formats.feed_level import feed_path, values_of_feed
from jobpipe.sources.formats.json.paths import MAX_PATH_CHARACTERS, follow, parse_path, remove
from jobpipe.sources.formats.reading import DigestView, Nodes, PathError, Reading, Values
from jobpipe.sources.formats.text import decode_mended, in_utf8, is_wide
from jobpipe.sources.record import Context

_JMESPATH = "jmespath:"
_decode = msgspec.json.Decoder().decode
_canonical = msgspec.json.Encoder(order="deterministic").encode


class JsonNode:
    """A value with its context."""

    __slots__ = ("context", "value")

    def __init__(self, value: Any, context: Context) -> None:
        self.value = value
        self.context = context


class JsonReader:
    def read(self, raw: bytes, context: Context) -> Reading:
        try:
            value, repaired = _decode(in_utf8(raw, context.encoding)), False
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            value, repaired = _read_mended(raw, context, error), True
        if not isinstance(value, (dict, list)):
            raise RecordError(f"a record is an object, not {_kind_of(value)}", reason="malformed")
        return Reading(JsonNode(value, context), repaired)

    def salvage(self, raw: bytes, context: Context) -> JsonNode | None:
        """Nothing is read from a JSON record that is broken: what is cut off could be anywhere in it."""
        return None

    def values(self, path: str) -> Values:
        path = path.strip()
        if (of_feed := feed_path(path)) is not None:
            return values_of_feed(of_feed)
        if path.startswith(_JMESPATH):
            search = _compile_jmespath(path.removeprefix(_JMESPATH))
            return lambda node: _items(search(node.value))
        tokens = parse_path(path)
        if len(tokens) == 1 and isinstance(tokens[0], str):
            return _values_of_key(tokens[0])
        return lambda node: [item for found in follow(node.value, tokens) for item in _items(found)]

    def nodes(self, path: str) -> Nodes:
        values = self.values(path)
        if feed_path(path) is not None:
            raise PathError(f"{path!r} is outside the record: a rule cannot start from it")
        return lambda node: [JsonNode(value, node.context) for value in values(node)]

    def as_value(self, root: JsonNode) -> Any:
        return root.value

    def ignoring(self, paths: list[str]) -> DigestView:
        for path in paths:
            if path.startswith(_JMESPATH) or feed_path(path) is not None or not parse_path(path):
                raise PathError(f"{path!r} cannot be ignored", hint="`ignore` takes plain paths into the record: a.b")
        places = [parse_path(path) for path in paths]

        def view(raw: bytes, context: Context) -> bytes:
            try:
                value = self.read(raw, context).root.value
            except RecordError:
                return raw
            for tokens in places:
                remove(value, tokens)
            return bytes(_canonical(value))

        return view


def _items(found: Any) -> list[Any]:
    if found is None:
        return []
    return [item for item in found if item is not None] if isinstance(found, list) else [found]


def _values_of_key(key: str) -> Values:
    def read(node: JsonNode) -> list[Any]:
        value = node.value
        if isinstance(value, dict):
            found = value.get(key)
            if found is None:
                return []
            return _items(found) if isinstance(found, list) else [found]
        return [item for found in follow(value, (key,)) for item in _items(found)]

    return read


def _compile_jmespath(expression: str) -> Any:
    if len(expression) > MAX_PATH_CHARACTERS:
        raise PathError(f"a JMESPath of {len(expression):,} characters; the limit is {MAX_PATH_CHARACTERS:,}")
    try:
        compiled = jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise PathError(f"not a JMESPath: {expression!r}: {str(error).splitlines()[0]}") from error

    def search(value: Any) -> Any:
        try:
            return compiled.search(value)
        except jmespath.exceptions.JMESPathError as error:
            raise RecordError(f"the JMESPath {expression!r} failed: {error}", reason="path") from error

    return search


# Mending ---------------------------------------------------------------------------------------------

# What is never closed runs to the end, so that the search is linear whatever the text is.
_EXTRA = re.compile(r"(\"(?:[^\"\\]|\\.)*(?:\"|\Z))|/\*.*?(?:\*/|\Z)|//[^\n]*|,(?=\s*[}\]])", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _read_mended(raw: bytes, context: Context, error: Exception) -> Any:
    """Forgives line breaks in strings, comments, last commas, NaN, halves of surrogate pairs, wrong bytes."""
    text, sound = decode_mended(raw, context.encoding)
    if sound or not is_wide(context.encoding):
        for candidate in (text, _EXTRA.sub(lambda found: found[1] or "", text)):
            try:
                value = json.loads(candidate, strict=False, parse_constant=_no_number, parse_float=_finite)
                return _without_surrogates(value)
            except (ValueError, RecursionError):
                continue
    raise RecordError(f"not JSON: {str(error).removeprefix('JSON is malformed: ')}", reason="malformed")


def _no_number(name: str) -> None:
    return None


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _kind_of(value: Any) -> str:
    return {str: "text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
