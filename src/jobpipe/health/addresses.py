"""`/healthz`, `/readyz` and `/metrics`: a plain ASGI application, beside which others can be mounted.

It reads nothing of what it is sent but the method and the path, and answers with figures and names of imports only:
it belongs on an address that the world does not reach, and is bound to this machine unless told otherwise.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from django.db import connections

from jobpipe.health.metrics import Metrics
from jobpipe.health.readiness import Check

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_Answer = tuple[int, str, bytes]

# Seconds for which an answer is good: whoever asks more often gets it again.
_KEPT = 5.0
_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"


class HealthAddresses:
    def __init__(
        self, metrics: Metrics, checks: Callable[[], list[Check]], beside: Mapping[str, Application] | None = None
    ) -> None:
        """`checks`: what a process needs to do its work; asked on a thread of its own. `beside`: by the beginning of
        their paths, who answers there instead."""
        self._beside = dict(beside or {})
        self._metrics = _Kept(lambda: (200, _TEXT, metrics.text()))
        self._ready = _Kept(lambda: _readiness(checks()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            ask = {"/healthz": _alive, "/readyz": self._ready.get, "/metrics": self._metrics.get}.get(scope["path"])
            for prefix, application in self._beside.items():
                if ask is None and scope["path"].startswith(prefix):
                    await application(scope, receive, send)
                    return
            await self._answer(scope, send, ask)

    async def _answer(self, scope: Scope, send: Send, ask: Callable[[], _Answer] | None) -> None:
        if ask is None:
            status, kind, body = 404, _TEXT, b"there is /healthz, /readyz and /metrics\n"
        elif scope["method"] not in ("GET", "HEAD"):
            status, kind, body = 405, _TEXT, b"GET\n"
        else:
            status, kind, body = await asyncio.to_thread(ask)
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _alive() -> _Answer:
    return 200, _TEXT, b"ok\n"


def _readiness(checks: list[Check]) -> _Answer:
    is_ready = all(check.is_ok for check in checks)
    document = {
        "ready": is_ready,
        "checks": [{"name": check.name, "ok": check.is_ok, "said": check.said} for check in checks],
    }
    return 200 if is_ready else 503, _JSON, json.dumps(document).encode() + b"\n"


class _Kept:
    """One answer at a time is made, and kept for a moment."""

    def __init__(self, make: Callable[[], _Answer]) -> None:
        self._make = make
        self._turn = threading.Lock()
        self._made: tuple[float, _Answer] | None = None

    def get(self) -> _Answer:
        with self._turn:
            if self._made is None or time.monotonic() - self._made[0] > _KEPT:
                self._made = None
                try:
                    answer = self._make()
                except Exception as error:
                    return 503, _TEXT, f"cannot be answered now: {type(error).__name__}\n".encode()
                finally:
                    connections.close_all()
                self._made = (time.monotonic(), answer)
            return self._made[1]


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
