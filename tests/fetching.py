"""A transport, used to its end: for tests."""

from __future__ import annotations

import asyncio
from typing import Any

from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Arrival, Request, Transport

IMPATIENT = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, longest_retry_after=2)


def fetch(transport: Transport, location: str, **more: Any) -> tuple[Arrival, bytes]:
    return asyncio.run(_fetch(transport, Request(location=location, **more)))


def listed(transport: Transport, location: str, **more: Any) -> list[str]:
    return asyncio.run(transport.list(Request(location=location, **more)))


async def _fetch(transport: Transport, request: Request) -> tuple[Arrival, bytes]:
    arrival, chunks = await transport.open(request)
    try:
        return arrival, b"".join([chunk async for chunk in chunks])
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]
