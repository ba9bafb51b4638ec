"""Libraries that block, called from a coroutine: on a thread, which is never left behind with an open connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

_Made = TypeVar("_Made")


async def blocking(call: Callable[[], _Made], hang_up: Callable[[], None], *, longest: float) -> _Made:
    """What `call` gives. Where the coroutine is cancelled, `hang_up` makes `call` end, which is waited for.

    Raises TimeoutError after `longest` seconds: bytes that come one by one would keep it for ever.
    """
    calling = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        async with asyncio.timeout(longest):
            return await asyncio.shield(calling)
    except TimeoutError:
        if calling.done():  # it is its own
            raise
        await _end(calling, hang_up)
        raise TimeoutError from None
    except asyncio.CancelledError:
        await _end(calling, hang_up)
        raise


async def _end(calling: asyncio.Future[_Made], hang_up: Callable[[], None]) -> None:
    # Whoever is cancelled meanwhile waits no longer.
    calling.add_done_callback(_forget_error)
    hang_up()
    await asyncio.wait([calling])


def _forget_error(calling: asyncio.Future[_Made]) -> None:
    """Nobody asks for it any more, which asyncio would tell with a traceback."""
    if not calling.cancelled():
        calling.exception()
