"""The executor of a run among several: one worker process where one is free, else the run's own thread.

So there are never more workers than one run alone would have, and no run waits for another's end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from jobpipe.runs.executors.executor import Charge, Done, Executor, Work
from jobpipe.runs.executors.inline import InlineExecutor
from jobpipe.runs.executors.local import LocalExecutor

# Threads would only take turns at it; so no library has to bear several of them.
_one_at_a_time = threading.Lock()


class SharedExecutor:
    def __init__(self, charge: Charge, free_workers: threading.Semaphore, *, alone: bool) -> None:
        """`alone`: there is only one batch, for which no worker is started."""
        self._free = free_workers
        self._has_worker = not alone and free_workers.acquire(blocking=False)
        if self._has_worker:
            self._executor: Executor = LocalExecutor(charge, workers=1)
        else:
            with _one_at_a_time:
                self._executor = InlineExecutor(charge)
        self.capacity = self._executor.capacity

    def submit(self, work: Work) -> None:
        if self._has_worker:
            self._executor.submit(work)
            return
        with _one_at_a_time:
            self._executor.submit(work)

    def collect(self, *, wait: bool) -> Iterator[Done]:
        return self._executor.collect(wait=wait)

    def close(self) -> None:
        try:
            self._executor.close()
        finally:
            if self._has_worker:
                self._has_worker = False
                self._free.release()
