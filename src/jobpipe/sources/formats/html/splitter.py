"""Cuts a web page into records: its schema.org JobPostings, or what the definition's selectors find in it.

A record is JSON: the JobPosting's node with its names in order and `@url`, the page's address.  Where the definition
has `fields`, what they find is put into it (a field that finds nothing leaves what was there); where the page has no
JobPosting, they are the record.  With `items` each item is a record of its fields, and JobPostings are not looked for;
with `items: script:…` the objects that stand in a script after these words are the records.
"""

from __future__ import annotations

from typing import Any

import msgspec
from lxml.html import HtmlElement

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import show_size
from jobpipe.sources.formats.html.javascript import JavaScriptError, value_after
from jobpipe.sources.formats.html.json_ld import JsonLdError, read_json_ld, scripts_of
from jobpipe.sources.formats.html.markup_data import MICRODATA, RDFA, nodes_of
from jobpipe.sources.formats.html.page import Page, read_page
from jobpipe.sources.formats.html.postings import is_posting, postings_in
from jobpipe.sources.formats.html.selecting import elements, selector
from jobpipe.sources.record import Context, Ending, FormatSettings, RawRecord

_CONTEXT = Context(kind="json")
# Of a script's objects, what is an address that counts from the page's.
_LINKS = frozenset({"url", "link", "href"})
_canonical = msgspec.json.Encoder(order="deterministic").encode


class HtmlSplitter:
    def __init__(self, settings: FormatSettings, name: str) -> None:
        """Raises DefinitionError where a selector of the settings is none."""
        self._settings = settings
        self._name = name
        self._fields = [(field, selector(text)) for field, text in settings.fields]
        self._mark = settings.items.partition("script:")[2] if settings.items.startswith("script:") else ""
        self._items = elements(settings.items) if settings.items and not self._mark else None
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[RawRecord]:
        self._held += chunk
        if len(self._held) > self._settings.max_record_bytes:
            raise LimitExceededError(
                f"a page of more than {show_size(self._settings.max_record_bytes)}",
                place=Place(source=self._name),
                hint="limits: {record: …} allows more",
            )
        return []

    def close(self) -> tuple[list[RawRecord], Ending]:
        page = read_page(bytes(self._held), self._settings)
        if self._mark:
            return _values_of(page, self._mark), Ending(complete=True)
        if self._items is not None:
            made = [self._record_of(page, item) for item in self._items(page.root) if isinstance(item, HtmlElement)]
            return [_raw(one) for one in made if one], Ending(complete=True)
        postings, flawed = _postings_of(page)
        found = self._record_of(page, page.root)
        if not postings and not flawed and found:
            postings = [{}]
        own = {"@url": page.url} if page.url else {}
        return [_raw({**own, **posting, **found}) for posting in postings] + flawed, Ending(complete=True)

    def _record_of(self, page: Page, element: HtmlElement) -> dict[str, Any]:
        """What the fields find from an element on; {} = nothing but the page's address."""
        made: dict[str, Any] = {}
        for name, select in self._fields:
            values = select(page, element)
            if values:
                made[name] = values[0] if len(values) == 1 else values
        if all(value == page.url for value in made.values()):
            return {}
        return {"@url": page.url, **made} if page.url else made


def _postings_of(page: Page) -> tuple[list[dict[str, Any]], list[RawRecord]]:
    """Of the first of the three ways of saying it that says anything; and scripts that cannot be read."""
    values: list[Any] = []
    flawed: list[RawRecord] = []
    for text in scripts_of(page.root):
        try:
            values += read_json_ld(text)
        except JsonLdError as error:
            if "JobPosting" in text:
                flawed.append(RawRecord(text.encode(), 0, _CONTEXT, f"the page's JSON-LD cannot be read: {error}"))
    postings = postings_in(values)
    for syntax in (MICRODATA, RDFA):
        if not postings and not flawed:
            postings = [node for node in nodes_of(page, syntax) if is_posting(node)]
    return postings, flawed


def _values_of(page: Page, mark: str) -> list[RawRecord]:
    """The objects that stand after the mark in a script, which is read and not run."""
    made: list[RawRecord] = []
    for script in page.root.iter("script"):
        text = script.text_content()
        if mark not in text:
            continue
        try:
            value = value_after(text, mark)
        except JavaScriptError as error:
            made.append(RawRecord(text.encode(), 0, _CONTEXT, f"the data in the page's script cannot be read: {error}"))
            continue
        own = {"@url": page.url} if page.url else {}
        found = value if isinstance(value, list) else [value]
        made += [_raw({**own, **_with_whole_links(page, one)}) for one in found if isinstance(one, dict)]
    return made


def _with_whole_links(page: Page, record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: page.absolute(value) if name in _LINKS and isinstance(value, str) and value else value
        for name, value in record.items()
    }


def _raw(value: dict[str, Any]) -> RawRecord:
    return RawRecord(_canonical(value), 0, _CONTEXT)
