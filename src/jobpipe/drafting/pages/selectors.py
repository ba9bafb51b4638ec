"""Selectors that a person would write: an id, a class, the text of a label; short, and likely to last."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from jobpipe.drafting.pages.meanings import meaning_of
from jobpipe.errors import DefinitionError
from jobpipe.sources.formats.html.selecting import elements

_NAME = re.compile(r"-?[A-Za-z_][\w-]*")
# Classes that say how something looks, or that a tool made: they change with the next build.
_LOOKS = re.compile(
    r"(?:col|row|[mpwhdfu]|m[tblrxy]|p[tblrxy]|fs|fw|gap|order|offset|text|bg|font|flex|grid|float|is|has|js|ng|btn"
    r"|uk|xs|sm|md|lg|xl|no|vc|et|wp|elementor|wow)(?:[-_]\w+)+"
    r"|clearfix|container(?:-fluid)?|row|column|wrapper|inner|active|hidden|visible|first|last|odd|even|block|inline"
    r"|left|right|center|top|bottom|large|small|medium|clear|group|item|list-reset|col|animated|floated",
    re.IGNORECASE,
)
_MADE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]*(?:\d[a-z]|[a-z]\d[a-z\d])[\w-]*|.*\d{3,}.*|_\w+|css-\w+|sc-\w+")
_ATTRIBUTES = ("itemprop", "data-testid", "data-qa", "data-ui", "data-automation", "data-automation-id", "data-field")
_MOST_ABOVE = 4


def selector_of(element: HtmlElement, root: HtmlElement, *, tail: str = "") -> str:
    """The shortest that finds it first, from `root` on; "" = there is none but by counting."""
    for path in _candidates(element, root):
        if _finds(f"css:{path}", element, root, alone=True):
            return f"css:{path}{tail}"
    for path in _candidates(element, root):
        if _finds(f"css:{path}", element, root, alone=False):
            return f"css:{path}{tail}"
    return ""


def _candidates(element: HtmlElement, root: HtmlElement) -> Iterator[str]:
    own = list(_own(element))
    yield from own
    above = element.getparent()
    for _ in range(_MOST_ABOVE):
        if above is None or above is root or above.tag in ("body", "html"):
            return
        for outer in _own(above):
            if outer in ("div", "section", "span", "p", "li", "ul"):
                continue
            for inner in (*own, str(element.tag)):
                yield f"{outer} {inner}"
        above = above.getparent()


def _own(element: HtmlElement) -> Iterator[str]:
    """What an element is called by itself, the best first."""
    tag = str(element.tag)
    identity = element.get("id") or ""
    if _is_lasting(identity) and not re.search(r"\d{3,}", identity):
        yield f"#{identity}"
    for name in _ATTRIBUTES:
        value = element.get(name) or ""
        if value and '"' not in value and not re.search(r"\d{3,}|\d$", value):
            yield f'[{name}="{value}"]'
    if tag in ("h1", "main", "article"):
        yield tag
    classes = lasting_classes(element)
    for name in classes:
        yield f".{name}"
    for name in classes:
        yield f"{tag}.{name}"
    for first, second in itertools.pairwise(classes):
        yield f".{first}.{second}"
    yield tag


def lasting_classes(element: HtmlElement) -> list[str]:
    """Those that mean something first, then the longest: it says most."""
    given = (element.get("class") or "").split()
    kept = [one for one in given if _is_lasting(one) and not _LOOKS.fullmatch(one) and not one[-1].isdigit()]
    return sorted(dict.fromkeys(kept), key=lambda one: (not meaning_of(one), -len(one)))[:4]


def _is_lasting(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and len(name) <= 60 and not _MADE.fullmatch(name)


def _finds(selector: str, element: HtmlElement, root: HtmlElement, *, alone: bool) -> bool:
    found = found_by(selector, root)
    return bool(found) and found[0] is element and (not alone or len(found) == 1)


def found_by(selector: str, root: HtmlElement) -> Sequence[object]:
    try:
        return elements(selector)(root)
    except DefinitionError:
        return ()


def quoted(text: str) -> str:
    """A text within an XPath; "" = it cannot be one."""
    if "'" not in text:
        return f"'{text}'"
    return f'"{text}"' if '"' not in text else ""
