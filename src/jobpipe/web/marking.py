"""The spot of a raw record that a message speaks of."""

from __future__ import annotations

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_QUOTED = re.compile(r"""'((?:\\.|[^'\\]){1,200})'|"((?:\\.|[^"\\]){1,200})"|«([^»]{1,200})»""")
# In one record.
_MOST = 20


def marked(raw: str, message: str) -> SafeString:
    """The record as text, with what the message quotes marked wherever it stands."""
    quoted = {next(filter(None, found)) for found in _QUOTED.findall(message)}
    texts = sorted((re.escape(text) for text in quoted if text.strip()), key=len, reverse=True)
    pieces = re.split(f"({'|'.join(texts)})", raw, maxsplit=_MOST) if texts else [raw]
    # What was split at is at every second place.
    shown = (format_html("<mark>{}</mark>", piece) if place % 2 else piece for place, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in shown))
