"""Turns at hosts that are counted for several processes: by whom is said with `jobpipe.sources.hosts.set_shared`.

Whoever counts may have to ask a server for it; that happens on threads of its own, so that no event loop waits.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from jobpipe.sources.hosts import HostLimits

_log = logging.getLogger(__name__)
_THREADS = 2
# Seconds until a host that has no room is asked about again.
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Resting:
    """A host that is being left alone."""

    # In a row, to any of the processes.
    failures: int
    since: str
    reasons: tuple[str, ...]
    # Until it is asked again.
    seconds: float


class SharedTurns(Protocol):
    """Each of these may block, but for `knows_trouble`."""

    def take(self, host: str, limits: HostLimits) -> bool | Resting:
        """True = one more request may go to the host, until `give_back`; False = there is no room."""
        ...

    def give_back(self, host: str) -> None: ...

    def failed(self, host: str, why: str, limits: HostLimits) -> None: ...

    def answered(self, host: str) -> None: ...

    def knows_trouble(self, host: str) -> bool:
        """Whether an answer of the host is worth telling."""
        ...

    def close(self) -> None:
        """Nobody asks any more."""
        ...


class Sharing:
    """The shared turns as event loops ask for them."""

    def __init__(self, turns: SharedTurns) -> None:
        self.turns = turns
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="shared-turns")
        # What was told and may not have been heard yet.
        self._told: set[Future[None]] = set()

    async def take(self, host: str, limits: HostLimits) -> Resting | None:
        """None = a turn, when there is room for it; otherwise none."""
        wait = _FIRST_WAIT
        while True:
            await self._all_told()
            answer = await self._ask(host, limits)
            if isinstance(answer, Resting):
                return answer
            if answer:
                return None
            await asyncio.sleep(wait * random.uniform(0.5, 1))
            wait = min(wait * 2, _LONGEST_WAIT)

    def give_back(self, host: str) -> None:
        self._tell(self.turns.give_back, host)

    def failed(self, host: str, why: str, limits: HostLimits) -> None:
        self._tell(self.turns.failed, host, why, limits)

    def answered(self, host: str) -> None:
        if self.turns.knows_trouble(host):
            self._tell(self.turns.answered, host)

    def close(self) -> None:
        self._tell(self.turns.close)
        self._threads.shutdown()

    async def _ask(self, host: str, limits: HostLimits) -> bool | Resting:
        asked = self._threads.submit(self.turns.take, host, limits)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(lambda done: self._return_unwanted(done, host))
            raise

    def _return_unwanted(self, asked: Future[bool | Resting], host: str) -> None:
        if not asked.cancelled() and asked.exception() is None and asked.result() is True:
            self._tell(self.turns.give_back, host)

    async def _all_told(self) -> None:
        if told := list(self._told):
            await asyncio.gather(*map(asyncio.wrap_future, told), return_exceptions=True)

    def _tell(self, say: Callable[..., None], *what: Any) -> None:
        try:
            told = self._threads.submit(_quietly, say, *what)
        except RuntimeError:  # closed meanwhile: what is not told lapses
            return
        self._told.add(told)
        told.add_done_callback(self._told.discard)


def _quietly(say: Callable[..., None], *what: Any) -> None:
    """Nobody waits for it; where it cannot be told, turns lapse, and the next one who asks hears why."""
    try:
        say(*what)
    except Exception as error:
        _log.info("not told to the other processes: %s", error)
