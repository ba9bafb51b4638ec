"""A process that conducts some of many imports: it asks for the next whenever it has a free place, and tells what
becomes of each.

It ends when there is nothing more for it, and at once when the pipe to the process that shares out ends.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from types import FrameType

import msgspec

from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.conductor_messages import (
    Begun,
    Next,
    Over,
    Read,
    ToldError,
    Unable,
    Wants,
    decode_order,
    encode,
)
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.several import Ended, RunOne, Several
from jobpipe.runs.workspace import open_workspace
from jobpipe.tracing import start_tracing, stop_tracing

# Exit codes; nobody is left to read them where the parent is gone.
DONE, UNABLE, ORPHANED = 0, 1, 130

# Seconds between two signs of one import: for a person who looks.
_BETWEEN_SIGNS = 0.3


def conduct(
    project: Project, at_once: int, pipe: Connection, others: list[Connection], run_one: RunOne = run_import
) -> None:
    """Ends the process. `others`: of its parent, inherited; while one is open here, who reads it sees no end."""
    for other in others:
        other.close()
    # Whoever presses Ctrl-C reaches all processes; the parent says what is to be done.
    signal.signal(signal.SIGINT, _leave_it_to_the_parent)
    start_tracing()
    parent = _Parent(pipe)
    code = DONE
    try:
        with open_workspace(project) as workspace, ledger_expected():
            parent.listen()
            several = Several(
                workspace,
                (),
                at_once=at_once,
                workers=None,
                progress_of=lambda name: _Signs(parent, name),
                stop=parent.stop,
                order=parent,
                run_one=run_one,
            )
            for ended in several.ended(tick=60):
                if ended is not None:
                    parent.tell(_told(ended))
    except JobpipeError as error:
        parent.tell(Unable(ToldError.of(error)))
        code = UNABLE
    stop_tracing()
    sys.stderr.flush()
    # Threads of libraries that wait for a server must not keep a process that is done.
    os._exit(code)


def _leave_it_to_the_parent(number: int, frame: FrameType | None) -> None:
    pass


def _told(ended: Ended) -> Over:
    error = ended.error
    told = ToldError.of(error) if error is not None else None
    return Over(ended.name, ended.report, told, is_bug=error is not None and not isinstance(error, JobpipeError))


class _Parent:
    """The other end of the pipe; also says which import is next."""

    def __init__(self, pipe: Connection) -> None:
        self.stop = StopRequest()
        self._pipe = pipe
        self._telling = threading.Lock()
        self._next: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def listen(self) -> None:
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                order = decode_order(self._pipe.recv_bytes())
            except (EOFError, OSError):
                # What ends at any moment can be taken up again.
                os._exit(ORPHANED)
            if isinstance(order, Next):
                self._next.put(order.name)
            else:
                self.stop.requested = True

    def next(self, *, long: bool) -> str | None:
        self.tell(Wants(long))
        return self._next.get()

    def tell(self, news: msgspec.Struct) -> None:
        try:
            with self._telling:
                self._pipe.send_bytes(encode(news))
        except OSError:
            os._exit(ORPHANED)


class _Signs(Progress):
    """Where one import is, for whoever shows it."""

    def __init__(self, parent: _Parent, name: str) -> None:
        self._parent = parent
        self._name = name
        self._told = 0.0

    def begin(self, name: str, run: int) -> None:
        self._parent.tell(Begun(self._name, run))

    def update(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._told >= _BETWEEN_SIGNS:
            self._told = now
            self._parent.tell(Read(self._name, replace(reading)))
