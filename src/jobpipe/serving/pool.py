"""Conductors that come when there is something to run and go when there is not, each a process.

They are forked by a server of processes that holds no connection, and end with this process, however that ends.
Imports of one host are conducted by one process, so that its limits hold.  One that dies costs its runs their sitting:
they are taken up again, one at a time in a process of their own, and given up when they have killed three.
"""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.forkserver
import os
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from jobpipe.definition.project import Project, find_project
from jobpipe.errors import JobpipeError
from jobpipe.runs.conductor_messages import Begun, Next, Over, Read, Stop, Unable, Wants, decode_news, encode
from jobpipe.runs.conductors import how_it_ended, processes_for, share_of
from jobpipe.runs.several import last_seconds
from jobpipe.runs.sharing_out import groups_of, hosts_of
from jobpipe.serving.conductor import conduct_what_waits

log = logging.getLogger("jobpipe.serve")

# Conductors that died with a run in their hands, until it is given up.
MOST_DEATHS = 3
# Seconds that a conductor waits for further work before it ends, and with it the memory that it took.
LINGER = 5.0
# Runs after which it makes room for a fresh one.
MOST_RUNS = 500

_context = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class Ended:
    """One run that is over, or a process that is."""

    name: str
    over: Over | None = None
    # How the process ended, where it did so in the middle.
    died: str = ""
    # It has done so too often.
    is_hopeless: bool = False


@dataclass(eq=False, slots=True)
class _Conductor:
    process: ForkServerProcess
    pipe: Connection
    # Places, and those of them that have nothing to do, as they asked: whether for a long one.
    at_once: int
    # For what has killed one already, one at a time.
    is_for_suspects: bool = False
    waiting: deque[bool] = field(default_factory=deque)
    running: set[str] = field(default_factory=set)
    begun: int = 0
    idle_since: float = field(default_factory=time.monotonic)
    is_ending: bool = False

    def tell(self, order: Next | Stop) -> None:
        try:
            self.pipe.send_bytes(encode(order))
        except OSError:
            # That it died shows at its pipe's end.
            return


