"""How often somebody may guess a password."""

from __future__ import annotations

import time
from collections import OrderedDict

# Wrong logins of one address at one feed in so many seconds; then it has to wait for as long.
MOST_FAILURES = 10
SECONDS = 60.0
# Addresses that are remembered, the last ones.
_MOST_ADDRESSES = 10_000


class FailedLogins:
    """On one loop."""

    def __init__(self) -> None:
        # Who -> when the first of them was, how many there were.
        self._counted: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def must_wait(self, who: tuple[str, str]) -> int:
        """Seconds; 0 = it may try."""
        since, count = self._counted.get(who, (0.0, 0))
        left = since + SECONDS - time.monotonic()
        return int(left) + 1 if count >= MOST_FAILURES and left > 0 else 0

    def add(self, who: tuple[str, str]) -> None:
        now = time.monotonic()
        since, count = self._counted.pop(who, (now, 0))
        self._counted[who] = (since, count + 1) if now - since < SECONDS else (now, 1)
        while len(self._counted) > _MOST_ADDRESSES:
            self._counted.popitem(last=False)
