"""Values that were only written otherwise: the steps by which the new one is the old one again."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from jobpipe.drafting.repairing.likeness import plain
from jobpipe.transform.mojibake import repair_text
from jobpipe.transform.steps.markup import text_of_html

# Of the pairs that an adapter must bring back.
_MOST = 0.8
_SEPARATORS = (", ", " - ", " / ", " | ", "; ", ": ", ",", ";", "|", "/", "-", "_", " ")


@dataclass(frozen=True, slots=True)
class Adapter:
    # In a few words: what the source does to the value.
    what: str
    # To be put before the steps of the rule.
    steps: tuple[Any, ...]


Texts = Sequence[tuple[str, str]]


def adapters_for(texts: Texts) -> Iterator[Adapter]:
    """`texts`: the old value beside the new one, of each pair that has both."""
    for what, steps, change in _PLAIN_CHANGES:
        if _share(texts, change) >= _MOST:
            yield Adapter(what, steps)
    yield from _around(texts)
    yield from _pieces(texts)


def _share(texts: Texts, change: Callable[[str], str | None]) -> float:
    same = sum(
        1 for old, new in texts if old != new and (made := _tried(change, new)) is not None and plain(made) == old
    )
    return same / len(texts) if texts else 0.0


def _tried(change: Callable[[str], str | None], text: str) -> str | None:
    try:
        return change(text)
    except (ValueError, RecursionError):
        return None


def _unescaped_twice(text: str) -> str:
    return html.unescape(html.unescape(text))


_PLAIN_CHANGES: tuple[tuple[str, tuple[Any, ...], Callable[[str], str | None]], ...] = (
    ("its HTML is escaped", ("unescape",), html.unescape),
    ("its HTML is escaped twice", ({"unescape": {"times": 2}},), _unescaped_twice),
    ("it was decoded wrongly", ("clean",), repair_text),
    ("it is HTML now", ("html_to_text",), text_of_html),
)


# Text around it --------------------------------------------------------------------------------------


def _around(texts: Texts) -> Iterator[Adapter]:
    """A constant text that came before or after it, or went."""
    some = [(old, new) for old, new in texts if old and new and old != new]
    if len(some) < _MOST * len(texts) or not some:
        return
    if all(new.endswith(old) for old, new in some):
        prefixes = {new[: len(new) - len(old)] for old, new in some}
        if len(prefixes) == 1 and (prefix := prefixes.pop()):
            yield Adapter(f"{prefix!r} stands before it", ({"strip_prefix": prefix},))
    if all(new.startswith(old) for old, new in some):
        suffixes = {new[len(old) :] for old, new in some}
        if len(suffixes) == 1 and (suffix := suffixes.pop()):
            yield Adapter(f"{suffix!r} stands after it", ({"strip_suffix": suffix},))
    gone = {old[: len(old) - len(new)] for old, new in some if old.endswith(new)}
    if len(gone) == 1 and all(old.endswith(new) for old, new in some) and "{" not in (prefix := gone.pop()):
        yield Adapter(f"{prefix!r} does not stand before it any more", ({"template": f"{prefix}{{{{ value }}}}"},))
    gone = {old[len(new) :] for old, new in some if old.startswith(new)}
    if len(gone) == 1 and all(old.startswith(new) for old, new in some) and "{" not in (suffix := gone.pop()):
        yield Adapter(f"{suffix!r} does not stand after it any more", ({"template": f"{{{{ value }}}}{suffix}"},))


# Pieces ----------------------------------------------------------------------------------------------


def _pieces(texts: Texts) -> Iterator[Adapter]:
    """It is a part of a longer text: the same piece of it in every record."""
    some = [(old, new) for old, new in texts if old and new]
    if not some or sum(old != new and old in new for old, new in some) < _MOST * len(some):
        return
    for separator in _SEPARATORS:
        cut = [(old, [one.strip() for one in new.split(separator) if one.strip()]) for old, new in some]
        if sum(len(found) > 1 for _, found in cut) < 0.5 * len(cut):
            continue
        for step, place in (("first", 0), ("last", -1), ({"nth": 2}, 1), ({"nth": 3}, 2)):
            hits = sum(1 for old, found in cut if len(found) > abs(place) - (place < 0) and found[place] == old)
            if hits >= _MOST * len(some):
                yield Adapter(f"it is a part of a text, cut at {separator!r}", ({"split": separator}, step))
        # The piece may itself hold the separator: all before the last one, all after the first one.
        for pattern, what in (
            (rf"^(.*){re.escape(separator)}[^{re.escape(separator[0])}]*$", "before the last"),
            (rf"^.*?{re.escape(separator)}(.*)$", "after the first"),
        ):
            compiled = re.compile(pattern, re.DOTALL)
            hits = sum(1 for old, new in some if (found := compiled.match(new)) and found[1].strip() == old)
            if hits >= _MOST * len(some):
                yield Adapter(f"it is a part of a text, {what} {separator!r}", ({"regex": pattern}, "trim"))
    yield from _enclosed(some)


def _enclosed(some: Texts) -> Iterator[Adapter]:
    """Between brackets, or digits among letters."""
    for pattern, what in (
        (r"\(([^()]*)\)\s*$", "it stands in brackets"),
        (r"^(.*?)\s*\([^()]*\)\s*$", "brackets follow it"),
        (r"\b(\d{5})\b", "it is five digits of a text"),
        (r"\b(\d{4})\b", "it is four digits of a text"),
        (r"^\D*(\d+)\D*$", "it is the number in a text"),
    ):
        compiled = re.compile(pattern)
        hits = sum(1 for old, new in some if (found := compiled.search(new)) and found[1].strip() == old)
        if hits >= _MOST * len(some):
            yield Adapter(what, ({"regex": pattern},))


# Encodings of a value --------------------------------------------------------------------------------


def unreadable_codings(texts: Texts) -> str:
    """A way of writing for which there is no step; "" = none is known."""
    if _share(texts, lambda text: unquote(text.replace("+", " "))) >= _MOST:
        return "it is percent-encoded"
    if _share(texts, lambda text: base64.b64decode(text, validate=True).decode()) >= _MOST:
        return "it is in base64"
    return ""
