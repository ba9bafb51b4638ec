"""Reads one XML record: strictly first, then mended where nothing of it is lost."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from jobpipe.errors import RecordError
from jobpipe.sources.formats.feed_level import feed_path, values_of_feed
from jobpipe.sources.formats.reading import DigestView, Nodes, PathError, Reading, Values
from jobpipe.sources.formats.text import decode_mended, in_utf8, is_wide
from jobpipe.sources.formats.xml.mending import mend, undeclared_prefixes
from jobpipe.sources.formats.xml.paths import (
    MAX_PATH_CHARACTERS,
    Element,
    PlainPath,
    Step,
    attribute_of,
    has_name,
    parse_path,
    text_of,
    to_xpath,
    walk_all,
)
from jobpipe.sources.record import Context

_XPATH = "xpath:"
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class Branch:
    """An element with its context, and its children by local name (made once, at first use)."""

    __slots__ = ("_groups", "context", "element")

    def __init__(self, element: Element, context: Context) -> None:
        self.element = element
        self.context = context
        self._groups: dict[str, list[Element]] | None = None

    def groups(self) -> dict[str, list[Element]]:
        """Most rules name a child of the record: one pass over the children serves them all."""
        groups = self._groups
        if groups is None:
            groups = self._groups = {}
            for child in self.element:
                tag = child.tag
                if type(tag) is not str:
                    continue
                if tag[0] == "{":
                    tag = tag.rpartition("}")[2]
                if tag in groups:
                    groups[tag].append(child)
                else:
                    groups[tag] = [child]
        return groups


class XmlReader:
    """Entities are never resolved, nothing is fetched, and lxml's own limits on size and depth stay on."""

    def __init__(self) -> None:
        self._parser = _new_parser(recover=False)
        self._wrappers: dict[tuple[tuple[str, str], ...], bytes] = {(): b""}

    def read(self, raw: bytes, context: Context) -> Reading:
        try:
            return Reading(Branch(self._parse(in_utf8(raw, context.encoding), context.namespaces), context), False)
        except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
            return self._read_mended(raw, context, error)

    def salvage(self, raw: bytes, context: Context) -> Branch | None:
        """What a lenient parser makes of a record that cannot be read: good enough to look for its key."""
        text, _ = decode_mended(raw, context.encoding)
        try:
            head = self._wrapper(context.namespaces) or b"<r>"
            document = head + text.encode("utf-8", "ignore") + b"</r>"
            wrapper = etree.fromstring(document, _new_parser(recover=True))
        except etree.XMLSyntaxError:
            return None
        found = next(iter(wrapper), None) if wrapper is not None else None
        return Branch(found, context) if found is not None else None

    def values(self, path: str) -> Values:
        path = path.strip()
        if (of_feed := feed_path(path)) is not None:
            return values_of_feed(of_feed)
        if path.startswith(_XPATH):
            return _values_at_xpath(path.removeprefix(_XPATH))
        return _values_at(parse_path(path))

    def nodes(self, path: str) -> Nodes:
        path = path.strip()
        if path.startswith(_XPATH):
            evaluate = _compile_xpath(path.removeprefix(_XPATH))
            return lambda node: [
                Branch(found, node.context) for found in _as_list(evaluate(node)) if etree.iselement(found)
            ]
        if feed_path(path) is not None:
            raise PathError(f"{path!r} is outside the record: a rule cannot start from it")
        plain = parse_path(path)
        if plain.last:
            raise PathError(f"{path!r} leads to text: a rule can only start from an element")
        follow = walk_all(plain.steps)
        return lambda node: [Branch(element, node.context) for element in follow([node.element])]

    def as_value(self, root: Branch) -> Any:
        return _value_of(root.element)

    def ignoring(self, paths: list[str]) -> DigestView:
        removals = [_removal(path) for path in paths]

        def view(raw: bytes, context: Context) -> bytes:
            try:
                element = self.read(raw, context).root.element
            except RecordError:
                return raw
            for remove in removals:
                remove(element)
            element.tail = None
            return bytes(etree.tostring(element, method="c14n"))

        return view

    def _parse(self, document: bytes, namespaces: tuple[tuple[str, str], ...]) -> Element:
        head = self._wrapper(namespaces)
        if not head:
            return etree.fromstring(document, self._parser)
        wrapper = etree.fromstring(head + document + b"</r>", self._parser)
        if len(wrapper) != 1 or (wrapper.text or "").strip() or (wrapper[0].tail or "").strip():
            raise RecordError("there is more than one element where one record should be", reason="malformed")
        return wrapper[0]

    def _wrapper(self, namespaces: tuple[tuple[str, str], ...]) -> bytes:
        """A start tag that declares what was declared above the record; b"" = nothing was."""
        head = self._wrappers.get(namespaces)
        if head is None:
            declared = "".join(
                f" xmlns{':' + prefix if prefix else ''}={quoteattr(uri)}"
                for prefix, uri in namespaces
                if prefix != "xml"
            )
            head = f"<r{declared}>".encode()
            if len(self._wrappers) < 1000:
                self._wrappers[namespaces] = head
        return head

    def _read_mended(self, raw: bytes, context: Context, error: Exception) -> Reading:
        text, sound = decode_mended(raw, context.encoding)
        if not sound and is_wide(context.encoding):
            raise _malformed(error)
        candidates = [text] if not sound else []
        if (mended := mend(text)) is not None:
            candidates.append(mended)
        elif not candidates:
            candidates.append(text)
        for candidate in candidates:
            declared = {prefix for prefix, _ in context.namespaces}
            missing = undeclared_prefixes(candidate, declared)
            namespaces = (*context.namespaces, *((prefix, f"urn:undeclared:{prefix}") for prefix in missing))
            try:
                return Reading(Branch(self._parse(candidate.encode(), namespaces), context), True)
            except (etree.XMLSyntaxError, UnicodeEncodeError):
                continue
        raise _malformed(error)