class Pool:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._conductors: list[_Conductor] = []
        self._waiting: list[str] = []
        self._suspects: list[str] = []
        self._hosts: dict[str, set[str]] = {}
        self._took: dict[str, float] = {}
        self._deaths: Counter[str] = Counter()
        self._is_stopping = False
        _context.set_forkserver_preload(["jobpipe.serving.preloaded"])
        multiprocessing.forkserver.ensure_running()

    @property
    def running(self) -> set[str]:
        return {name for one in self._conductors for name in one.running}

    @property
    def waiting(self) -> set[str]:
        return {*self._waiting, *self._suspects}

    def want(self, names: list[str]) -> None:
        """Let these be run, each once; those that wait or run already are not asked for twice."""
        known = self.running | self.waiting
        new = [name for name in names if name not in known]
        if not new or self._is_stopping:
            return
        project = find_project(self._root, os.environ)
        self._took = last_seconds()
        for name in new:
            self._hosts[name] = hosts_of(project, name)
            (self._suspects if self._deaths[name] else self._waiting).append(name)
        self._start_conductors(project)

    def step(self, seconds: float) -> list[Ended]:
        """Hear what happened, for at most so long, and hand out what waits."""
        found: list[Ended] = []
        by_pipe = {one.pipe: one for one in self._conductors}
        if not by_pipe:
            time.sleep(seconds)
        for pipe in multiprocessing.connection.wait(list(by_pipe), timeout=seconds) if by_pipe else ():
            assert isinstance(pipe, Connection)
            found += self._hear(by_pipe[pipe])
        if (self._waiting or self._suspects) and not self._is_stopping:
            self._start_conductors(None)
        for one in self._conductors:
            self._serve(one)
        return found

    def stop(self) -> None:
        """Let each finish its batch; what is under way is taken up by the next. Does not wait: go on with `step`."""
        self._is_stopping = True
        self._waiting, self._suspects = [], []
        for one in self._conductors:
            one.tell(Stop())

    @property
    def is_idle(self) -> bool:
        return not self._conductors

    def end(self) -> None:
        """At once."""
        for one in self._conductors:
            one.pipe.close()
            one.process.kill()
        for one in self._conductors:
            one.process.join()
        self._conductors = []

    # Processes ---------------------------------------------------------------------------------------

    def _start_conductors(self, project: Project | None) -> None:
        usual = [one for one in self._conductors if not one.is_for_suspects and not one.is_ending]
        if self._waiting:
            project = project or find_project(self._root, os.environ)
            workers, at_once = project.workers, project.settings.at_once
            wanted = processes_for(project, len(self._waiting), at_once=at_once, workers=workers)
            for place in range(len(usual), wanted):
                share, places = share_of(project, place, wanted, at_once=at_once, workers=workers)
                self._start(share, places)
        if self._suspects and not any(one.is_for_suspects and not one.is_ending for one in self._conductors):
            self._start(project or find_project(self._root, os.environ), 1, is_for_suspects=True)

    def _start(self, project: Project, at_once: int, *, is_for_suspects: bool = False) -> None:
        ours, theirs = _context.Pipe()
        process = _context.Process(target=conduct_what_waits, args=(project, at_once, theirs), name="conductor")
        process.start()
        theirs.close()
        self._conductors.append(_Conductor(process, ours, at_once, is_for_suspects))

    def _hear(self, conductor: _Conductor) -> list[Ended]:
        try:
            news = decode_news(conductor.pipe.recv_bytes())
        except (EOFError, OSError):
            return self._bury(conductor)
        match news:
            case Wants(long=long):
                conductor.waiting.append(long)
                if len(conductor.waiting) == conductor.at_once:
                    conductor.idle_since = time.monotonic()
            case Over(name=name):
                conductor.running.discard(name)
                self._deaths.pop(name, None)
                return [Ended(name, over=news)]
            case Unable(error=error):
                log.error("a conductor could not begin: %s", error.error())
            case Begun() | Read():
                pass
        return []

    def _bury(self, conductor: _Conductor) -> list[Ended]:
        conductor.process.join()
        conductor.pipe.close()
        self._conductors.remove(conductor)
        how = how_it_ended(conductor.process.exitcode)
        found: list[Ended] = []
        for name in sorted(conductor.running):
            self._deaths[name] += 1
            is_hopeless = self._deaths[name] >= MOST_DEATHS
            found.append(Ended(name, died=how, is_hopeless=is_hopeless))
            if is_hopeless:
                del self._deaths[name]
        return found

    # Who is next -------------------------------------------------------------------------------------

    def _serve(self, conductor: _Conductor) -> None:
        """Its free places: what is left for it, or the word that it may end."""
        if conductor.is_ending:
            self._let_end(conductor)
            return
        while conductor.waiting:
            name = None if self._is_stopping else self._next(conductor, long=conductor.waiting[0])
            if name is None:
                break
            conductor.waiting.popleft()
            conductor.running.add(name)
            conductor.begun += 1
            conductor.tell(Next(name))
        is_idle = len(conductor.waiting) == conductor.at_once
        is_tired = is_idle and time.monotonic() - conductor.idle_since >= LINGER
        if self._is_stopping or is_tired or conductor.begun >= MOST_RUNS:
            conductor.is_ending = True
            self._let_end(conductor)

    def _let_end(self, conductor: _Conductor) -> None:
        while conductor.waiting:
            conductor.waiting.popleft()
            conductor.tell(Next(None))

    def _next(self, conductor: _Conductor, *, long: bool) -> str | None:
        if conductor.is_for_suspects:
            return self._suspects.pop(0) if self._suspects else None
        if not self._waiting:
            return None
        elsewhere = self._groups_elsewhere(conductor)
        groups = self._groups()
        ordered = sorted(self._waiting, key=lambda name: self._took.get(name, 0.0), reverse=long)
        for name in ordered:
            if groups.get(name) not in elsewhere or name not in groups:
                self._waiting.remove(name)
                return name
        return None

    def _groups(self) -> dict[str, str]:
        """Of what waits and runs: what must not be apart, because its hosts are the same."""
        names = self.running | set(self._waiting)
        self._hosts = {name: hosts for name, hosts in self._hosts.items() if name in names or name in self._suspects}
        return groups_of(self._hosts)

    def _groups_elsewhere(self, conductor: _Conductor) -> set[str | None]:
        groups = self._groups()
        others = (name for one in self._conductors if one is not conductor for name in one.running)
        return {groups.get(name) for name in others} - {None}


def problem_of(over: Over) -> JobpipeError | None:
    """What kept it from running, for a person."""
    return over.error.error() if over.error is not None else None
