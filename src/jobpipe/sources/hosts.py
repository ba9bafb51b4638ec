"""How many requests go to one host, and to all of them; and which hosts are left alone for a while.

    async with hosts.turn(hosts.host_of(url)):
        ... one request and its answer ...

A turn waits until the host, and the process, have room for one more request.  Whoever gives a request up after all
its attempts says `hosts.failed(host, why)`; whoever gets an answer says `hosts.answered(host)`.  A host that fails
several times in a row is asked no more for a while: a turn then raises HostIsDownError at once.  After that while
one request is let through; its answer decides for all.

The limits are those of this process, whichever thread or event loop asks; in a cluster those of one host, and its
failures, are counted for all processes together (`set_shared`).  Never take a turn while holding one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from jobpipe.errors import Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.shared_turns import Resting, SharedTurns, Sharing

_DEFAULT_PORTS = {"http": 80, "https": 443}
# A host whose drop is down may well have a web site that is not: these are always told.
_TOLD_PORTS = {"ftp": 21, "ftps": 21, "sftp": 22, "imap": 143, "imaps": 993}
# Of the reasons of one host that are told.
_MOST_REASONS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class HostLimits:
    # Requests to one host at the same time.
    per_host: int = 8
    # Requests at the same time, whoever they are to.
    in_all: int = 64
    # In a row, each after all its attempts, until a host is left alone.
    failures: int = 3
    # Seconds for which it is left alone.
    pause: float = 60.0


class HostIsDownError(SourceError):
    """A host has just failed several times: it was not asked again."""

    code = "JP2004"


@dataclass(slots=True)
class _Trouble:
    """The failures of one host since its last answer."""

    count: int = 0
    since: str = ""
    reasons: list[str] = field(default_factory=list)
    # Until then nobody asks; whoever comes first after that tries for all.
    rests_until: float = 0.0


@dataclass(slots=True, eq=False)
class _Waiter:
    host: str
    loop: asyncio.AbstractEventLoop
    turn: asyncio.Future[None]


class Hosts:
    """Counts requests and failures by host; from any thread."""

    def __init__(self, limits: HostLimits | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or HostLimits()
        self._clock = clock
        self._lock = threading.Lock()
        self._asking: Counter[str] = Counter()
        # Oldest first.
        self._waiting: list[_Waiter] = []
        self._troubles: dict[str, _Trouble] = {}
        # None = nobody else is counted.
        self._sharing: Sharing | None = None

    def share(self, turns: SharedTurns | None) -> None:
        """From now on count with others; None = alone again."""
        before, self._sharing = self._sharing, Sharing(turns) if turns is not None else None
        if before is not None:
            before.close()

    @property
    def shared(self) -> SharedTurns | None:
        return self._sharing.turns if self._sharing is not None else None

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Raises HostIsDownError where the host is being left alone."""
        if (sharing := self._sharing) is not None and host:
            async with self._shared_turn(sharing, host):
                yield
            return
        self._expect_up(host)
        await self._take(host)
        try:
            with self._lock:
                self._refuse_if_resting(host)
                self._let_one_try(host)
            yield
        finally:
            self._give_back(host)

    @asynccontextmanager
    async def _shared_turn(self, sharing: Sharing, host: str) -> AsyncIterator[None]:
        """First one of this process, so that no more of it ask the others than may have a turn."""
        await self._take(host)
        try:
            if (resting := await sharing.take(host, self.limits)) is not None:
                raise _is_down(host, resting)
            try:
                yield
            finally:
                sharing.give_back(host)
        finally:
            self._give_back(host)

    def room(self, host: str) -> int:
        """How many more requests it may have from this process now."""
        with self._lock:
            return max(0, self.limits.per_host - self._asking[host])

    def failed(self, host: str, why: str) -> None:
        """A request to it was given up, after all its attempts."""
        if self._sharing is not None:
            self._sharing.failed(host, redact(why), self.limits)
            return
        with self._lock:
            trouble = self._troubles.setdefault(host, _Trouble())
            trouble.count += 1
            trouble.since = trouble.since or datetime.now(UTC).strftime("%H:%M:%S UTC")
            reason = redact(why)
            if reason not in trouble.reasons:
                trouble.reasons = [*trouble.reasons[1 - _MOST_REASONS :], reason]
            if trouble.count >= self.limits.failures:
                trouble.rests_until = self._clock() + self.limits.pause

    def answered(self, host: str) -> None:
        """It works: whatever was before is forgotten."""
        if self._sharing is not None:
            self._sharing.answered(host)
            return
        if host in self._troubles:
            with self._lock:
                self._troubles.pop(host, None)

    # Hosts that are down ----------------------------------------------------------------------------

    def _expect_up(self, host: str) -> None:
        if host in self._troubles:
            with self._lock:
                self._refuse_if_resting(host)

    def _refuse_if_resting(self, host: str) -> None:
        trouble = self._troubles.get(host)
        if trouble is None or trouble.count < self.limits.failures:
            return
        left = trouble.rests_until - self._clock()
        if left > 0:
            reasons = tuple(trouble.reasons)
            raise _is_down(host, Resting(failures=trouble.count, since=trouble.since, reasons=reasons, seconds=left))

    def _let_one_try(self, host: str) -> None:
        """The others go on waiting for what becomes of it."""
        trouble = self._troubles.get(host)
        if trouble is not None and trouble.count >= self.limits.failures:
            trouble.rests_until = self._clock() + self.limits.pause

    # Turns ------------------------------------------------------------------------------------------

    async def _take(self, host: str) -> None:
        with self._lock:
            if self._has_room(host):
                self._asking[host] += 1
                return
            loop = asyncio.get_running_loop()
            waiter = _Waiter(host, loop, loop.create_future())
            self._waiting.append(waiter)
        try:
            await waiter.turn
        except BaseException:
            with self._lock:
                was_given = waiter not in self._waiting
                if not was_given:
                    self._waiting.remove(waiter)
            if was_given:
                self._give_back(host)
            raise

    def _has_room(self, host: str) -> bool:
        limits = self.limits
        return self._asking[host] < limits.per_host and self._asking.total() < limits.in_all

    def _give_back(self, host: str) -> None:
        with self._lock:
            self._asking[host] -= 1
            if not self._asking[host]:
                del self._asking[host]
            for waiter in list(self._waiting):
                if self._has_room(waiter.host):
                    self._waiting.remove(waiter)
                    self._hand_over(waiter)

    def _hand_over(self, waiter: _Waiter) -> None:
        self._asking[waiter.host] += 1
        try:
            waiter.loop.call_soon_threadsafe(_give_turn, waiter.turn)
        except RuntimeError:  # its loop is closed: nobody waits any more
            self._asking[waiter.host] -= 1


