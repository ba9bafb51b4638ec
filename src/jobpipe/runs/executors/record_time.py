"""A record that is never done costs itself: what transforms it is interrupted, and where that does not help the worker
ends itself, so that the record is found as one that kills workers is."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from jobpipe.errors import RecordError

# Of one record. The slowest of all steps takes a hundredth of a second for a long text.
SECONDS = 60.0
# How much longer a worker lives whose record took no notice: a hook that catches everything, a loop in C.
GRACE = 30.0
_LOOK_EVERY = 1.0


class RecordTime:
    """Of the main thread of a worker process: nobody else is interrupted by a signal."""

    def __init__(self) -> None:
        self._since = 0.0
        signal.signal(signal.SIGALRM, _interrupt)
        threading.Thread(target=self._watch, name="record-time", daemon=True).start()

    @contextmanager
    def limit(self) -> Iterator[None]:
        """For one record; within it RecordError(reason="timeout") is raised when its time is over, again and again."""
        self._since = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
        # Of computation. Nobody handles it, so that it ends also what does not let Python handle anything.
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS + GRACE)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            self._since = 0.0

    def _watch(self) -> None:
        while True:
            time.sleep(min(_LOOK_EVERY, GRACE))
            if self._since and time.monotonic() - self._since > SECONDS + GRACE:
                os._exit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise RecordError(
        f"making a posting of this record took longer than {SECONDS:,.0f} seconds",
        reason="timeout",
        hint="look for a step, a pattern or a hook that does not end with it",
    )
