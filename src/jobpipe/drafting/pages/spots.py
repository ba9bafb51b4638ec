"""A place on a page where a value of the posting may stand, and how it is selected."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.html import HtmlElement


@dataclass(frozen=True, slots=True)
class Spot:
    # What it is called there: a label, a class, a name of the head. The glossary says what it means.
    name: str
    selector: str
    # How the page says it: label, class, icon, property, head, title, body, address.
    origin: str
    # What stands there on the page on which it was found.
    value: str
    # Where: what is looked for by value is not taken twice. None = in the head.
    element: HtmlElement | None = None
