"""How long the passing troubles of a server are borne, and asking again while they are."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import stamina

from jobpipe.errors import SourceError
from jobpipe.safety.network import ForbiddenAddressError
from jobpipe.sources import hosts
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.pace import PaceLimits

_log = logging.getLogger(__name__)
# stamina tells of each attempt too, without saying of what: where nobody listens, it is not to stand on the terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_Made = TypeVar("_Made")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a server's troubles are borne. Waits are seconds."""

    # In a row, without a new byte between them.
    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    # Longer than this, the run gives up and the next one tries.
    longest_retry_after: float = 300.0
    # Cuts of one download altogether, however much comes between them.
    cuts: int = 100
    pace: PaceLimits = field(default_factory=PaceLimits)

    def another_attempt(self, error: Exception) -> bool | float:
        """stamina's hook: whether to try again, or after how many seconds."""
        if not isinstance(error, PassingTroubleError):
            return False
        _log.info("%s; trying again", error)
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self.longest_retry_after else False

    def given_up(self, trouble: PassingTroubleError) -> str:
        """What a person is told when no attempt is left."""
        if trouble.retry_after is None or trouble.retry_after <= self.longest_retry_after:
            return trouble.message
        return f"{trouble.message}; it asks to come back in {trouble.retry_after:,.0f} seconds"


async def patiently(ask: Callable[[], Awaitable[_Made]], patience: Patience) -> _Made:
    """What `ask` gives, after as many attempts as patience has. Raises the last PassingTroubleError."""
    try:
        return await _with_attempts(ask, patience)
    except PassingTroubleError as trouble:
        if trouble.host:
            hosts.failed(trouble.host, trouble.message)
        raise


@asynccontextmanager
async def turn_at(host: str) -> AsyncIterator[None]:
    """A turn at a host (see `jobpipe.sources.hosts`) whose troubles say where they were, and whose answers count."""
    async with hosts.turn(host):
        try:
            yield
        except PassingTroubleError as trouble:
            trouble.host = host
            raise
        except ForbiddenAddressError:
            raise
        except SourceError:
            # A refusal is an answer.
            hosts.answered(host)
            raise
        hosts.answered(host)


async def _with_attempts(ask: Callable[[], Awaitable[_Made]], patience: Patience) -> _Made:
    async for attempt in stamina.retry_context(
        on=patience.another_attempt,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait,
        wait_max=patience.longest_wait,
        wait_jitter=patience.first_wait,
    ):
        with attempt:
            return await ask()
    raise AssertionError("stamina gives at least one attempt")
