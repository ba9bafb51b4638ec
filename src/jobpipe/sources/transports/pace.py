"""How fast a download goes: a server that sends a byte now and then would keep a run for ever."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from jobpipe.errors import LimitExceededError, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class PaceLimits:
    """Seconds of waiting for the server; the time in which the run is busy itself does not count."""

    # Of one download altogether.
    longest: float = 6 * 3600
    # After so long, the mean must be above `slowest` bytes a second.
    trial: float = 300
    slowest: float = 100


class Pace:
    def __init__(self, place: Place, limits: PaceLimits) -> None:
        self._place = place
        self._limits = limits
        self._waited = 0.0
        self._bytes = 0

    async def watch(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks. Raises LimitExceededError where they drip."""
        began = time.monotonic()
        async for chunk in chunks:
            self._waited += time.monotonic() - began
            self._bytes += len(chunk)
            self._expect_progress()
            yield chunk
            began = time.monotonic()

    def _expect_progress(self) -> None:
        limits = self._limits
        if self._waited > limits.longest:
            raise self._too_slow(f"takes longer than {limits.longest / 60:,.0f} minutes")
        if self._waited > limits.trial and self._bytes < limits.slowest * self._waited:
            raise self._too_slow(f"drips: {self._bytes:,} bytes in {self._waited:,.0f} seconds")

    def _too_slow(self, what: str) -> LimitExceededError:
        return LimitExceededError(what, place=self._place, hint="try later, or tell the publisher")
