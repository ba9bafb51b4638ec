"""`template: {xml: …}`: a partner's own XML.

    xml:
      around: [feed, postings]              one element or several, the outermost first
      attributes: {version: "2"}            of the outermost, constants
      before: {publisher: Example}          constants before the postings
      item: posting
      item_attributes: {id: reference}
      elements:
        title: title
        description: {field: description, cdata: false}
        salary: {field: salary.min, attributes: {currency: salary.currency}}
        job_location: {each: locations, elements: {city: city, country: country}}

What is nothing is left out; of a list each value has an element of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobpipe.destinations.field_paths import is_absent
from jobpipe.destinations.formats.columns import text_of
from jobpipe.destinations.formats.template_values import Nodes, Subject, list_of, value_of
from jobpipe.destinations.formats.xml_elements import DECLARATION, Build, allowed, attribute, cdata, escaped
from jobpipe.errors import DefinitionError
from jobpipe.posting import JobPosting

_NAME = re.compile(r"[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?", re.ASCII)
_WORDS = frozenset({"around", "attributes", "before", "item", "item_attributes", "elements", "cdata"})
_NODE_WORDS = frozenset({"field", "value", "constant", "cdata", "attributes", "elements", "each"})
Write = Callable[[Subject], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class XmlTemplate:
    head: str
    tail: str
    build: Build


def compiled_xml(said: Any) -> XmlTemplate:
    """Raises DefinitionError with the place within the template."""
    path = "template.xml"
    block = _block(said, path, _WORDS)
    around = block.get("around", "jobs")
    names = [_name(name, f"{path}.around") for name in (around if isinstance(around, list) else [around])]
    if not names:
        raise DefinitionError(f"{path}.around: there is one element around all of them")
    attributes = "".join(attribute(*pair) for pair in _constants(block.get("attributes", {}), f"{path}.attributes"))
    before = _constants(block.get("before", {}), f"{path}.before")
    opening = f"<{names[0]}{attributes}>\n" + "".join(f"<{name}>\n" for name in names[1:])
    return XmlTemplate(
        head=DECLARATION + opening + "".join(f"<{name}>{escaped(text)}</{name}>\n" for name, text in before),
        tail="".join(f"</{name}>\n" for name in reversed(names)),
        build=_item(block, path),
    )


def _item(block: Mapping[str, Any], path: str) -> Build:
    if not block.get("elements"):
        raise DefinitionError(f"{path}: there are no `elements`")
    node = {"elements": block["elements"], "attributes": block.get("item_attributes", {})}
    compiler = _Compiler(in_cdata=bool(block.get("cdata", True)))
    write = compiler.element(_name(block.get("item", "job"), f"{path}.item"), node, path, "", 0)

    def build(posting: JobPosting) -> str:
        return write(Subject(posting))

    return build


class _Compiler:
    def __init__(self, *, in_cdata: bool) -> None:
        self._in_cdata = in_cdata
        self._nodes = Nodes()

    def element(self, name: str, node: Any, path: str, each: str, depth: int) -> Write:
        """`each`: the list within which it stands."""
        self._nodes.enter(path, depth)
        _name(name, path)
        if isinstance(node, str):
            node = {"field": node}
        block = _block(node, path, _NODE_WORDS)
        if "each" in block:
            return self._repeated(name, block, path, depth)
        attributes = self._attributes(block.get("attributes", {}), f"{path}.attributes", each)
        if "elements" in block:
            return self._nested(name, block, path, each, depth, attributes)
        return self._plain(name, block, path, each, attributes)

    def _repeated(self, name: str, block: Mapping[str, Any], path: str, depth: int) -> Write:
        items = list_of(block["each"], path)
        write = self.element(
            name, {word: said for word, said in block.items() if word != "each"}, path, block["each"], depth + 1
        )

        def repeated(subject: Subject) -> str:
            made = []
            for part in items(subject.posting):
                subject.part = part
                made.append(write(subject))
            return "".join(made)

        return repeated

    def _nested(
        self, name: str, block: Mapping[str, Any], path: str, each: str, depth: int, attributes: Write
    ) -> Write:
        inner = _block(block["elements"], f"{path}.elements")
        writes = [self.element(key, node, f"{path}.{key}", each, depth + 1) for key, node in inner.items()]

        def nested(subject: Subject) -> str:
            content = "".join(write(subject) for write in writes)
            said = attributes(subject)
            return f"<{name}{said}>\n{content}</{name}>\n" if content or said else ""

        return nested

    def _plain(self, name: str, block: Mapping[str, Any], path: str, each: str, attributes: Write) -> Write:
        get = value_of(block, path, each)
        marked = cdata if block.get("cdata", self._in_cdata) else escaped

        def plain(subject: Subject) -> str:
            value = get(subject)
            if is_absent(value):
                return ""
            said = attributes(subject)
            texts = map(text_of, value) if isinstance(value, list) else (_text(value),)
            return "".join(f"<{name}{said}>{marked(allowed(text))}</{name}>\n" for text in texts if text)

        return plain

    def _attributes(self, said: Any, path: str, each: str) -> Write:
        getters = [
            (_name(name, path), value_of(node, f"{path}.{name}", each)) for name, node in _block(said, path).items()
        ]

        def attributes(subject: Subject) -> str:
            values = ((name, get(subject)) for name, get in getters)
            return "".join(attribute(name, allowed(_text(value))) for name, value in values if not is_absent(value))

        return attributes


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else text_of(value)


def _constants(said: Any, path: str) -> list[tuple[str, str]]:
    return [(_name(name, path), allowed(_text(value))) for name, value in _block(said, path).items()]


def _block(said: Any, path: str, known: frozenset[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(said, Mapping) or not all(isinstance(name, str) for name in said):
        raise DefinitionError(f"{path}: names and what stands in each are expected")
    unknown = said.keys() - known if known else ()
    if unknown:
        hint = f"known: {', '.join(sorted(known or ()))}"
        raise DefinitionError(f"{path}: `{min(unknown)}` is not known here", hint=hint)
    return said


def _name(name: Any, path: str) -> str:
    if not isinstance(name, str) or len(name) > 100 or not _NAME.fullmatch(name):
        raise DefinitionError(f"{path}: {name!r} is no name of XML")
    return name
