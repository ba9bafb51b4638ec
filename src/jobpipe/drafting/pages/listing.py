"""A page that is a list of postings: each row is a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.fields import fields_of
from jobpipe.drafting.pages.labelled import labelled
from jobpipe.drafting.pages.marked import class_words, icon_of
from jobpipe.drafting.pages.meanings import meaning_of, role_of, says_itself
from jobpipe.drafting.pages.posted import Posted, is_fact, own_choice, posted_of
from jobpipe.drafting.pages.reading_fields import columns_of, named, record_of
from jobpipe.drafting.pages.rows import Rows
from jobpipe.drafting.pages.selectors import found_by, lasting_classes, quoted, selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.titles import TITLE_WORDS, is_generic
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.proving import proven
from jobpipe.drafting.recognising.competing import compete
from jobpipe.drafting.recognising.recogniser import Survey
from jobpipe.drafting.shapes import is_date, is_place
from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.formats.html.selecting import selector

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Rows that are looked at to find where things stand in them.
_LOOKED_AT = 12
# Of the rows, those in which a thing must stand to be a field.
_LEAST_FILLED = 0.3
_LONGEST_VALUE = 200
_LEAST_TEXT = 80


def draft_rows(view: View, rows: Rows, client: str) -> Posted:
    spots = named(_spots(view, rows))
    fields = {name: spot.selector for name, spot in spots.items()}
    records = [record_of(view.page, fields, element) for element in rows.elements]
    columns = columns_of(spots, records)
    survey = Survey(columns, len(records), language=view.language)
    made = fields_of(survey, compete(survey), client)
    choices = [one for one in made.choices if one.field != "reference" or "link" not in one.paths]
    if "link" in spots and not any(one.field == "reference" and one.is_enough for one in choices):
        choices = [_reference(rows), *(one for one in choices if one.field != "reference")]
    choices, failing = proven(choices, records)
    return posted_of(choices, [*made.questions, *failing], fields)


def _reference(rows: Rows) -> Choice:
    return own_choice(
        "reference", "link", "link", 0.8, "the address of its page, as a row has no number", rows.links[:2]
    )


def _spots(view: View, rows: Rows) -> Iterator[Spot]:
    some = rows.elements[:_LOOKED_AT]
    link = _selector_in(view, rows.elements, _links_of(rows), "/@href") if rows.links else ""
    if link:
        yield Spot("url", link, "link", rows.links[0])
    title = _title(view, rows)
    if title is not None:
        yield title
    if not rows.links and (body := _body(view, rows)):
        yield body
    yield from _cells(view, rows)
    seen: set[str] = set()
    for element in some:
        for spot in _within(view, element):
            if spot.selector in seen or (title is not None and spot.selector == title.selector):
                continue
            seen.add(spot.selector)
            if _filled(view, rows.elements, spot.selector) >= _LEAST_FILLED and _is_alone(view, rows, spot):
                yield _named_by_values(view, rows, spot)


def _links_of(rows: Rows) -> list[HtmlElement]:
    return [
        next(one for one in ([element] if element.tag == "a" else element.iter("a")) if one.get("href"))
        for element in rows.elements
    ]


def _selector_in(view: View, rows: Sequence[HtmlElement], targets: Sequence[HtmlElement], tail: str) -> str:
    """One that finds in each row the element that is meant there; "" = none does."""
    ways = ["css:a", *(selector_of(target, row) for row, target in zip(rows[:3], targets, strict=False))]
    given = list(dict.fromkeys(one for one in ways if one))
    for most in (1, 20):
        for way in given:
            found = [found_by(way, row) for row in rows]
            if all(
                some and some[0] is target and len(some) <= most for some, target in zip(found, targets, strict=True)
            ):
                return way + tail
    return ""


def _title(view: View, rows: Rows) -> Spot | None:
    """A heading, what is called a title, or the link's own text."""
    ways = [f"css:{tag}" for tag in _HEADINGS]
    for element in rows.elements[:3]:
        for one in element.iter():
            if isinstance(one.tag, str):
                ways += [f"css:.{name}" for name in lasting_classes(one) if _says_title(name)]
    ways.append("css:a")
    for way in dict.fromkeys(ways):
        texts = [_first(view, row, way) for row in rows.elements]
        full = [text for text in texts if 3 <= len(text) <= _LONGEST_VALUE]
        if len(full) < 0.95 * len(texts) or any(is_generic(text) for text in full[:1]):
            continue
        if len(set(full)) >= 0.3 * len(full):
            return Spot("title", way, "title", full[0])
    return None


