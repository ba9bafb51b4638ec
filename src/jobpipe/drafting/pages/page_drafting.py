"""Drafts the definition of a web page that is there: postings that it says, a list, or one posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from jobpipe.definition.connectors import expand
from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import Choice, Draft, Question, SourceChoice
from jobpipe.drafting.drafting import Order
from jobpipe.drafting.fields import fields_of
from jobpipe.drafting.inside import columns_within
from jobpipe.drafting.names import strength_of
from jobpipe.drafting.pages.countries import at_home
from jobpipe.drafting.pages.details import draft_details
from jobpipe.drafting.pages.listing import draft_rows
from jobpipe.drafting.pages.posted import Posted, own_choice
from jobpipe.drafting.pages.rows import is_list, rows_of, sections_of
from jobpipe.drafting.pages.scripts import ScriptArray, arrays_of
from jobpipe.drafting.pages.view import View
from jobpipe.drafting.proving import prove, proven
from jobpipe.drafting.recognising.competing import compete
from jobpipe.drafting.recognising.recogniser import Survey
from jobpipe.errors import SourceError
from jobpipe.sources.formats.html.page import read_page
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import FormatSettings, RawRecord

# A question about something that is hardly likely helps nobody.
_LEAST = 0.35
# Of an array in a script, the fields that must be known for it to be one of postings.
_NEEDED = ("title",)
_LEAST_KNOWN = 3
# What is asked for beside JobPosting data, and how it may be had.
_BESIDES = {
    "title": "`fields: {title: css:h1}` in the source finds one.",
    "company": "whose jobs are these? `company: {value: …}`",
    "locations": "is it elsewhere on the page? `fields` in the source finds it.",
    "description": "is it elsewhere on the page? `fields` in the source finds it.",
}


def draft_of_page(document: bytes, order: Order, *, url: str = "", charset: str = "") -> Draft:
    """`url`: where it was found; "" = it is a file. Raises SourceError where no posting can be read in it."""
    settings = FormatSettings(format="html", page_url=url, transport_encoding=charset or None)
    said = says_postings(document, url, charset)
    block: dict[str, Any] = {"feed": order.location, "format": "html"}
    if said:
        posted = Posted([], missing_in(said, order.client), {})
        return _draft(order, block, posted, "JobPosting", len(said), "The page says what a posting is.")
    view = View(read_page(document, settings))
    array = _best_array(view, order)
    if array is not None:
        block["record"] = f"script:{array[0].mark}"
        return _draft(order, block, array[1], "", len(array[0].records), "The postings stand in a script.")
    rows = rows_of(view)
    if rows is None or not is_list(view, rows):
        rows = sections_of(view)
    if rows is not None:
        posted = at_home_in(draft_rows(view, rows, order.client), view)
        if any(one.field == "title" and one.is_enough for one in posted.choices):
            block |= {"record": rows.items, "fields": posted.fields}
            return _draft(order, block, posted, "", len(rows.elements), "A list: each row is a posting.")
    posted = at_home_in(draft_details([view.page], order.client), view)
    if not is_a_posting(posted):
        raise SourceError(
            f"no posting can be read in {order.location}",
            hint="a list of jobs, or the page of one? with `browser: true`, a site's pages are read as their scripts "
            "write them",
        )
    block["fields"] = posted.fields
    return _draft(order, block, posted, "", 1, "The page of one posting.")


def says_postings(document: bytes, url: str, charset: str = "") -> list[RawRecord]:
    """The JobPostings of a page that says them."""
    settings = FormatSettings(format="html", page_url=url, transport_encoding=charset or None)
    splitter = open_splitter(settings, "page")
    records = splitter.feed(document)
    return [one for one in [*records, *splitter.close()[0]] if not one.flaw]


def missing_in(records: Sequence[RawRecord], client: str) -> list[Question]:
    """What pages that say JobPosting leave open, though no posting should be without it."""
    rules = expand({"source": {"feed": "page", "format": "html"}})["posting"]
    tried = [Choice(field=name, rule=rule, paths=(), confidence=1.0, reason="") for name, rule in rules.items()]
    giving = prove(tried, records).giving
    return [
        Question(about=name, text=f"The pages say no {name}: {hint}")
        for name, hint in _BESIDES.items()
        if not giving.get(name) and not (name == "company" and client)
    ]


def is_a_posting(posted: Posted) -> bool:
    known = {one.field for one in posted.choices if one.is_enough}
    return "title" in known and bool(known & {"description", "locations", "contract", "salary", "posted_at"})


def _best_array(view: View, order: Order) -> tuple[ScriptArray, Posted] | None:
    best: tuple[float, ScriptArray, Posted] | None = None
    for array in arrays_of(view):
        posted = _drafted_array(view, array, order)
        known = [one for one in posted.choices if one.is_enough]
        names = {one.field for one in known}
        if not names.issuperset(_NEEDED) or len(names) < _LEAST_KNOWN or not names & {"reference", "url"}:
            continue
        weight = sum(one.confidence for one in known) * min(len(array.records), 5)
        if best is None or weight > best[0]:
            best = (weight, array, posted)
    return best[1:] if best is not None else None


def _drafted_array(view: View, array: ScriptArray, order: Order) -> Posted:
    settings = FormatSettings(format="html", items=f"script:{array.mark}", page_url=view.page.url)
    splitter = open_splitter(settings, "page")
    raw = [*splitter.feed(view.page.text.encode()), *splitter.close()[0]]
    records = [one for one in raw if not one.flaw]
    values = [msgspec.json.decode(one.raw) for one in records]
    columns = columns_within(values, "json")
    survey = Survey(columns, len(values), language=view.language)
    made = fields_of(survey, compete(survey), order.client)
    choices, failing = proven(made.choices, records)
    questions = [*made.questions, *failing]
    relative = _relative_address(columns) if not any(one.field == "url" for one in choices) else None
    if relative is not None:
        choices = [relative[0], *choices]
        questions = [relative[1], *(one for one in questions if one.about != "url")]
    return at_home_in(Posted(choices, questions, {}), view)


def _relative_address(columns: Sequence[Column]) -> tuple[Choice, Question] | None:
    """Addresses that count from the page's own, which a file does not say."""
    for column in columns:
        if strength_of(column.names, "url") >= 0.8 and column.share(lambda text: text.startswith("/")) > 0.95:
            rule = {"from": column.path, "then": {"template": "https://HOST{{ value }}"}}
            reason = "its addresses count from the page's own, which the file does not say"
            choice = own_choice("url", rule, column.path, 0.5, reason, column.samples(2))
            return choice, Question(about="url", text=f"{reason}: put the site's name in the place of HOST.")
    return None


def at_home_in(posted: Posted, view: View) -> Posted:
    choices = [at_home(one, view) for one in posted.choices if one.is_enough or one.confidence >= _LEAST]
    unlikely = {one.field for one in posted.choices} - {one.field for one in choices}
    asked = [one for one in posted.questions if one.about not in unlikely]
    return replace(posted, choices=choices, questions=asked)


def _draft(order: Order, block: dict[str, Any], posted: Posted, dialect: str, looked_at: int, reason: str) -> Draft:
    asked: list[Question] = []
    for one in posted.questions:
        if all(one.about != other.about for other in asked):
            asked.append(one)
    word = "record" if "record" in block else "format"
    return Draft(
        import_=order.name,
        client=order.client,
        source=SourceChoice(
            kind="feed", block=block, format="html", record=str(block.get("record", "")), dialect=dialect,
            reasons={word: reason},
            brings_posting=not posted.choices,
        ),
        choices=tuple(posted.choices),
        questions=tuple(asked),
        notices=tuple(posted.notices),
        looked_at=looked_at,
    )  # fmt: skip
