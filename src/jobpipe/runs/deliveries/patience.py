"""How long a destination that fails is left alone: longer each time, and never as long as others that fail with it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

# Seconds: after the first failure, and at most.
FIRST = 5.0
LONGEST = 900.0
# Failures in a row after which a person is told.
TOLD_AFTER = 3


def next_try(failures: int, now: datetime, *, at_least: float = 0.0) -> datetime:
    """`failures`: in a row, this one included; `at_least`: seconds that the destination asks for."""
    wait = min(LONGEST, FIRST * 2.0 ** (min(failures, 20) - 1))
    jittered = wait * random.uniform(0.75, 1.25)
    return now + timedelta(seconds=min(max(jittered, at_least), 3600.0))
