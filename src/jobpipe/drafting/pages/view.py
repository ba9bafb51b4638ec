"""A page as a person sees it who looks for the posting: text, and the menus, forms and notices around it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from lxml.html import HtmlElement

from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.formats.html.selecting import text_of
from jobpipe.transform.steps.language_words import CODES

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "ul", "html"}
)
_NEVER_SHOWN = frozenset(
    {"head", "script", "style", "noscript", "template", "svg", "iframe", "select", "button", "object", "dialog"}
)
_AROUND = frozenset({"nav", "footer"})
# Words of a class or an id by which what is inside is no part of the posting.
_AROUND_WORDS = frozenset(
    {"cookie", "cookies", "consent", "gdpr", "footer", "newsletter", "modal", "popup", "breadcrumb", "breadcrumbs"}
    | {"menu", "navbar", "navigation", "nav", "related", "similar", "share", "sharing", "social", "login", "skip"}
    | {"pagination", "pager", "recommended", "relacionadas", "relacionados", "similaires", "overlay", "lightbox"}
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# A block with fewer letters outside of links says nothing.
_LEAST_PROSE = 40
_MOST_ELEMENTS = 50_000
_MOST_OF_A_VALUE = 600


def words_of(element: HtmlElement) -> list[str]:
    """The words of its id and classes, in small letters."""
    named = f"{element.get('id') or ''} {element.get('class') or ''}"
    return [word.lower() for word in _WORD.findall(named)]


class View:
    def __init__(self, page: Page, start: str = "//") -> None:
        """`start`: by what paths begin: `.//` in a row of a list, whose root is no document's."""
        self.page = page
        self.root = page.root
        self.start = start

    @cached_property
    def around(self) -> frozenset[HtmlElement]:
        """Elements that are no part of what the page is about, with all that is in them."""
        found: set[HtmlElement] = set()
        size = max(len(self.root.text_content()), 1)
        for element in self._elements():
            parent = element.getparent()
            if (parent is not None and parent in found) or self._is_around(element, size):
                found.add(element)
        return frozenset(found)

    def _is_around(self, element: HtmlElement, size: int) -> bool:
        if element.tag in _NEVER_SHOWN or element.tag in _AROUND:
            return True
        if element.tag in ("html", "body", "main", "article", "h1"):
            return False
        is_named = bool(_AROUND_WORDS & set(words_of(element))) or element.get("role") in ("navigation", "dialog")
        if element.tag != "form" and not is_named:
            return False
        # A form or a menu may be what a whole page stands in.
        holds_much = len(element.text_content()) > 0.5 * size
        return not holds_much and element.find(".//h1") is None

    def _elements(self) -> Iterator[HtmlElement]:
        for number, element in enumerate(self.root.iter()):
            if number >= _MOST_ELEMENTS:
                return
            if isinstance(element.tag, str):
                yield element

    @cached_property
    def shown(self) -> list[HtmlElement]:
        """In the order of the page."""
        return [one for one in self._elements() if one not in self.around]

    @cached_property
    def place(self) -> dict[HtmlElement, int]:
        """The number of each element that is shown, in the order of the page."""
        return {element: number for number, element in enumerate(self.shown)}

    @cached_property
    def prose(self) -> dict[HtmlElement, int]:
        """Letters of running text in each block that has some, links left out."""
        letters: dict[HtmlElement, int] = defaultdict(int)
        linked: dict[HtmlElement, int] = defaultdict(int)
        for element in self.shown:
            is_link = element.tag == "a" or any(above.tag == "a" for above in element.iterancestors())
            for text, owner, is_in_link in (
                (element.text, element, is_link),
                (element.tail, element.getparent(), is_link and element.tag != "a"),
            ):
                if text and owner is not None and (length := len(" ".join(text.split()))):
                    block = _block_of(owner)
                    letters[block] += length
                    linked[block] += length if is_in_link else 0
        return {
            block: count - linked[block]
            for block, count in letters.items()
            if count - linked[block] >= _LEAST_PROSE and linked[block] < 0.5 * count
        }

    def prose_in(self, element: HtmlElement) -> int:
        return self._prose_within.get(element, 0)

    @cached_property
    def _prose_within(self) -> dict[HtmlElement, int]:
        """Of each element, with all that is in it: from the last one up."""
        found: dict[HtmlElement, int] = defaultdict(int)
        for element in reversed(self.shown):
            found[element] += self.prose.get(element, 0)
            above = element.getparent()
            if above is not None and found[element]:
                found[above] += found[element]
        return found

    def is_short(self, element: HtmlElement) -> bool:
        """Whether its text may be a label or a value: what holds half a page is not read to find out."""
        return self._letters_within.get(element, 0) <= _MOST_OF_A_VALUE

    @cached_property
    def _letters_within(self) -> dict[HtmlElement, int]:
        found: dict[HtmlElement, int] = defaultdict(int)
        for element in reversed(self.shown):
            found[element] += len((element.text or "").strip())
            above = element.getparent()
            if above is not None:
                found[above] += found[element] + len((element.tail or "").strip())
        return found

    def text(self, element: HtmlElement) -> str:
        return text_of(element)

    def leads_away(self, link: HtmlElement) -> bool:
        """Not to a place on the page itself, into a script or to a person."""
        href = (link.get("href") or "").strip()
        if not href or href.startswith(("#", "javascript:", "mailto:", "tel:")):
            return False
        return self.page.absolute(href).partition("#")[0] != self.page.url or not self.page.url

    @property
    def language(self) -> str:
        """ISO 639-1, as the page says it; "" = it does not, or says English as templates do."""
        said = (self.root.get("lang") or "").strip().lower().replace("_", "-").partition("-")[0]
        return said if said in CODES and said != "en" else ""

    @cached_property
    def head(self) -> dict[str, str]:
        """What the head says by name: `title`, `canonical`, `og:title` …"""
        said: dict[str, str] = {}
        for element in self.root.iter("meta", "link", "title"):
            if element.tag == "title":
                name, value = "title", text_of(element)
            elif element.tag == "link":
                name, value = (element.get("rel") or "").lower(), element.get("href") or ""
            else:
                name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
                name = name or (element.get("rel") or "").lower()
                value = element.get("content") or element.get("href") or ""
            if name and value.strip():
                said.setdefault(name, value.strip())
        return said


def _block_of(element: HtmlElement) -> HtmlElement:
    while element.tag not in _BLOCKS:
        above = element.getparent()
        if above is None:
            return element
        element = above
    return element
