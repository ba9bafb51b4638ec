"""The place that stands beside a title without a label or a class that says so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.pages.posted import own_choice
from jobpipe.drafting.pages.selectors import found_by, selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.titles import is_generic
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.rules.whereabouts import country_by_places
from jobpipe.drafting.shapes import is_country, is_region, is_town
from jobpipe.sources.formats.html.selecting import selector

# Short texts around a title that are looked at.
_MOST_TEXTS = 14
_LONGEST = 60
# Towns of these names exist.
_NO_TOWNS = frozenset({"home", "apply", "back", "menu", "about", "contact", "share", "search", "print", "save", "new"})


def place_beside(view: View, title: HtmlElement) -> Spot | None:
    """The one text near the title that is a town, with what is around it or not; None = there is none, or several."""
    for container in (title.getparent(), *(list(title.iterancestors())[1:3])):
        if container is None or container.tag in ("body", "html"):
            return None
        texts = list(islice((one for one in container.iter() if _is_text_alone(view, one, title)), _MOST_TEXTS))
        places = {view.text(one): one for one in texts if is_town_with_country(view.text(one))}
        if len(places) == 1:
            ((text, element),) = places.items()
            path = _selector(view, element, title)
            return Spot("place", path, "beside", text, element) if path else None
        if places:
            return None
    return None


def _is_text_alone(view: View, element: HtmlElement, title: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element is title or element in view.around or element.tag in ("a", "option"):
        return False
    if not view.is_short(element):
        return False
    return 3 <= len(view.text(element)) <= _LONGEST and sum(1 for text in element.itertext() if text.strip()) == 1


def is_town_with_country(text: str) -> bool:
    """Leeds; Leeds, UK: and not a word that happens to be a town's name."""
    if not text[:1].isupper() or text.casefold() in _NO_TOWNS or is_generic(text):
        return False
    town, *rest = (one.strip() for one in text.split(","))
    return is_town(town) and all(is_region(one) or is_country(one) or is_town(one) for one in rest)


def _selector(view: View, element: HtmlElement, title: HtmlElement) -> str:
    if element.getprevious() is title:
        css = selector_of(title, view.root).removeprefix("css:")
        path = f"css:{css} + {element.tag}"
        if css and list(found_by(path, view.root)) == [element]:
            return path
    return selector_of(element, view.root)


def with_place_beside(choices: list[Choice], views: Sequence[View], spots: dict[str, Spot]) -> list[Choice]:
    """Where nothing else says the place, and on each page it is one."""
    found = next(((name, spot) for name, spot in spots.items() if spot.origin == "beside"), None)
    if found is None or any(one.field == "locations" and one.is_enough for one in choices):
        return choices
    name, spot = found
    texts = [str(next(iter(selector(spot.selector)(view.page, view.root)), "")) for view in views]
    if not all(map(is_town_with_country, texts)):
        return choices
    country = country_by_places(texts, views[0].language)
    place = {"place": country} if country else "place"
    rule = {"from": name, "each": place}
    own = own_choice("locations", rule, name, 0.75, "a town that stands beside the title", texts)
    return [*(one for one in choices if one.field != "locations"), own]
