"""How often one may ask: buckets that fill again, in this process's memory.

Each process of the interface counts for itself, and a restart forgets: they keep one program from taking all there is,
and guesses of tokens slow.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

# Requests of one token, and failed ones from one address: how many at once, and how many come back a second.
OF_TOKEN = (120, 10.0)
OF_FAILURES = (20, 0.2)
# Keys that are remembered; the one that asked longest ago is forgotten first.
_MOST = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    def __init__(self, size: int, a_second: float) -> None:
        self._size = size
        self._a_second = a_second
        self._known: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Takes one. 0 = there was one; else the seconds until there is."""
        with self._lock:
            bucket = self._filled(key)
            if bucket.left < 1:
                return (1 - bucket.left) / self._a_second
            bucket.left -= 1
            return 0.0

    def forget(self) -> None:
        with self._lock:
            self._known.clear()

    def _filled(self, key: str) -> _Bucket:
        now = time.monotonic()
        bucket = self._known.setdefault(key, _Bucket(self._size, now))
        self._known.move_to_end(key)
        bucket.left = min(self._size, bucket.left + (now - bucket.at) * self._a_second)
        bucket.at = now
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return bucket


of_tokens = Buckets(*OF_TOKEN)
of_failures = Buckets(*OF_FAILURES)