def _is_down(host: str, resting: Resting) -> HostIsDownError:
    return HostIsDownError(
        f"was not asked: the host has failed {resting.failures} times in a row since {resting.since} "
        f"({'; '.join(resting.reasons)})",
        place=Place(source=host),
        hint=f"it is asked again in {max(resting.seconds, 1):.0f} s; `hosts` in jobpipe.yaml says how patient to be",
    )


def _give_turn(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def host_of(url: str) -> str:
    """The host by which its limits go: lower case, with its port unless that is the web's; "" = it has none."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").rstrip("."), parts.port or _TOLD_PORTS.get(parts.scheme)
    except ValueError:
        return ""
    if ":" in name:
        name = f"[{name}]"
    return name if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{name}:{port}"


# Those of this process: politeness is towards a host, and not towards an import.
_hosts = Hosts()


def set_limits(limits: HostLimits) -> None:
    """For this process, from now on."""
    _hosts.limits = limits


def set_shared(turns: SharedTurns | None) -> None:
    """Count the turns of this process, from now on, with those of others; None = alone again."""
    _hosts.share(turns)


def shared() -> SharedTurns | None:
    """With whom the turns of this process are counted."""
    return _hosts.shared


def turn(host: str) -> AbstractAsyncContextManager[None]:
    """Raises HostIsDownError, from `async with`, where the host is being left alone."""
    return _hosts.turn(host)


def room(host: str) -> int:
    """How many more requests the host may have from this process now."""
    return _hosts.room(host)


def failed(host: str, why: str) -> None:
    """A request to the host was given up, after all its attempts."""
    _hosts.failed(host, why)


def answered(host: str) -> None:
    """The host works."""
    _hosts.answered(host)
