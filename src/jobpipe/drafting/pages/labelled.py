"""Labels with what they stand before: lists of terms, tables, lines with a colon, headings, blocks side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from jobpipe.drafting.pages.meanings import means_something
from jobpipe.drafting.pages.selectors import found_by, quoted
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.shapes import is_contract, is_date, is_remote, is_working_time

_LABEL_TAGS = frozenset(
    {"dt", "th", "td", "strong", "b", "span", "div", "p", "label", "h2", "h3", "h4", "h5", "h6", "li", "em", "small"}
    | {"legend", "u", "i", "font", "dd"}
)
_LONGEST_LABEL, _LONGEST_VALUE = 45, 240
_ENDING = re.compile(r"[\s:：*\u00a0]+$")
_LINE = re.compile(r"([^:：\n]{2,45})[:：]\s*(\S.*)", re.DOTALL)
# What ends where the next label begins has no value of its own.
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "th"})


def labelled(view: View) -> list[Spot]:
    """Each label once, where it stands first with a value."""
    found: dict[str, Spot] = {}
    # What is a value is no label of the next one.
    values: set[HtmlElement] = set()
    for element in view.shown:
        if element.tag not in _LABEL_TAGS or element in values or not view.is_short(element):
            continue
        for spot in _of_label(view, element) or _of_line(view, element):
            if spot.element is not None and spot.element is not element:
                values.update(spot.element.iter())
            if spot.name.casefold() not in found and _is_right(view, spot):
                found[spot.name.casefold()] = spot
    return list(found.values())


def _is_right(view: View, spot: Spot) -> bool:
    """A selector that finds something else first is none."""
    given = found_by(spot.selector, view.root)
    if not given:
        return False
    first = given[0]
    if "/@" in spot.selector:
        return True
    text = view.text(first) if isinstance(first, HtmlElement) else " ".join(str(first).split())
    return text == spot.value


def _of_label(view: View, element: HtmlElement) -> Iterator[Spot] | tuple[Spot, ...]:
    """The element is nothing but a label, and its value is beside it."""
    text = view.text(element)
    label = _ENDING.sub("", text)
    if not 2 <= len(label) <= _LONGEST_LABEL or not means_something(label) or not _is_one_text(element):
        return ()
    if element.tag not in ("dt", "th") and text == label and _is_value(label):
        # A value without a label, beside the next one.
        return ()
    outer = outermost(view, element, text)
    test = is_text(outer)
    if not test:
        return ()
    return tuple(_beside(view, outer, label, test))


def _is_value(text: str) -> bool:
    return is_contract(text) or is_working_time(text) or is_remote(text)


def _is_one_text(element: HtmlElement) -> bool:
    return sum(1 for text in element.itertext() if text.strip(" \t\r\n:：*\u00a0")) == 1


def outermost(view: View, element: HtmlElement, text: str) -> HtmlElement:
    """The element, or the largest one around it that says no more."""
    while (above := element.getparent()) is not None and above.tag not in ("body", "tr", "dl", "ul"):
        if view.text(above) != text or (element.tail or "").strip():
            return element
        element = above
    return element


def is_text(element: HtmlElement) -> str:
    """The condition of an XPath by which it is known: its text as XPath sees it."""
    seen = quoted(_as_seen(element))
    return f"normalize-space()={seen}" if seen else ""


def _as_seen(element: HtmlElement) -> str:
    """What `normalize-space()` gives: a no-break space is none of its blanks."""
    return " ".join(part for part in re.split(r"[ \t\r\n]+", element.text_content()) if part)


def _beside(view: View, outer: HtmlElement, label: str, test: str) -> Iterator[Spot]:
    tail = _tail_of(outer)
    if tail:
        # Lines within one element: the text up to the next element.
        path = f"xpath:({view.start}{outer.tag}[{test}])[1]/following-sibling::text()[normalize-space()][1]"
        yield Spot(label, path, "label", tail, outer)
        return
    following = _next_of(outer)
    if following is None:
        return
    value = view.text(following)
    if not value or len(value) > _LONGEST_VALUE or following.tag in _HEADINGS:
        return
    if following.tag in ("script", "style", "form", "button", "input"):
        return
    if any(one.tag in _HEADINGS for one in following.iterdescendants()):
        return
    name = {"dt": "dd", "th": "td"}.get(str(outer.tag), "*")
    name = name if following.tag == name or name == "*" else "*"
    path = f"{view.start}{outer.tag}[{test}]/following-sibling::{name}[1]"
    if len(found_by(f"xpath:{path}", view.root)) != 1:
        path = f"({path})[1]"
    if exact := _exact_date(following):
        yield Spot(label, f"xpath:{path}/descendant-or-self::*{exact[0]}", "label", exact[1], following)
        return
    yield Spot(label, f"xpath:{path}", "label", value, following)


def _exact_date(element: HtmlElement) -> tuple[str, str] | None:
    """Where "2 weeks ago" has its date in an attribute: the end of a selector, and what is there."""
    for one in element.iter():
        for name in ("datetime", "title"):
            value = one.get(name) if isinstance(one.tag, str) else None
            if value and is_date(value):
                return f"[@{name}]/@{name}", value
    return None


def _tail_of(element: HtmlElement) -> str:
    """The text that follows it, line breaks passed over."""
    one: HtmlElement | None = element
    while one is not None:
        if (one.tail or "").strip():
            return " ".join((one.tail or "").split()).lstrip(":： ")
        one = one.getnext()
        if one is not None and one.tag != "br":
            return ""
    return ""


def _next_of(element: HtmlElement) -> HtmlElement | None:
    one = element.getnext()
    while one is not None and (one.tag in ("br", "hr") or not isinstance(one.tag, str)):
        one = one.getnext()
    return one


def _of_line(view: View, element: HtmlElement) -> Iterator[Spot] | tuple[Spot, ...]:
    """`Label: value`, in one element."""
    if element.tag not in ("li", "p", "div", "span", "td", "h2", "h3", "h4", "strong", "dd"):
        return ()
    text = view.text(element)
    found = _LINE.fullmatch(text) if len(text) <= _LONGEST_LABEL + _LONGEST_VALUE else None
    if found is None or any(one.tag in ("p", "div", "li", "br") for one in element.iterdescendants()):
        return ()
    label = found[1].strip()
    before = _before_colon(element)
    if not means_something(label) or not quoted(before):
        return ()
    colon = "：" if "：" in text[: len(found[1]) + 1] else ":"
    path = (
        f"xpath:substring-after({view.start}{element.tag}[starts-with(normalize-space(), {quoted(before)})], '{colon}')"
    )
    return (Spot(label, path, "label", found[2].strip(), element),)


def _before_colon(element: HtmlElement) -> str:
    as_seen = _as_seen(element)
    position = min((at for at in (as_seen.find(":"), as_seen.find("：")) if at >= 0), default=-1)
    return as_seen[: position + 1]
