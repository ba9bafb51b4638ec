"""How long a server asks to be left alone."""

from __future__ import annotations

import datetime as dt
import email.utils


def seconds_of(retry_after: str) -> float | None:
    """`Retry-After`: seconds, or a date (RFC 9110 §10.2.3). None = it does not say."""
    text = retry_after.strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
