"""The body of an offer: long text, with markup or without; and further texts that belong to it."""

from __future__ import annotations

import math
import re

from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import is_escaped_markup, is_markup, is_url, is_yes_or_no

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def _weigh(column: Column, survey: Survey) -> Weight | None:
    if column.length < 20 or column.share(is_url) > 0.3 or column.filled < 0.3:
        return None
    value = 0.8 if column.length >= 300 else 0.2 if column.length >= 120 else -1.0 if column.length >= 40 else -1.8
    has_markup = column.share(is_markup) + column.share(is_escaped_markup) > 0.3
    value += 0.5 if has_markup else 0.0
    if column.filled < 0.9:
        value -= 1.0
    if not survey.is_small and column.uniqueness < 0.3:
        value -= 1.5
    if column.repeats and column.share(_is_setting) > 0:
        # Named values of whatever: the body is among them, beside the colour of a page.
        value -= 2.5
    if column.origin == "part":
        # All parts of a list are the body, not one of them.
        value -= 1.0
    longest = max((one.length for one in survey.columns if not one.steps), default=column.length)
    # A short form of the text stands beside it in many feeds.
    value -= min(2.0, math.log(max(longest, 1) / column.length) * 0.45)
    kind = "HTML" if has_markup else "text"
    return Weight(value, f"{kind} of {column.length:,.0f} characters on average")


def _is_setting(text: str) -> bool:
    return is_url(text) or is_yes_or_no(text) or _COLOUR.fullmatch(text) is not None


def _weigh_more(column: Column, survey: Survey) -> Weight | None:
    if column.length < 60 or column.share(is_url) > 0.3 or column.filled < 0.2:
        return None
    value = 0.6 if column.length >= 150 else -0.5
    if not survey.is_small and column.uniqueness < 0.2:
        value -= 1.0
    return Weight(value, f"a text of {column.length:,.0f} characters on average")


RECOGNISERS = (
    Recogniser("description", _weigh, nameless=-1.8, is_list=True),
    Recogniser("description.more", _weigh_more, nameless=NEVER, is_list=True),
)
