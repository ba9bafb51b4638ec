"""The local executor: worker processes, each with its pipes, a batch under way and one that waits in it.

A thread a worker only moves bytes, so that the conductor never waits for a pipe; a worker that has answered finds
the next batch there already.  The death of a worker is known by the batch that it had: the batch is tried again,
and one that kills its worker three times is halved until the guilty record is found, which is then rejected.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO

import msgspec

from jobpipe.errors import InternalError
from jobpipe.runs.executors import record_time
from jobpipe.runs.executors.executor import Charge, Done, Work
from jobpipe.runs.executors.halving import DEATHS_BEFORE_HALVING, halves, rejected_for_killing
from jobpipe.runs.executors.worker import receive, send
from jobpipe.transform.outcome import Transformed

# That a worker has: one under way, and one that it finds when it has answered.
BATCHES_AT_ONCE = 2
# What Linux lets anyone have.
PIPE_BYTES = 1024 * 1024

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Done).decode


class _WorkerProcess:
    """One child process and its two pipes."""

    def __init__(self, charge: bytes) -> None:
        self._charge = charge
        self._child: subprocess.Popen[bytes] | None = None

    def put(self, question: bytes) -> None:
        """Ask; that the worker died shows when the answer is taken."""
        child = self._child or self._start()
        assert child.stdin is not None
        with contextlib.suppress(OSError):
            send(child.stdin, question)

    def take(self) -> bytes | None:
        """The answer to the oldest question; None when the worker died of it, and with it all that it was asked."""
        child = self._child
        answer = None
        if child is not None:
            assert child.stdout is not None
            with contextlib.suppress(OSError):
                answer = receive(child.stdout)
        if answer is None:
            self.stop()
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = child = subprocess.Popen(
            [sys.executable, "-m", "jobpipe.runs.executors.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        assert child.stdin is not None
        assert child.stdout is not None
        for pipe in (child.stdin, child.stdout):
            _enlarge(pipe)
        send(child.stdin, self._charge)
        return child

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                # It may have died with bytes of ours in its pipe.
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _enlarge(pipe: IO[bytes]) -> None:
    """A batch goes through at once, not in sixteen pieces; where the system allows less, it works all the same."""
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class LocalExecutor:
    def __init__(self, charge: Charge, *, workers: int) -> None:
        self.capacity = workers * BATCHES_AT_ONCE
        self._charge = msgspec.msgpack.encode(charge)
        self._waiting: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[Done | BaseException] = queue.SimpleQueue()
        self._under_way = 0
        self._most_workers = workers
        self._threads: list[threading.Thread] = []
        # Workers that have nothing to do: nobody takes a second batch while there is one.
        self._idle = 0
        self._counting = threading.Lock()

    def submit(self, work: Work) -> None:
        self._under_way += 1
        self._waiting.put(work)
        # A worker takes about as long to start as to transform a batch: another one comes where batches wait.
        if len(self._threads) < self._most_workers and self._under_way > 2 * len(self._threads):
            self._threads.append(threading.Thread(target=self._serve, daemon=True))
            self._threads[-1].start()

    def collect(self, *, wait: bool) -> Iterator[Done]:
        while self._under_way:
            try:
                answer = self._ready.get(block=wait)
            except queue.Empty:
                return
            wait = False
            self._under_way -= 1
            if isinstance(answer, BaseException):
                raise InternalError(f"a worker could not be used: {answer}") from answer
            yield answer

    def close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    # The thread of one worker -----------------------------------------------------------------------

    def _serve(self) -> None:
        worker = _WorkerProcess(self._charge)
        # What it was asked and has not answered, oldest first.
        asked: collections.deque[Work] = collections.deque()
        is_open = True
        try:
            while is_open or asked:
                is_open = is_open and self._ask_ahead(worker, asked)
                if asked:
                    self._ready.put(_answer(worker, asked))
        except BaseException as error:
            self._ready.put(error)
        finally:
            worker.stop()

    def _ask_ahead(self, worker: _WorkerProcess, asked: collections.deque[Work]) -> bool:
        """Give the worker what waits, so much that it never waits itself; False = nothing more will come."""
        while len(asked) < BATCHES_AT_ONCE:
            if asked and self._idle:
                return True
            try:
                work = self._waiting.get_nowait() if asked else self._wait_for_work()
            except queue.Empty:
                return True
            if work is None:
                return False
            asked.append(work)
            worker.put(_encode(work))
        return True

    def _wait_for_work(self) -> Work | None:
        with self._counting:
            self._idle += 1
        try:
            return self._waiting.get()
        finally:
            with self._counting:
                self._idle -= 1


def _answer(worker: _WorkerProcess, asked: collections.deque[Work]) -> Done:
    """To the oldest question; where the worker died of it, the others are asked again."""
    work = asked.popleft()
    answer = worker.take()
    if answer is not None:
        return _decode(answer)
    done = _survive(worker, work, deaths=1)
    for other in asked:
        worker.put(_encode(other))
    return done


def _survive(worker: _WorkerProcess, work: Work, *, deaths: int = 0) -> Done:
    question = _encode(work)
    for _ in range(DEATHS_BEFORE_HALVING - deaths):
        began = time.monotonic()
        worker.put(question)
        answer = worker.take()
        if answer is not None:
            return _decode(answer)
        if time.monotonic() - began > record_time.SECONDS:
            # A record that never ends is no accident that may pass.
            break
    if len(work.items) == 1:
        return Done(work.number, [rejected_for_killing(work)])
    results: list[Transformed] = []
    peak = 0
    for half in halves(work):
        done = _survive(worker, half)
        results += done.results
        peak = max(peak, done.peak_rss)
    return Done(work.number, results, peak)
