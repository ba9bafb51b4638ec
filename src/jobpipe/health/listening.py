"""An ASGI application on an address of this machine, on a thread beside the work.

uvicorn, because what is to be mounted beside the health addresses (feeds, pages) is ASGI too: one server, one port.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jobpipe.errors import UsageError

# Open connections, above which it answers 503.
_MOST_CONNECTIONS = 100
_STALLED_MILLISECONDS = 120_000


@contextmanager
def listening(application: Callable[..., Any], address: str) -> Iterator[str]:
    """Gives the URL where it listens, until the block ends. `address`: `host:port`; port 0 = a free one.

    Raises UsageError where that cannot be.
    """
    import uvicorn

    bound = _bind(address)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        limit_concurrency=_MOST_CONNECTIONS,
        # Seconds: whoever reads slowly does not keep the process.
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="addresses", daemon=True)
    thread.start()
    host, port = bound.getsockname()[:2]
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        bound.close()


def _is_news(record: logging.LogRecord) -> bool:
    """Whoever leaves a reader says so itself."""
    return "without completing response" not in record.getMessage()


def _bind(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"{address!r} is no address", hint="host and port: --address 127.0.0.1:8787")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Of each connection: a reader that takes nothing does not hold it for ever.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MILLISECONDS)
    try:
        bound.bind((host, int(port)))
        # Whoever comes before the server has started waits.
        bound.listen(_MOST_CONNECTIONS)
    except OSError as error:
        bound.close()
        raise UsageError(
            f"{address} cannot be listened on: {error.strerror or error}", hint="another one: --address 127.0.0.1:0"
        ) from error
    return bound
