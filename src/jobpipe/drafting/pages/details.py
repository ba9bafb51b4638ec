"""The page of one posting: the places where its values stand, weighed like the columns of a feed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.fields import fields_of
from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.applying import apply_link_of
from jobpipe.drafting.pages.beside_titles import place_beside, with_place_beside
from jobpipe.drafting.pages.bodies import body_of
from jobpipe.drafting.pages.labelled import labelled
from jobpipe.drafting.pages.marked import marked, of_head
from jobpipe.drafting.pages.meanings import role_of, strength_for
from jobpipe.drafting.pages.naming_companies import company_of_site
from jobpipe.drafting.pages.posted import Posted, is_fact, own_choice, posted_of
from jobpipe.drafting.pages.reading_fields import columns_of, named, record_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.titles import title_of
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.proving import proven
from jobpipe.drafting.recognising.competing import compete
from jobpipe.drafting.recognising.recogniser import Survey
from jobpipe.sources.formats.html.page import Page

_NUMBER = re.compile(r"(?<!\d)(\d{4,12})(?!\d)")
_LONGEST_PLACE = 60
_HEAD_NUMBER = re.compile(r"^\s*(\d{3,10})\s*[-–:|]\s")


def draft_details(pages: Sequence[Page], client: str) -> Posted:
    """Of one page, or of several of the same making. The first shows where things are, the others whether it holds."""
    views = [View(page) for page in pages]
    spots = named(spot for view in views[:3] for spot in _of_view(view))
    fields = {name: spot.selector for name, spot in spots.items()}
    records = [record_of(page, fields) for page in pages]
    columns = columns_of(spots, records)
    survey = Survey(columns, len(records), language=views[0].language)
    made = fields_of(survey, compete(survey), client)
    choices = _with_salary_text(_with_own(made.choices, views, spots), spots)
    choices = with_place_beside(_with_labelled_place(choices, spots), views, spots)
    choices, failing = proven(choices, records)
    company = company_of_site(views[0]) if not client else None
    if company is not None and not any(one.field == "company" and one.is_enough for one in choices):
        choices = [*(one for one in choices if one.field != "company"), company]
    return posted_of(choices, [*made.questions, *failing], fields)


# Spots -----------------------------------------------------------------------------------------------


def _of_view(view: View) -> list[Spot]:
    found: list[Spot] = []
    title = title_of(view)
    if title is not None:
        found.append(title[0])
    facts = [spot for spot in labelled(view) if is_fact(spot) and (not found or spot.name != found[0].value)]
    if _is_of_a_page(view.page.url):
        found.append(Spot("url", "@url", "address", view.page.url))
    values = [spot.element for spot in facts if spot.element is not None]
    taken = {spot.element for spot in facts}
    facts += [spot for spot in marked(view) if spot.element not in taken and is_fact(spot)]
    facts += of_head(view)
    body = body_of(view, title[0].element if title is not None else None, values)
    if body is not None:
        found.append(body[0])
    if title is not None and title[0].element is not None:
        beside = place_beside(view, title[0].element)
        facts += [beside] if beside is not None and all(one.element is not beside.element for one in facts) else []
    apply_link = apply_link_of(view)
    if apply_link is not None:
        found.append(apply_link)
    return found + facts


def _is_of_a_page(url: str) -> bool:
    """An address that is of this page alone: not the site's own."""
    parts = parts_of(url)
    return parts.scheme in ("http", "https") and bool(parts.path.strip("/") or parts.query)


# What only pages have ----------------------------------------------------------------------------------


def _with_own(choices: Sequence[Choice], views: Sequence[View], spots: dict[str, Spot]) -> list[Choice]:
    made = [one for one in choices if one.field != "reference" or _is_good_reference(one)]
    if not any(one.field == "reference" and one.is_enough for one in made):
        own = _reference(views, spots)
        if own is not None:
            made = [own, *(one for one in made if one.field != "reference")]
    return made


def _with_salary_text(choices: list[Choice], spots: dict[str, Spot]) -> list[Choice]:
    """What has the label of a salary is its text, also where no amount is read in it."""
    if any(one.field == "salary" for one in choices):
        return choices
    for name, spot in spots.items():
        if spot.origin == "label" and role_of(spot.name) == "salary.text":
            rule = {"from": name, "then": "salary"}
            return [*choices, own_choice("salary", rule, name, 0.8, f"it is called {spot.name}", [spot.value])]
    return choices


def _with_labelled_place(choices: list[Choice], spots: dict[str, Spot]) -> list[Choice]:
    """What has the label of a place is one, also where no gazetteer knows it."""
    if any(one.field == "locations" and one.is_enough for one in choices):
        return choices
    for name, spot in spots.items():
        is_named = spot.origin == "label" and strength_for(spot.name, "locations.text", "locations.city") >= 1.0
        if is_named and len(spot.value) <= _LONGEST_PLACE and not any(one.isdigit() for one in spot.value):
            rule = {"from": name, "each": "place"}
            own = own_choice("locations", rule, name, 0.75, f"it is called {spot.name}", [spot.value])
            return [*(one for one in choices if one.field != "locations"), own]
    return choices


def _is_good_reference(one: Choice) -> bool:
    return "@url" not in one.paths


def _numbers_in(url: str) -> list[str]:
    """A year in an address is the day of its page."""
    parts = parts_of(url)
    found = _NUMBER.findall(f"{parts.path}?{parts.query}")
    return [one for one in found if not (len(one) == 4 and one.startswith(("19", "20")))]


def _reference(views: Sequence[View], spots: dict[str, Spot]) -> Choice | None:
    """A number at the head of the title, the one number in the address, or the address."""
    title = spots.get("title")
    if title is not None and _HEAD_NUMBER.match(title.value):
        rule = ["title", {"regex": r"^\s*(\d+)"}]
        return own_choice("reference", rule, "title", 0.85, "the number at the head of the title", [title.value])
    urls = [view.page.url for view in views]
    if not all(_is_of_a_page(url) for url in urls):
        return None
    numbers = [_numbers_in(url) for url in urls]
    if all(len(found) == 1 for found in numbers) and len({found[0] for found in numbers}) == len(urls):
        rule = ["@url", {"regex": r"^https?://[^/]+/.*?(?<!\d)(?!(?:19|20)\d\d(?!\d))(\d{4,12})(?!\d)"}]
        return own_choice("reference", rule, "@url", 0.8, "the number in the page's address", urls)
    return own_choice("reference", "@url", "@url", 0.8, "the page's address, as it has no number of its own", urls)
