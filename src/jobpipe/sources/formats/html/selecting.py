"""Selectors of a definition: `css:h1`, `xpath://dd[2]`, with `/@href` for an attribute and `/html()` for markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cssselect import HTMLTranslator, SelectorError
from lxml import etree, html
from lxml.html import HtmlElement

from jobpipe.errors import DefinitionError
from jobpipe.sources.formats.html.page import Page

_TAIL = re.compile(r"/(?:@(?P<attribute>[\w:.\-]+)|(?P<markup>html\(\)))\s*$")
# Their values are addresses.
_ADDRESSES = frozenset({"href", "src", "action", "data-href", "data-url", "cite", "poster"})
_APART = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_UNSEEN = frozenset({"script", "style", "template", "noscript"})

Select = Callable[[Page, HtmlElement], list[Any]]


def selector(text: str) -> Select:
    """Gives what a selector finds below an element: texts, or elements' own. Raises DefinitionError."""
    if text.strip() == "@url":
        return lambda page, element: [page.url] if page.url else []
    found = _TAIL.search(text)
    find = elements(text[: found.start()] if found else text)
    if found and found["attribute"]:
        return _attributes(find, found["attribute"].lower())
    if found:
        return lambda page, element: [inner_markup(one) for one in find(element) if isinstance(one, HtmlElement)]
    return lambda page, element: [one for one in map(_as_text, find(element)) if one]


def _attributes(find: Callable[[HtmlElement], list[Any]], name: str) -> Select:
    def select(page: Page, element: HtmlElement) -> list[Any]:
        values = [one.get(name) for one in find(element) if isinstance(one, HtmlElement)]
        given = [str(value).strip() for value in values if value is not None]
        return [page.absolute(value) for value in given] if name in _ADDRESSES else given

    return select


@lru_cache(maxsize=1024)
def elements(text: str) -> Callable[[HtmlElement], list[Any]]:
    """What a selector without a tail finds below an element. Raises DefinitionError."""
    kind, _, path = text.strip().partition(":")
    if kind not in ("css", "xpath") or not path.strip():
        raise DefinitionError(
            f"{text!r} is no selector", hint="write css:h1, xpath://h1, css:a/@href, css:.body/html() or @url"
        )
    try:
        if kind == "css":
            path = HTMLTranslator().css_to_xpath(path.strip(), prefix="descendant-or-self::")
        elif path.lstrip().startswith("//"):
            # From each item on, not from the page again.
            path = "." + path.strip()
        compiled = etree.XPath(path.strip(), regexp=False)
    except (SelectorError, etree.XPathError) as error:
        raise DefinitionError(f"{text!r} is no selector: {error}", hint="css:h1 or xpath://h1") from error

    def find(element: HtmlElement) -> list[Any]:
        try:
            given = compiled(element)
        except etree.XPathError as error:
            raise DefinitionError(f"{text!r} cannot be applied: {error}") from error
        return given if isinstance(given, list) else [given]

    return find


def _as_text(found: Any) -> str:
    if isinstance(found, HtmlElement):
        return text_of(found)
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() else str(found)
    return " ".join(str(found).split())


def text_of(element: HtmlElement) -> str:
    """What a reader sees: one line, a blank where a block begins."""
    pieces: list[str] = []
    for event, one in etree.iterwalk(element, events=("start", "end")):
        tag = one.tag if isinstance(one.tag, str) else "script"
        if tag in _APART:
            pieces.append(" ")
        if event == "start" and tag not in _UNSEEN and one.text:
            pieces.append(one.text)
        if event == "end" and one is not element and one.tail:
            pieces.append(one.tail)
    return " ".join("".join(pieces).split())


def inner_markup(element: HtmlElement) -> str:
    """The markup in an element, without its own tag."""
    from html import escape

    pieces = [escape(element.text, quote=False) if element.text else ""]
    pieces += [html.tostring(child, encoding="unicode") for child in element]
    return "".join(pieces).strip()
