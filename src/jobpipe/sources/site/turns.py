"""Turns: so many pages are asked for at the same time, and so many of them from one host."""

from __future__ import annotations

import asyncio
import collections


class Turns:
    """Whoever waits longest is next, where its host may have one more."""

    def __init__(self, most: int, per_host: int) -> None:
        self._most = most
        self._per_host = per_host
        self._under_way: collections.Counter[str] = collections.Counter()
        # In their order.
        self._waiting: dict[asyncio.Future[None], str] = {}

    async def take(self, host: str) -> None:
        """Returns when it is the caller's turn, who gives it back."""
        if self._is_free(host):
            self._under_way[host] += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = host
        try:
            await turn
        except asyncio.CancelledError:
            if self._waiting.pop(turn, None) is None:
                self.give_back(host)
            raise

    def give_back(self, host: str) -> None:
        self._under_way[host] -= 1
        for turn, waiting in self._waiting.items():
            if self._is_free(waiting):
                del self._waiting[turn]
                self._under_way[waiting] += 1
                turn.set_result(None)
                return

    def _is_free(self, host: str) -> bool:
        return self._under_way.total() < self._most and self._under_way[host] < self._per_host
