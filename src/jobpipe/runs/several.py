"""Several imports at the same time: each on a thread that mostly waits, their input and output on one event loop.

What goes wrong with one is its own: the others run on.
"""

from __future__ import annotations

import collections
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from django.db import connections

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Run, RunKind, RunState
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport, skipped
from jobpipe.safety.secrets import process_redactor
from jobpipe.sources.event_loop import shared_loop

if TYPE_CHECKING:
    from jobpipe.runs.workspace import Workspace


# The latest of all imports, to know which ones take long.
RUNS_LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Ended:
    """One import that is over."""

    name: str
    report: RunReport
    # What kept it from running; its report then says so in words.
    error: BaseException | None = None


class RunOne(Protocol):
    """Makes a run of an import, as `jobpipe.runs.conducting.run_import` does."""

    def __call__(self, workspace: Workspace, name: str, *, progress: Progress, stop: StopRequest) -> RunReport: ...


class Order(Protocol):
    """Says which import is next; asked by several threads."""

    def next(self, *, long: bool) -> str | None:
        """`long`: rather one that took long the last time. None = there is nothing more to do."""
        ...


class Several:
    """Runs them all; iterate to hear of each that ends."""

    def __init__(
        self,
        workspace: Workspace,
        names: Sequence[str],
        *,
        at_once: int,
        workers: int | None,
        progress_of: Callable[[str], Progress],
        stop: StopRequest,
        order: Order | None = None,
        run_one: RunOne = run_import,
    ) -> None:
        """`workers`: processes for all together; None = as jobpipe.yaml says.

        `order`: who is next, where another says it; there are then as many threads as may run at once.
        """
        number = workspace.project.workers if workers is None else workers
        self._workspace = replace(workspace, free_workers=threading.Semaphore(number))
        self._progress_of = progress_of
        self._stop = stop
        self._run_one = run_one
        self._order = _Order(names) if order is None else order
        self._ended: queue.SimpleQueue[Ended | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._conduct, args=(number % 2 == 1,), name=f"conductor-{number}", daemon=True)
            for number in range(at_once if order is not None else min(at_once, len(names)))
        ]

    def ended(self, *, tick: float) -> Iterator[Ended | None]:
        """Each import when it has ended; None about every `tick` seconds in which none has."""
        # Held all the time, so that it is not begun anew for each of many small imports.
        with shared_loop.held():
            for thread in self._threads:
                thread.start()
            left = len(self._threads)
            while left:
                try:
                    ended = self._ended.get(timeout=tick)
                except queue.Empty:
                    yield None
                    continue
                if ended is None:
                    left -= 1
                else:
                    yield ended

    # A conductor's thread ---------------------------------------------------------------------------

    def _conduct(self, takes_long_ones: bool) -> None:
        try:
            while not self._stop.requested and (name := self._order.next(long=takes_long_ones)) is not None:
                self._ended.put(self._run(name))
        finally:
            connections.close_all()
            self._ended.put(None)

    def _run(self, name: str) -> Ended:
        try:
            report = self._run_one(self._workspace, name, progress=self._progress_of(name), stop=self._stop)
        except JobpipeError as error:
            return Ended(name, not_run(name, str(error)), error)
        except Exception as error:
            words = f"job-pipe itself failed: {type(error).__name__}: {error}"
            return Ended(name, not_run(name, words), error)
        return Ended(name, report)


class _Order:
    """Who is next: half of the conductors take what took long the last time, half what took little.

    So long imports begin early, and never keep short ones from beginning.
    """

    def __init__(self, names: Sequence[str]) -> None:
        took = last_seconds()
        self._left = collections.deque(sorted(names, key=lambda name: took.get(name, 0.0)))
        self._lock = threading.Lock()

    def next(self, *, long: bool) -> str | None:
        with self._lock:
            if not self._left:
                return None
            return self._left.pop() if long else self._left.popleft()


def last_seconds() -> dict[str, float]:
    """Of each import's latest run that came to an end."""
    over = (
        Run.objects.filter(kind=RunKind.IMPORT, finished_at__isnull=False)
        .order_by("-id")
        .values_list("import_row__name", "seconds")
    )
    return dict(reversed(over[:RUNS_LOOKED_AT]))


def not_run(name: str, why: str) -> RunReport:
    return replace(skipped(name, process_redactor.clean(why)), state=RunState.FAILED)
