"""When an offer was published, changed, and when it ends."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import is_date


def _weigh(column: Column, survey: Survey) -> Weight | None:
    dates = column.share(is_date)
    if dates < 0.5:
        return None
    value = 1.0 if dates >= 0.95 else 0.0 if dates >= 0.8 else -1.5
    return Weight(value, f"{dates:.0%} are dates")


RECOGNISERS = (
    Recogniser("posted_at", _weigh, nameless=-2.6),
    Recogniser("updated_at", _weigh, nameless=NEVER),
    Recogniser("valid_through", _weigh, nameless=NEVER),
)
