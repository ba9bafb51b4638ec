"""Turns at writing to the ledger."""

from __future__ import annotations

import contextlib
import threading
from contextlib import AbstractContextManager
from typing import Any

from jobpipe.ledger.opening import is_shared

_turn = threading.RLock()


def turn_to_write() -> AbstractContextManager[Any]:
    """To be held around a transaction that writes.

    SQLite has one writer at a time, and would let the threads of this process sleep and try again, longer each time.
    Of processes, and of PostgreSQL's many writers, this knows nothing.
    """
    return contextlib.nullcontext() if is_shared() else _turn