def _new_parser(*, recover: bool) -> Any:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _malformed(error: Exception) -> RecordError:
    if isinstance(error, etree.XMLSyntaxError):
        message = (error.msg or "not well-formed").split(", line ")[0]
        return RecordError(f"{message} (line {error.lineno or 1} of the record)", reason="malformed")
    return RecordError(f"not text in the declared encoding: {error}", reason="malformed")


# Values ----------------------------------------------------------------------------------------------


def _values_at(path: PlainPath) -> Values:
    steps, last = path.steps, path.last
    if last == "text()" and any(step.deep for step in steps):
        return _texts_in_order(path)
    if len(steps) == 1 and not last and _is_plain_child(steps[0]):
        return _values_of_child(steps[0].name)
    give = _giver(last)
    if not steps:
        return lambda node: give([node.element])
    if len(steps) == 2 and not last and all(map(_is_plain_child, steps)):
        return _values_of_grandchild(steps[0].name, steps[1].name)
    if _is_plain_child(steps[0]):
        name, follow = steps[0].name, walk_all(steps[1:])

        def below_child(node: Branch) -> list[str]:
            found = node.groups().get(name)
            return give(follow(found)) if found else []

        return below_child
    follow = walk_all(steps)
    return lambda node: give(follow([node.element]))


def _is_plain_child(step: Step) -> bool:
    return not (step.deep or step.tests or step.name in ("*", ".") or ":" in step.name)


def _values_of_child(name: str) -> Values:
    def read(node: Branch) -> list[str]:
        found = node.groups().get(name)
        if not found:
            return []
        if len(found) == 1:
            element = found[0]
            return ["".join(element.itertext()) if len(element) else element.text or ""]
        return [text_of(element) for element in found]

    return read


def _values_of_grandchild(name: str, below: str) -> Values:
    """`company/name`: the commonest path of two steps."""
    suffix = "}" + below

    def read(node: Branch) -> list[str]:
        found = node.groups().get(name)
        if not found:
            return []
        values = []
        for element in found:
            for child in element:
                tag = child.tag
                if tag == below or (type(tag) is str and tag.endswith(suffix)):
                    values.append("".join(child.itertext()) if len(child) else child.text or "")
        return values

    return read


def _giver(last: str) -> Values:
    if not last:
        return lambda elements: [text_of(element) for element in elements]
    if last == "text()":
        return lambda elements: [text for element in elements for text in _own_texts(element)]
    if last == "html()":
        return lambda elements: [markup_of(element) for element in elements]
    name = last[1:]

    def attributes(elements: list[Element]) -> list[str]:
        found = (attribute_of(element, name) for element in elements)
        return [value for value in found if value is not None]

    return attributes


