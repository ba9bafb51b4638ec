"""Elements whose class, property or icon says what they are, and what the head of a page says."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from jobpipe.drafting.pages.meanings import icon_word, meaning_of, means_something
from jobpipe.drafting.pages.selectors import lasting_classes, selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View, words_of

_LONGEST_VALUE = 160
# Properties of the head that date a page as it was published.
_PUBLISHED = ("article:published_time", "datepublished", "dateposted", "og:published_time")


def marked(view: View) -> list[Spot]:
    """In the order of the page, each name once."""
    found: dict[str, Spot] = {}
    for element in view.shown:
        for spot in _of_element(view, element):
            found.setdefault(spot.name, spot)
    return list(found.values())


def _of_element(view: View, element: HtmlElement) -> Iterator[Spot]:
    if element.tag == "i" or (element.tag == "span" and not (element.text or "").strip()):
        yield from _of_icon(view, element)
    if prop := element.get("itemprop"):
        yield from _of_property(view, element, prop)
    if element.tag == "time" and element.get("datetime"):
        yield from _of_time(view, element)
        return
    text = view.text(element)
    if not text or len(text) > _LONGEST_VALUE or element.tag in ("a", "ul", "ol", "label", "input", "img"):
        return
    for name in lasting_classes(element) + ([element.get("id")] if element.get("id") else []):
        meaning = meaning_of(name)
        if meaning and _is_value(element):
            if selector := selector_of(element, view.root):
                yield Spot(meaning, selector, "class", text, element)
            return


def _is_value(element: HtmlElement) -> bool:
    """One text, or a text after an icon; not a label with its value, which is found as such."""
    texts = [text for text in element.itertext() if text.strip()]
    return 1 <= len(texts) <= 2 and not texts[0].rstrip().endswith(":")


def _of_property(view: View, element: HtmlElement, prop: str) -> Iterator[Spot]:
    name = prop.rpartition("/")[2].rpartition(":")[2]
    value = element.get("content") or element.get("datetime") or view.text(element)
    attribute = next((one for one in ("content", "datetime") if element.get(one)), "")
    if value and len(value) <= _LONGEST_VALUE and means_something(name):
        tail = f"/@{attribute}" if attribute else ""
        if selector := selector_of(element, view.root, tail=tail):
            yield Spot(name, selector, "property", value, element)


def _of_time(view: View, element: HtmlElement) -> Iterator[Spot]:
    named = [meaning_of(name) for name in lasting_classes(element)]
    name = next((one for one in named if one), "date")
    if selector := selector_of(element, view.root, tail="/@datetime"):
        yield Spot(name, selector, "class", element.get("datetime") or "", element)


def _of_icon(view: View, element: HtmlElement) -> Iterator[Spot]:
    """What stands after it, within the element that it begins."""
    words = words_of(element)
    meaning = icon_word(words) if words else ""
    parent = element.getparent()
    if not meaning or parent is None or parent.tag in ("body", "a", "button"):
        return
    text = view.text(parent)
    if not text or len(text) > _LONGEST_VALUE or ":" in text[:30]:
        return
    names = [f".{name}" for name in lasting_classes(element) if icon_word(name.lower().replace("_", "-").split("-"))]
    if names and len(view.root.cssselect(names[0])) >= 1:
        (name,) = names[:1]
        path = f"xpath:normalize-space((//*[{_has_class(name[1:])}])[1]/..)"
        yield Spot(meaning, path, "icon", text, parent)


def _has_class(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def of_head(view: View) -> list[Spot]:
    """Dates and the like that the head says; not the title and the address, which are looked for apart."""
    found = []
    for element in view.root.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        value = (element.get("content") or "").strip()
        if name in _PUBLISHED and value:
            attribute = next(one for one in ("property", "name", "itemprop") if element.get(one))
            selector = f'css:meta[{attribute}="{element.get(attribute)}"]/@content'
            found.append(Spot("published_time", selector, "head", value))
    return found
