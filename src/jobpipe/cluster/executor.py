"""The executor of a cluster: batches go to whichever worker is free, and come back by the sitting's own queue.

The conductor alone decides and writes, in the order of the records, just as it does on one machine: see
docs/decisions/0003.  A batch that is lost with its worker is delivered again by the broker; one that kills three
workers is halved until the guilty record is found.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from jobpipe.cluster.answers import AnswerReceiver
from jobpipe.cluster.messages import LIMIT, Answer, pack_work
from jobpipe.errors import InternalError, JobpipeError
from jobpipe.runs.executors.executor import Done, Work
from jobpipe.runs.executors.halving import halves, rejected_for_killing
from jobpipe.transform.outcome import Transformed

# Seconds between two tries to find a worker that has the project's hooks.py, and how long that is tried in all.
BETWEEN_REFUSALS = 1.0
MOST_REFUSALS = 120.0
# Seconds without any answer after which `waiting` is told.
QUIET = 15.0


class Sender(Protocol):
    """How a unit gets on its way."""

    def send(self, unit: str, packed: bytes, *, by_reference: bool) -> None: ...


class NoFittingWorkerError(JobpipeError):
    """Every worker that took a batch has another hooks.py than the project."""

    code = "JP3010"


@dataclass(slots=True)
class _Unit:
    """A batch, or a piece of one."""

    name: str
    work: Work
    # Pieces that it was cut into, in their order; it is then not on its way itself.
    pieces: list[_Unit] = field(default_factory=list)
    results: list[Transformed] | None = None

    @property
    def is_done(self) -> bool:
        return self.results is not None or (bool(self.pieces) and all(piece.is_done for piece in self.pieces))

    def all_results(self) -> list[Transformed]:
        if self.results is not None:
            return self.results
        return [result for piece in self.pieces for result in piece.all_results()]


class ClusterExecutor:
    """See `jobpipe.runs.executors.executor.Executor`."""

    def __init__(
        self,
        sender: Sender,
        answers: AnswerReceiver,
        *,
        window: int,
        waiting: Callable[[float], None] = lambda seconds: None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """`window`: batches under way at a time; `waiting(seconds)` is told when no answer comes."""
        self.capacity = window
        self._sender = sender
        self._answers = answers
        self._waiting = waiting
        self._on_close = on_close
        self._batches: dict[int, _Unit] = {}
        self._under_way: dict[str, _Unit] = {}
        self._ready: deque[Done] = deque()
        self._peak = 0
        self._refused_since = 0.0

    def submit(self, work: Work) -> None:
        unit = _Unit(str(work.number), work)
        self._batches[work.number] = unit
        self._send(unit)

    def collect(self, *, wait: bool) -> Iterator[Done]:
        began = time.monotonic()
        while self._batches or self._ready:
            if self._ready:
                wait = False
                yield self._ready.popleft()
                continue
            answer = self._answers.get(timeout=QUIET if wait else 0)
            if answer is not None:
                self._take(answer)
            elif wait:
                self._waiting(time.monotonic() - began)
            else:
                return

    def close(self) -> None:
        self._answers.close()
        self._on_close()

    # On their way -----------------------------------------------------------------------------------

    def _send(self, unit: _Unit) -> None:
        packed = pack_work(unit.work)
        if len(packed) > LIMIT and len(unit.work.items) > 1:
            self._halve(unit)
            return
        self._under_way[unit.name] = unit
        self._sender.send(unit.name, packed, by_reference=len(packed) > LIMIT)

    def _halve(self, unit: _Unit) -> None:
        unit.pieces = [_Unit(f"{unit.name}.{number}", half) for number, half in enumerate(halves(unit.work))]
        for piece in unit.pieces:
            self._send(piece)

    # Back again -------------------------------------------------------------------------------------

    def _take(self, answer: Answer) -> None:
        unit = self._under_way.pop(answer.unit, None)
        if unit is None:  # a worker that was thought to be lost has answered too
            return
        if answer.word == "refused":
            self._try_another(unit, answer.message)
            return
        self._refused_since = 0.0
        if answer.word == "failed":
            raise InternalError(f"a worker could not transform a batch: {answer.message}")
        if answer.word == "died":
            self._survive(unit)
        else:
            assert answer.done is not None
            unit.results = answer.done.results
            self._peak = max(self._peak, answer.done.peak_rss)
        self._settle(unit.work.number)

    def _survive(self, unit: _Unit) -> None:
        if len(unit.work.items) == 1:
            unit.results = [rejected_for_killing(unit.work)]
        else:
            self._halve(unit)

    def _try_another(self, unit: _Unit, why: str) -> None:
        now = time.monotonic()
        self._refused_since = self._refused_since or now
        if now - self._refused_since > MOST_REFUSALS:
            raise NoFittingWorkerError(why, hint="restart the workers with the project folder as it is now")
        time.sleep(BETWEEN_REFUSALS)
        unit.name += "'"
        self._send(unit)

    def _settle(self, number: int) -> None:
        unit = self._batches[number]
        if unit.is_done:
            del self._batches[number]
            self._ready.append(Done(number, unit.all_results(), self._peak))
