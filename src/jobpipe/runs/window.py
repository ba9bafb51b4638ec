"""The window: a bounded number of batches under way, applied in their order whichever is done first."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from jobpipe.runs.comparing import ComparedBatch
from jobpipe.runs.executors.executor import Done, Executor, Work


class Window:
    def __init__(
        self, start_executor: Callable[[bool], Executor], apply: Callable[[ComparedBatch, Done | None], None]
    ) -> None:
        """`start_executor(alone)` starts one when it is needed; alone = there is only this one batch."""
        self._start_executor = start_executor
        self._apply = apply
        self._executor: Executor | None = None
        # One batch does not pay for worker processes: they are started by the second.
        self._first: ComparedBatch | None = None
        self._waiting: deque[ComparedBatch] = deque()
        self._done: dict[int, Done] = {}
        self._under_way = 0
        self.peak_worker_rss = 0

    def add(self, batch: ComparedBatch) -> None:
        """Take a batch up; blocks while the window is full."""
        self._waiting.append(batch)
        if batch.work is not None:
            self._submit_or_keep(batch)
        self._collect(wait=False)
        while self._is_full():
            self._collect(wait=True)

    def drain(self) -> None:
        """Apply everything that was added."""
        if self._first is not None:
            self._start(alone=True)
        while self._under_way:
            self._collect(wait=True)
        self._apply_ready()

    def close(self) -> None:
        if self._executor is not None:
            self._executor.close()

    def _submit_or_keep(self, batch: ComparedBatch) -> None:
        if self._executor is not None:
            self._submit(batch)
        elif self._first is None:
            self._first = batch
        else:
            self._start(alone=False)
            self._submit(batch)

    def _start(self, *, alone: bool) -> None:
        self._executor = self._start_executor(alone)
        if self._first is not None:
            self._submit(self._first)
            self._first = None

    def _submit(self, batch: ComparedBatch) -> None:
        assert self._executor is not None
        assert batch.work is not None
        self._executor.submit(batch.work)
        self._under_way += 1
        # Its records are on their way: they are not kept here as well.
        batch.work = Work(batch.work.number, batch.work.contexts, [])

    def _is_full(self) -> bool:
        if self._executor is None:
            return False
        return self._under_way > self._executor.capacity or (
            self._under_way > 0 and len(self._waiting) > 4 * self._executor.capacity
        )

    def _collect(self, *, wait: bool) -> None:
        if self._executor is not None:
            for done in self._executor.collect(wait=wait):
                self._under_way -= 1
                self._done[done.number] = done
                self.peak_worker_rss = max(self.peak_worker_rss, done.peak_rss)
        self._apply_ready()

    def _apply_ready(self) -> None:
        waiting = self._waiting
        while waiting:
            head = waiting[0]
            if head.work is None:
                waiting.popleft()
                self._apply(head, None)
            elif head.number in self._done:
                waiting.popleft()
                self._apply(head, self._done.pop(head.number))
            else:
                return
