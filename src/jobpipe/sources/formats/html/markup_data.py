"""Microdata and RDFa Lite: a page that says what its elements are, in their attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.formats.html.selecting import inner_markup, text_of

_LINKS = {
    "a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src", "source": "src",
    "iframe": "src", "embed": "src", "track": "src", "object": "data",
}  # fmt: skip
# Their markup is a part of what they say.
_MARKUP = frozenset(
    {"description", "responsibilities", "qualifications", "skills", "jobbenefits", "experiencerequirements",
     "educationrequirements", "incentivecompensation", "employerOverview".lower()}
)  # fmt: skip
_DEEPEST = 50
_MOST_ELEMENTS = 200_000


@dataclass(frozen=True, slots=True)
class Syntax:
    # The attribute that makes an element a node, that which says its type, and that which names a property.
    scope: str
    type: str
    property: str
    # The attribute that names the node.
    identity: str


MICRODATA = Syntax("itemscope", "itemtype", "itemprop", "itemid")
RDFA = Syntax("typeof", "typeof", "property", "resource")


def nodes_of(page: Page, syntax: Syntax) -> list[dict[str, Any]]:
    """The JobPosting nodes that no other one holds, written as JSON-LD would write them."""
    marked = page.root.xpath(f"//*[@{syntax.scope}][contains(@{syntax.type}, 'JobPosting')]")
    held: set[HtmlElement] = set()
    found = []
    for element in marked:
        if any(above in held for above in element.iterancestors()):
            continue
        held.add(element)
        found.append(_Reading(page, syntax).node(element, 0))
    return found


class _Reading:
    def __init__(self, page: Page, syntax: Syntax) -> None:
        self._page = page
        self._syntax = syntax
        self._left = _MOST_ELEMENTS

    def node(self, element: HtmlElement, depth: int) -> dict[str, Any]:
        syntax = self._syntax
        made: dict[str, Any] = {}
        types = [
            name.rstrip("/").rpartition("/")[2].rpartition(":")[2] for name in element.get(syntax.type, "").split()
        ]
        if types:
            made["@type"] = types[0] if len(types) == 1 else types
        if identity := element.get(syntax.identity):
            made["@id"] = self._page.absolute(identity)
        if depth > _DEEPEST:
            return made
        for root in [element, *self._referred(element)]:
            self._collect(root, made, depth, is_self=root is not element)
        return made

    def _referred(self, element: HtmlElement) -> list[HtmlElement]:
        wanted = (element.get("itemref") or "").split()[:50] if self._syntax is MICRODATA else []
        found = [self._page.root.xpath("//*[@id=$name]", name=name) for name in wanted]
        return [elements[0] for elements in found if elements and elements[0] is not element]

    def _collect(self, root: HtmlElement, made: dict[str, Any], depth: int, *, is_self: bool) -> None:
        """The properties below an element, without those of the nodes below it; without recursion into elements."""
        waiting = [root] if is_self else list(reversed(root))
        while waiting:
            element = waiting.pop()
            self._left -= 1
            if self._left < 0:
                return
            names = (element.get(self._syntax.property) or "").split()
            is_node = element.get(self._syntax.scope) is not None
            if names:
                value = self.node(element, depth + 1) if is_node else None
                for name in names:
                    short = name.rpartition("/")[2].rpartition(":")[2]
                    _add(made, short, value if value is not None else self._value(element, short))
            if not is_node:
                waiting.extend(reversed(element))

    def _value(self, element: HtmlElement, name: str) -> str:
        content = element.get("content")
        if content is not None:
            return str(content).strip()
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _LINKS and (link := element.get(_LINKS[tag])) is not None:
            return self._page.absolute(link)
        for attribute in ("datetime", "value"):
            if tag in ("time", "data", "meter") and element.get(attribute) is not None:
                return str(element.get(attribute)).strip()
        return inner_markup(element) if name.lower() in _MARKUP else text_of(element)


def _add(made: dict[str, Any], name: str, value: Any) -> None:
    if name not in made:
        made[name] = value
    elif isinstance(made[name], list):
        made[name].append(value)
    else:
        made[name] = [made[name], value]
