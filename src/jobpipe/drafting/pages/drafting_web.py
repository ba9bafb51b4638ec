"""Drafts what is no feed but a web page: a saved one, or one of the web with the site around it."""

from __future__ import annotations

from pathlib import Path

from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order
from jobpipe.drafting.pages.page_drafting import draft_of_page
from jobpipe.drafting.pages.sites import draft_of_site


def draft_of_web(order: Order, opened: str) -> Draft:
    """`opened`: where the page is now. Raises SourceError where no posting can be read from it."""
    if opened.startswith(("http://", "https://")):
        return draft_of_site(order)
    return draft_of_page(Path(opened).read_bytes(), order)
