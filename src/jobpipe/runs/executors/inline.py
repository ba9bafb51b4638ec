"""The executor of small imports: batches are transformed where they are submitted."""

from __future__ import annotations

from collections.abc import Iterator

from jobpipe.runs.executors.executor import Charge, Done, Work
from jobpipe.runs.executors.worker import transform_batch, transformer_of


class InlineExecutor:
    capacity = 1

    def __init__(self, charge: Charge) -> None:
        self._transformer = transformer_of(charge)
        self._done: list[Done] = []

    def submit(self, work: Work) -> None:
        self._done.append(transform_batch(self._transformer, work))

    def collect(self, *, wait: bool) -> Iterator[Done]:
        done, self._done = self._done, []
        yield from done

    def close(self) -> None:
        self._done = []