def _body(view: View, rows: Rows) -> Spot | None:
    """The part of a row with nearly all of its text."""
    first = rows.elements[0]
    total = view.prose_in(first)
    for one in first.iterdescendants():
        if not isinstance(one.tag, str) or view.prose_in(one) < 0.8 * total:
            continue
        for way in [f"css:.{name}" for name in lasting_classes(one)] + [f"css:{one.tag}"]:
            if all(len(found_by(way, row)) == 1 for row in rows.elements):
                return Spot("description", f"{way}/html()", "body", view.text(one))
    return None


def _says_title(name: str) -> bool:
    return bool(TITLE_WORDS & set(class_words(name)))


def _cells(view: View, rows: Rows) -> Iterator[Spot]:
    """Of a table, by what stands at the head of each column."""
    first = rows.elements[0]
    if first.tag != "tr":
        return
    table = next(first.iterancestors("table"), None)
    head = table.xpath(".//tr[th]") if table is not None else []
    names = [view.text(cell) for cell in head[0] if isinstance(cell.tag, str)] if head else []
    for number, cell in enumerate(first.xpath("./td"), start=1):
        name = names[number - 1] if number <= len(names) else ""
        value = view.text(cell)
        if name and value:
            yield Spot(name, f"xpath:./td[{number}]", "label", value)
        elif value:
            yield _named_by_values(view, rows, Spot("", f"xpath:./td[{number}]", "cell", value))


def _within(view: View, row: HtmlElement) -> Iterator[Spot]:
    for spot in labelled(View(Page(row, view.page.base, view.page.url, ""), ".//")):
        if is_fact(spot):
            yield Spot(spot.name, spot.selector, "label", spot.value)
    for element in row.iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style", "img", "svg"):
            continue
        if icon := _icon(view, element):
            yield icon
            continue
        if element.tag == "time" and element.get("datetime"):
            yield Spot("date", "css:time/@datetime", "class", element.get("datetime") or "")
            continue
        text = view.text(element)
        names = [name for name in lasting_classes(element)[:2] if not says_itself(name, text)]
        if len(text) >= _LEAST_TEXT and (named := [one for one in names if role_of(meaning_of(one)) == "description"]):
            yield Spot("description", f"css:.{named[0]}/html()", "body", text)
            continue
        if not text or len(text) > _LONGEST_VALUE or len([one for one in element.itertext() if one.strip()]) > 2:
            continue
        if element.find(".//i") is not None:
            continue
        for name in names:
            yield Spot(meaning_of(name), f"css:.{name}", "class", text)


def _icon(view: View, element: HtmlElement) -> Spot | None:
    if element.tag not in ("i", "span"):
        return None
    name, meaning = icon_of(element)
    parent = element.getparent()
    if not name or parent is None or not quoted(name):
        return None
    value = view.text(parent)
    path = f"xpath:.//{element.tag}[contains(@class, {quoted(name)})]/.."
    return Spot(meaning, path, "icon", value) if len(value) <= _LONGEST_VALUE else None


def _named_by_values(view: View, rows: Rows, spot: Spot) -> Spot:
    """What has no name that says anything is called by what it nearly always is."""
    if spot.name:
        return spot
    texts = [text for row in rows.elements if (text := _first(view, row, spot.selector))]
    if texts and sum(map(is_place, texts)) >= 0.8 * len(texts):
        return Spot("location", spot.selector, "value", spot.value)
    if texts and sum(map(is_date, texts)) >= 0.8 * len(texts):
        return Spot("date", spot.selector, "value", spot.value)
    return Spot("text", spot.selector, "value", spot.value)


def _is_alone(view: View, rows: Rows, spot: Spot) -> bool:
    """What stands several times in a row is no field of it, but a kind of label."""
    return all(len(selector(spot.selector)(view.page, row)) <= 1 for row in rows.elements)


def _filled(view: View, rows: Sequence[HtmlElement], chosen: str) -> float:
    return sum(1 for row in rows if _first(view, row, chosen)) / len(rows)


def _first(view: View, row: HtmlElement, chosen: str) -> str:
    found = selector(chosen)(view.page, row)
    return str(found[0]) if found else ""
