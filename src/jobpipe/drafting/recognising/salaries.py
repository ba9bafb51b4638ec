"""What is paid: a text, or the least, the most, currency and period in columns of their own."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import key_of, strength_of
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import (
    has_digit,
    is_currency,
    is_date,
    is_number,
    is_period,
    is_salary,
    is_url,
    is_yes_or_no,
)

# Names of bounds, of whatever.
_BARE = frozenset("min max minimum maximum from to low high lower upper von bis de a van tot mini maxi".split())  # noqa: SIM905


def _is_a_word(text: str) -> bool:
    """Yes and no in letters: whether a salary is shown, and no amount."""
    return is_yes_or_no(text) and not text.isdecimal()


def _weigh_text(column: Column, survey: Survey) -> Weight | None:
    if column.length > 250 or column.share(is_url) or column.share(is_date) > 0.3 or column.share(_is_a_word) > 0.3:
        return None
    amounts = column.share(is_salary)
    if amounts == 0:
        # "Depending on experience" says something, too; a word for a period alone is none.
        return Weight(-1.0, "no amount is read in them") if not column.share(is_period) > 0.5 else None
    return Weight(1.2 if amounts >= 0.5 else 0.3, f"an amount is read in {amounts:.0%} of them")


def _weigh_amount(column: Column, survey: Survey) -> Weight | None:
    numbers = column.share(is_number)
    if numbers < 0.6 and column.share(is_salary) < 0.8:
        return None
    if column.share(has_digit) <= 0.9:
        return None
    if len(column.names) > 1 and key_of(column.names[-1]) in _BARE and not _is_of_money(column.names[:-1]):
        return Weight(-2.5, "numbers of something else")
    return Weight(1.0, "amounts")


def _is_of_money(around: tuple[str, ...]) -> bool:
    return any(strength_of((name,), role) >= 0.6 for name in around for role in ("salary.text", "salary.min"))


def _weigh_currency(column: Column, survey: Survey) -> Weight | None:
    return Weight(1.5, "currencies") if column.share(is_currency) >= 0.9 else None


def _weigh_period(column: Column, survey: Survey) -> Weight | None:
    known = column.share(is_period)
    return Weight(1.0 if known > 0.8 else -0.3, f"{known:.0%} are known words") if known >= 0.3 else None


RECOGNISERS = (
    Recogniser("salary.text", _weigh_text, nameless=NEVER),
    Recogniser("salary.min", _weigh_amount, nameless=NEVER),
    Recogniser("salary.max", _weigh_amount, nameless=NEVER),
    Recogniser("salary.currency", _weigh_currency, nameless=-1.5),
    Recogniser("salary.period", _weigh_period, nameless=NEVER),
)
