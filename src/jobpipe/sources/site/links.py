"""Which links of a page are followed: css:…, xpath:…, or a pattern of their address (/job/*)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urldefrag, urlsplit

from lxml.html import HtmlElement

from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.formats.html.selecting import elements, selector

_MOST = 50_000


def is_selector(word: str) -> bool:
    return word.startswith(("css:", "xpath:"))


def matches(url: str, patterns: Iterable[str]) -> bool:
    """A pattern with a scheme is of the whole address, any other of its path and query, from the beginning or not."""
    parts = urlsplit(url)
    below = parts.path + (f"?{parts.query}" if parts.query else "")
    return any(_is_like(url if "://" in pattern else below, pattern) for pattern in patterns)


def _is_like(text: str, pattern: str) -> bool:
    # Only * means something: ? and [ are common in addresses.
    pieces = (re.escape(piece) for piece in pattern.split("*"))
    made = ".*".join(pieces)
    return re.fullmatch(made if pattern.startswith(("/", "http")) else f".*{made}", text) is not None


def links_of(page: Page, words: Iterable[str]) -> list[str]:
    """Absolute addresses of the web, without fragments, each once, in the order of the page."""
    given = list(words)
    patterns = [word for word in given if not is_selector(word)]
    found: list[str] = []
    for word in given:
        if is_selector(word):
            found += _selected(page, word)
    if patterns:
        hrefs = (page.absolute(link) for link in page.root.xpath("//a/@href"))
        found += [link for link in hrefs if matches(link, patterns)]
    clean = (urldefrag(link)[0] for link in found)
    return list(dict.fromkeys(link for link in clean if link.startswith(("http://", "https://"))))[:_MOST]


def _selected(page: Page, word: str) -> list[str]:
    """Of an element its own link, or the first one in it."""
    if "/@" in word:
        return [page.absolute(str(link)) for link in selector(word)(page, page.root)]
    made = []
    for element in elements(word)(page.root):
        if not isinstance(element, HtmlElement):
            made.append(page.absolute(str(element)))
            continue
        inner = next(element.iter("a"), None)
        link = element.get("href") or (inner.get("href") if inner is not None else None)
        if link:
            made.append(page.absolute(link))
    return made


def has_mark_of_end(page: Page, words: Iterable[str]) -> bool:
    """One of `gone` is found on the page: an element, or a text that is read there."""
    text = ""
    for word in words:
        if is_selector(word):
            if any(found not in (False, "", []) for found in elements(word)(page.root)):
                return True
            continue
        text = text or " ".join(page.root.text_content().split()).casefold()
        if " ".join(word.split()).casefold() in text:
            return True
    return False
