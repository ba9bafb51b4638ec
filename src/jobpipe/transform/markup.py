"""The description's last station: whatever a definition did, only sanitised HTML passes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from jobpipe.definition.models import StepCall
from jobpipe.transform.mojibake import repair_text
from jobpipe.transform.stepping import build_step
from jobpipe.transform.validation import finaliser_of
from jobpipe.transform.workbench import Workbench

_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
_REFERENCE = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")


class Markup:
    """Finishes descriptions and makes their plain text, with the same functions as the steps."""

    def __init__(self, bench: Workbench) -> None:
        self._sanitize = build_step(StepCall(name="sanitize_html"), bench)
        self._to_html = build_step(StepCall(name="text_to_html"), bench)
        self._to_text = build_step(StepCall(name="html_to_text"), bench)
        self._as_text = finaliser_of("description")

    def finish(self, value: Any) -> str | None:
        """Sanitised HTML; a text without tags becomes paragraphs, escaped HTML is taken as HTML."""
        text = self._as_text(value)
        if text is None:
            return None
        if not _TAG.search(text):
            if _REFERENCE.search(text):
                text = html.unescape(text)
            if not _TAG.search(text):
                return self._to_html(text) or None
        return self._sanitize(text) or None

    def finish_sanitised(self, value: Any) -> str | None:
        """For what the step `sanitize_html` has just made; sanitised again only where repair changes it."""
        if type(value) is not str or len(value) > 1_000_000:
            return self.finish(value)
        if not value.isascii():
            # A hard space may be half of a letter that was decoded wrongly, and is seen as such only by itself.
            bare = value.replace("&nbsp;", "\xa0") if "&nbsp;" in value else value
            if (repaired := repair_text(bare)) != bare:
                return self._sanitize(repaired) or None
        return value.strip() or None

    def plain_text(self, description: str) -> str | None:
        """The plain text of a finished description."""
        return self._to_text(description) or None


def finisher_of(markup: Markup, last_step: str) -> Callable[[Any], Any]:
    return markup.finish_sanitised if last_step == "sanitize_html" else markup.finish
