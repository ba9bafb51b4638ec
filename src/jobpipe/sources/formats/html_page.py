"""Knows a web page where a feed should be: an error page, a log-in form, a consent wall."""

from __future__ import annotations

import html
import re

from jobpipe.errors import SourceError

_PAGE = re.compile(
    r"(?:\s|\ufeff|<!--.*?-->|<\?.*?\?>)*+<(?:!doctype\s+html\b|html(?=[\s>/])|head(?=[\s>])|body(?=[\s>]))",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(r"<title\b[^>]*+>(.*?)</title", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h1\b[^>]*+>(.*?)</h1", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*+>")
_LONGEST = 120


class WebPageError(SourceError):
    """A web page where a feed was looked for."""


def refuse_html_page(text: str) -> None:
    """Raises WebPageError where a document that begins with `text` is a web page; the message has its title."""
    if not _PAGE.match(text):
        return
    title, heading = _words(_TITLE, text), _words(_HEADING, text)
    message = "an HTML page, not a feed"
    if title:
        message += f": {title!r}"
    if heading and heading != title and len(heading) <= _LONGEST:
        message += f", headed {heading!r}"
    raise WebPageError(
        message, hint="open the address in a browser: the server may ask for a log-in, or the feed may have moved"
    )


def _words(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    words = " ".join(html.unescape(_TAG.sub(" ", found[1])).split()) if found else ""
    return words if len(words) <= _LONGEST or pattern is _HEADING else words[:_LONGEST] + "…"
