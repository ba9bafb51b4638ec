"""Requests no closer together than a service allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Rate:
    """Gives each request its moment. `a_minute` None = as fast as the service answers."""

    def __init__(
        self,
        a_minute: int | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 60 / a_minute if a_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        # Of the clock: before it nobody asks.
        self._next = 0.0

    async def turn(self) -> None:
        """Returns when the next request may go."""
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine > now:
            await self._sleep(mine - now)

    def hold(self, seconds: float) -> None:
        """The service asked to be left alone for so long."""
        self._next = max(self._next, self._clock() + seconds)
