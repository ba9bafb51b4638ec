"""What a process that a worker has started for one piece of work begins and ends with."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from multiprocessing.connection import Connection
from typing import NoReturn

from jobpipe.runs.starting import StopRequest
from jobpipe.tracing import stop_tracing


def stop_with(parent: Connection) -> StopRequest:
    """Made when the pipe ends, and so when the worker dies."""
    stop = StopRequest()

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            parent.recv_bytes()
        stop.requested = True

    threading.Thread(target=wait, daemon=True).start()
    return stop


def end(code: int) -> NoReturn:
    """At once: threads of libraries that wait for a server must not keep a process that is done."""
    stop_tracing()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)