def _texts_in_order(path: PlainPath) -> Values:
    """Where an element may stand in another one, their texts interleave: going from element to element would not do."""
    find: Any = etree.XPath(to_xpath(path), smart_strings=False)
    return lambda node: find(node.element)


def _own_texts(element: Element) -> list[str]:
    texts = [element.text, *(child.tail for child in element)]
    return [text for text in texts if text]


def markup_of(element: Element) -> str:
    """The markup inside an element, without namespaces; an element that holds only text gives that text.

    Feeds write HTML both ways: as elements (`<content type="xhtml"><div>…`) and as escaped text.
    """
    if not len(element):
        return element.text or ""
    made: list[str] = [escape(element.text or "")]
    for child in element:
        _write(child, made)
    return "".join(made)


def _write(element: Element, made: list[str]) -> None:
    tag = element.tag
    if type(tag) is str:
        name = tag.rpartition("}")[2]
        attributes = "".join(
            f" {key.rpartition('}')[2]}={quoteattr(value)}"
            for key, value in element.attrib.items()
            if value is not None
        )
        made.append(f"<{name}{attributes}>{escape(element.text or '')}")
        for child in element:
            _write(child, made)
        if name.lower() not in _VOID:
            made.append(f"</{name}>")
    made.append(escape(element.tail or ""))


def _value_of(element: Element) -> Any:
    """Text for a leaf, else a dict: children by local name (a list where one repeats), `@name`, `#text`."""
    made: dict[str, Any] = {f"@{key.rpartition('}')[2]}": value for key, value in element.attrib.items()}
    for child in element:
        if type(child.tag) is not str:
            continue
        name, value = child.tag.rpartition("}")[2], _value_of(child)
        if name not in made:
            made[name] = value
        elif isinstance(made[name], list):
            made[name].append(value)
        else:
            made[name] = [made[name], value]
    if not made:
        return element.text or ""
    if text := "".join(_own_texts(element)).strip():
        made["#text"] = text
    return made


# Full XPath ------------------------------------------------------------------------------------------


def _compile_xpath(expression: str) -> Any:
    if len(expression) > MAX_PATH_CHARACTERS:
        raise PathError(f"an XPath of {len(expression):,} characters; the limit is {MAX_PATH_CHARACTERS:,}")
    compiled: dict[tuple[tuple[str, str], ...], Any] = {}

    def compile_for(namespaces: tuple[tuple[str, str], ...]) -> Any:
        known = {prefix: uri for prefix, uri in namespaces if prefix}
        try:
            return etree.XPath(expression, namespaces=known, regexp=False, smart_strings=False)
        except etree.XPathError as error:
            raise PathError(f"not an XPath: {expression!r}: {error}") from error

    compiled[()] = compile_for(())

    def evaluate(node: Branch) -> Any:
        namespaces = node.context.namespaces
        found = compiled.get(namespaces)
        if found is None:
            found = compiled[namespaces] = compile_for(namespaces)
        try:
            return found(node.element)
        except etree.XPathError as error:
            raise RecordError(f"the XPath {expression!r} failed: {error}", reason="path") from error

    return evaluate


def _values_at_xpath(expression: str) -> Values:
    evaluate = _compile_xpath(expression)
    return lambda node: [_as_text(found) for found in _as_list(evaluate(node))]


def _as_list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _as_text(found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() else str(found)
    return text_of(found) if etree.iselement(found) else str(found)


# Leaving out -----------------------------------------------------------------------------------------


def _removal(path: str) -> Any:
    """Takes what lies at a path out of an element, so that the rest can be hashed."""
    if path.strip().startswith(_XPATH) or feed_path(path) is not None:
        raise PathError(f"{path!r} cannot be ignored", hint="`ignore` takes plain paths into the record: a/b, a/@x")
    plain = parse_path(path)
    follow = walk_all(plain.steps)
    name = plain.last.removeprefix("@") if plain.last.startswith("@") else ""

    def remove(root: Element) -> None:
        for element in follow([root]):
            if name:
                for key in [key for key in element.attrib if key == name or key.rpartition("}")[2] == name]:
                    del element.attrib[key]
            elif plain.last or element is root:
                element.text = None
            else:
                _detach(element)

    return remove


def _detach(element: Element) -> None:
    parent, before, tail = element.getparent(), element.getprevious(), element.tail
    if tail:
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    parent.remove(element)


__all__ = ["Branch", "XmlReader", "has_name", "markup_of"]
