"""Elements whose class, property or icon says what they are, and what the head of a page says."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from jobpipe.drafting.pages.meanings import icon_word, meaning_of, means_something, says_itself
from jobpipe.drafting.pages.selectors import found_by, lasting_classes, selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View

_LONGEST_VALUE = 160
# Properties of the head that date a page as it was published.
_PUBLISHED = ("article:published_time", "datepublished", "dateposted", "og:published_time")


def marked(view: View) -> list[Spot]:
    """In the order of the page, each name once."""
    found: dict[str, Spot] = {}
    for element in filter(view.is_short, view.shown):
        for spot in _of_element(view, element):
            found.setdefault(spot.name, spot)
    return [*found.values(), *by_icon(view)]


def _of_element(view: View, element: HtmlElement) -> Iterator[Spot]:
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
        if meaning and _is_value(element) and not says_itself(name, text):
            if selector := selector_of(element, view.root):
                yield Spot(meaning, selector, "class", text, element)
            return


def _is_value(element: HtmlElement) -> bool:
    """One text, or one after an icon's; not a label with its value, which is found as such."""
    texts = [text.strip() for text in element.itertext() if text.strip()]
    return (len(texts) == 1 and not texts[0].endswith(":")) or (len(texts) == 2 and len(texts[0]) <= 2)


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


def by_icon(view: View) -> list[Spot]:
    """What stands beside an icon, within the element that it begins; each meaning once."""
    found: dict[str, Spot] = {}
    for element in view.root.iter("i", "span", "svg", "img"):
        name, meaning = icon_of(element)
        parent = element.getparent()
        if "'" in (element.get("class") or ""):
            continue
        if not meaning or parent is None or parent in view.around or parent.tag in ("body", "a", "button"):
            continue
        text = view.text(parent)
        if text and len(text) <= _LONGEST_VALUE and ":" not in text[:30]:
            path = f"xpath:(//{element.tag}[contains(@class, '{name}')])[1]/.."
            if next(iter(found_by(path, view.root)), None) is parent:
                found.setdefault(meaning, Spot(meaning, path, "icon", text, parent))
    return list(found.values())


def icon_of(element: HtmlElement) -> tuple[str, str]:
    """The class by which it is an icon, and what that stands for; "" and "" = it is none, or holds text."""
    if (element.text or "").strip():
        return "", ""
    for name in (element.get("class") or "").split():
        if meaning := icon_word(class_words(name)):
            return name, meaning
    return "", ""


def class_words(name: str) -> list[str]:
    return name.lower().replace("_", "-").split("-")


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
