"""How values look on every page: moments, numbers, lengths of time."""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobpipe.web import differences
from jobpipe.web.words import Words

register = template.Library()

# What stands in the header of a browser -> its name; the first counts, since each also says what it is like.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

_JUST_NOW = 5
_STEPS = ((60, "s", 1), (3600, "min", 60), (86_400, "h", 3600), (86_400 * 60, "d", 86_400))


@register.filter
def ago(moment: datetime | None, say: Words | None = None) -> SafeString | str:
    """`5 min ago`, with the moment itself when one points at it; what lies ahead is `in 5 min`."""
    if moment is None:
        return "never" if say is None else say["never"]
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if say is not None:
        words = say["ahead" if seconds < 0 else "ago"].format(span=say.span(abs(seconds)))
        words = say["just_now"] if abs(seconds) < _JUST_NOW else words
    elif abs(seconds) < _JUST_NOW:
        words = "just now" if seconds >= 0 else "now"
    else:
        words = f"in {duration(round(-seconds))}" if seconds < 0 else f"{duration(round(seconds))} ago"
    shown = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    # Digits and letters of ours: nothing in it is to be escaped, and a page has many of them.
    return SafeString(f'<time datetime="{moment.isoformat()}" title="{shown}">{words}</time>')


@register.filter
def duration(seconds: float | None) -> str:
    """`40 ms`, `0.6 s`, `12 s`, `5 min`, `3 h`, `4 d`."""
    if seconds is None:
        return ""
    if 0 < seconds < 0.1:
        return f"{max(seconds * 1_000, 1):.0f} ms"
    for below, unit, size in _STEPS:
        if seconds < below:
            is_fraction = isinstance(seconds, float) and size == 1 and seconds < 10
            return f"{seconds / size:.1f} {unit}" if is_fraction else f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


@register.filter
def day(value: date | str | None, say: Words) -> str:
    """A date, or ISO text, in the words of a language: 12 mars 2026."""
    if not value:
        return ""
    return say.iso_day(value) if isinstance(value, str) else say.day(value)


@register.filter
def said(value: Any, say: Words) -> Any:
    """A value of the schema as people say it: `fixed_term` is CDD."""
    return say.value(value) if isinstance(value, str) else value


@register.filter
def filled(phrase: str, value: Any) -> str:
    """A phrase with its one brace filled in."""
    return phrase.replace("{count}", str(value)).replace("{line}", str(value)).replace("{number}", str(value))


@register.filter
def number(value: Any, say: Words | None = None) -> str:
    """With commas, 1,234, or as a language has it: 1 234."""
    if say is not None:
        return say.number(value or 0)
    return f"{value:,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value or 0)


@register.filter
def tally(value: Any) -> SafeString | str:
    """A number of a table in which most are 0: those step back."""
    return number(value) if value else SafeString('<span class="dim">0</span>')


@register.filter
def signed(value: int) -> str:
    """+5, −3: a difference."""
    return f"+{value:,}" if value > 0 else f"{value:,}".replace("-", "−")


@register.filter
def browser(agent: str, say: Words) -> str:
    """Chrome on Linux: what people call it that names itself so; what is not known stays as it is."""
    found = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return say["account_browser_on"].format(browser=found, system=system) if found and system else found or agent


@register.filter
def share(value: float | None) -> str:
    """0.123 -> 12 %."""
    return "" if value is None else f"{value:.0%}".replace("%", " %")


@register.filter
def item(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def options(values: Iterable[str], chosen: str = "") -> SafeString:
    """Each as an <option>, the chosen one selected: a page may have hundreds."""
    texts = list(values)
    # All at once: no name has a line of its own.
    escaped = html.escape("\n".join(texts)).split("\n")
    if len(escaped) != len(texts):
        escaped = [html.escape(text) for text in texts]
    return SafeString("".join(map(_option, texts, escaped, (text == chosen for text in texts))))


def _option(text: str, escaped: str, is_chosen: bool) -> str:
    # Its value is its text, but for what HTML does to white space.
    value = "" if text == " ".join(text.split()) else f' value="{escaped}"'
    return f"<option{value}{' selected' if is_chosen else ''}>{escaped}</option>"


@register.simple_tag(takes_context=True)
def label_rows(context: template.Context, rows: Iterable[Any]) -> SafeString:
    from jobpipe.web import label_rows

    tables = context.get("tables_in_words") or {}
    return label_rows.label_rows(rows, context["say"], can_map=context["can_map"], tables=tables)


@register.simple_tag(takes_context=True)
def suggestion_pieces(context: template.Context, rows: Iterable[Any]) -> SafeString:
    from jobpipe.web import label_rows

    return label_rows.suggestion_pieces(rows, context["say"])


@register.filter
def state(word: Any, say: Words | None = None) -> SafeString:
    """The word with its colour and icon; `say`: in whose words."""
    from jobpipe.web.states import badge

    return badge(str(word), say.value(str(word)) if say is not None else "")


@register.filter
def coded(text: Any) -> SafeString:
    """What stands in `backticks` is code."""
    parts = enumerate(str(text).split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if at % 2 else part,) for at, part in parts)
    )


@register.simple_tag
def posting_address(import_name: str, key: str) -> str:
    """The page of one posting: its key may be anything, so it stands in the query."""
    return f"/postings/{quote(import_name, safe='')}/?{urlencode({'key': key})}"


register.filter("words", differences.in_words)
register.filter("removed", differences.removed)
register.filter("added", differences.added)
