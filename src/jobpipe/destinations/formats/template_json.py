"""`template: {json: …}`: a partner's own JSON.

    json:
      list: jobs                        the name of the list in an object; absent = the list alone
      around: {version: "2"}            constants beside it
      lines: true                       instead: one posting a line
      item:
        id: reference
        place: {city: locations.0.city, country: locations.0.country}
        places: {each: locations, item: {city: city}}
        kind: {value: "posting.contract or 'other'"}

What is nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from jobpipe.destinations.field_paths import is_absent
from jobpipe.destinations.formats.template_values import Nodes, Subject, Value, list_of, value_of
from jobpipe.errors import DefinitionError
from jobpipe.posting import JobPosting

_WORDS = frozenset({"list", "around", "lines", "item"})
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonTemplate:
    head: bytes
    between: bytes
    tail: bytes
    build: Callable[[JobPosting], bytes]


def compiled_json(said: Any) -> JsonTemplate:
    """Raises DefinitionError with the place within the template."""
    path = "template.json"
    if not isinstance(said, Mapping) or not isinstance(said.get("item"), Mapping):
        raise DefinitionError(f"{path}: there is no `item`")
    if unknown := said.keys() - _WORDS:
        raise DefinitionError(f"{path}: `{min(unknown)}` is not known here", hint=f"known: {', '.join(sorted(_WORDS))}")
    value = _object(said["item"], f"{path}.item", "", 0, Nodes())

    def build(posting: JobPosting) -> bytes:
        return _encode(value(Subject(posting)))

    if said.get("lines"):
        return JsonTemplate(head=b"", between=b"\n", tail=b"\n", build=build)
    head, tail = _envelope(said, path)
    return JsonTemplate(head=head, between=b",\n", tail=tail, build=build)


def _envelope(said: Mapping[str, Any], path: str) -> tuple[bytes, bytes]:
    name, around = said.get("list"), said.get("around", {})
    if name is None and not around:
        return b"[\n", b"\n]\n"
    if not isinstance(name, str) or not isinstance(around, Mapping):
        raise DefinitionError(f"{path}: `list` is the name of the list, `around` what stands beside it")
    members = b"".join(_encode(str(key)) + b":" + _encode(value) + b"," for key, value in around.items())
    return b"{" + members + _encode(name) + b":[\n", b"\n]}\n"


def _object(said: Mapping[str, Any], path: str, each: str, depth: int, nodes: Nodes) -> Value:
    members = [(str(name), _value(node, f"{path}.{name}", each, depth + 1, nodes)) for name, node in said.items()]

    def value(subject: Subject) -> Any:
        values = ((name, get(subject)) for name, get in members)
        return {name: found for name, found in values if not is_absent(found)}

    return value


def _value(node: Any, path: str, each: str, depth: int, nodes: Nodes) -> Value:
    nodes.enter(path, depth)
    if not isinstance(node, Mapping) or node.keys() & {"field", "value", "constant"}:
        return value_of(node, path, each)
    if "each" not in node:
        return _object(node, path, each, depth, nodes)
    items = list_of(node["each"], path)
    if not isinstance(node.get("item"), Mapping):
        raise DefinitionError(f"{path}: `each` goes with an `item`")
    value = _object(node["item"], f"{path}.item", node["each"], depth, nodes)

    def several(subject: Subject) -> Any:
        made = []
        for part in items(subject.posting):
            subject.part = part
            made.append(value(subject))
        return made

    return several
