"""The source's own number or name of an offer: there in each record, and different in each."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import key_of
from jobpipe.drafting.recognising.recogniser import Recogniser, Survey, Weight
from jobpipe.drafting.shapes import has_digit, is_date, is_identifier, is_markup, is_url, is_yes_or_no

_PLAIN = frozenset({"id", "guid", "uuid"})


def _weigh(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_identifier) < 0.9 or column.share(is_markup) or column.filled < 0.3:
        return None
    if not survey.is_small and column.share(is_yes_or_no) > 0.5:
        return None
    value = 0.0
    if column.filled < 0.98:
        value -= 1.5
    if column.share(is_date) > 0.9 and not column.share(str.isdecimal) > 0.9:
        return None
    value += _of_uniqueness(column, survey)
    if column.share(has_digit) < 0.5:
        value -= 1.0
    if column.share(is_url) > 0.5:
        value -= 0.8
    if _is_plain(column):
        value += 0.6
        if any(_begins_with(column, other) for other in survey.columns if _is_plain(other)):
            value -= 1.5
    return Weight(value, f"{column.uniqueness:.0%} of its values are different" if not survey.is_small else "")


def _is_plain(column: Column) -> bool:
    return len(column.names) == 1 and not column.steps and key_of(column.names[0]) in _PLAIN


def _begins_with(column: Column, other: Column) -> bool:
    """4711-baker beside 4711: what follows the number is the title, and changes with it."""
    pairs = list(zip(column.firsts, other.firsts, strict=True))
    return all(short and len(short) < len(long) and long.startswith(short) for long, short in pairs)


def _of_uniqueness(column: Column, survey: Survey) -> float:
    if survey.is_small:
        return 0.0 if column.uniqueness == 1 else -1.5
    if column.uniqueness >= 0.98:
        return 1.5
    if column.uniqueness >= 0.9:
        return 0.5
    return -1.0 if column.uniqueness >= 0.4 else -4.0


RECOGNISERS = (Recogniser("reference", _weigh, shares_with=frozenset({"url"}), nameless=-2.5),)
