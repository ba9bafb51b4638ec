"""Many imports at the same time, in several processes: one core is not enough for hundreds of them.

    with Conductors(project, number, at_once=…) as conductors:
        ...  # open the workspace
        for ended in conductors.ended(names, tick=…, …):

They are forked, and therefore before this process has a thread or a connection: all that it has imported is theirs
without the second that it takes.  This process runs nothing itself: it shares out, and hears.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

import msgspec

from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError, Place
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.conductor_messages import Begun, Next, Over, Read, Stop, Unable, Wants, decode_news, encode
from jobpipe.runs.conductor_process import conduct
from jobpipe.runs.progress import Progress
from jobpipe.runs.several import Ended, not_run
from jobpipe.runs.sharing_out import SharingOut, share_out

# Of imports, from which on a second process is worth its start.
FEWEST_EACH = 10
# Imported when they are first needed; here they are there before the processes part.
_NEEDED_BY_ALL = (
    "django.db.backends.sqlite3.base",
    "jobpipe.documents.sqlite",
    "jobpipe.runs.executors.shared",
    "jobpipe.sources.transports.connecting",
    "jobpipe.sources.transports.http",
    "jobpipe.transform.steps.registry",
)

_context = multiprocessing.get_context("fork")


def processes_for(project: Project, imports: int, *, at_once: int, workers: int) -> int:
    """How many conduct so many imports; 1 = this process does it itself."""
    most = min(len(os.sched_getaffinity(0)), workers, at_once, project.settings.hosts.in_all)
    return max(min(most, imports // FEWEST_EACH), 1)


@dataclass(eq=False, slots=True)
class _Conductor:
    number: int
    process: ForkProcess
    pipe: Connection
    # Places that nothing was found for yet, as they asked: whether for a long one.
    waiting: deque[bool] = field(default_factory=deque)
    # What it has begun, by name.
    running: dict[str, Progress | None] = field(default_factory=dict)

    def tell(self, order: msgspec.Struct) -> None:
        """That it died meanwhile shows at its pipe's end."""
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(encode(order))


class Conductors:
    def __init__(self, project: Project, number: int, *, at_once: int, workers: int) -> None:
        """`at_once` and `workers` are for all together."""
        for module in _NEEDED_BY_ALL:
            importlib.import_module(module)
        self._project = project
        self._conductors: list[_Conductor] = []
        for place in range(number):
            ours, theirs = _context.Pipe()
            share, places = share_of(project, place, number, at_once=at_once, workers=workers)
            others = [ours, *(one.pipe for one in self._conductors)]
            process = _context.Process(
                target=conduct,
                args=(share, places, theirs, others),
                name=f"conductor-{place}",
                daemon=True,
            )
            process.start()
            theirs.close()
            self._conductors.append(_Conductor(place, process, ours))

    def __enter__(self) -> Conductors:
        return self

    def __exit__(self, *_: object) -> None:
        """Those that are at work yet end at once."""
        for one in self._conductors:
            one.pipe.close()
        for one in self._conductors:
            one.process.join()

    def ended(
        self, names: Sequence[str], *, tick: float, progress_of: Callable[[str], Progress], stop: StopRequest
    ) -> Iterator[Ended | None]:
        """As `Several.ended`."""
        order = share_out(self._project, names, processes=len(self._conductors))
        at_work = {one.pipe: one for one in self._conductors}
        is_told = False
        while at_work:
            ready = multiprocessing.connection.wait(list(at_work), timeout=tick)
            if stop.requested and not is_told:
                is_told = True
                for one in at_work.values():
                    one.tell(Stop())
            for pipe in ready:
                assert isinstance(pipe, Connection)
                yield from self._hear(at_work, at_work[pipe], order, progress_of)
            for one in at_work.values():
                _serve(one, order, is_over=stop.requested)
            if not ready:
                yield None

    def _hear(
        self,
        at_work: dict[Connection, _Conductor],
        conductor: _Conductor,
        order: SharingOut,
        progress_of: Callable[[str], Progress],
    ) -> Iterator[Ended]:
        try:
            news = decode_news(conductor.pipe.recv_bytes())
        except (EOFError, OSError):
            del at_work[conductor.pipe]
            order.release(conductor.number)
            yield from _interrupted(conductor)
            return
        match news:
            case Wants(long=long):
                conductor.waiting.append(long)
            case Begun(name=name, run=run):
                progress = conductor.running[name] = progress_of(name)
                progress.begin(name, run)
            case Read(name=name, reading=reading):
                if (shown := conductor.running.get(name)) is not None:
                    shown.update(reading)
            case Over(name=name, report=report, error=error, is_bug=is_bug):
                conductor.running.pop(name, None)
                # Of a bug, the report has the words.
                told = None if error is None else RuntimeError(error.message) if is_bug else error.error()
                yield Ended(name, report, told)
            case Unable(error=error):
                raise error.error()


def _serve(conductor: _Conductor, order: SharingOut, *, is_over: bool) -> None:
    """Its free places: what is left for it, or the word that nothing is left for anybody."""
    while conductor.waiting:
        name = None if is_over else order.next(conductor.number, long=conductor.waiting[0])
        if name is None and not is_over and len(order):
            # Others are to have it; unless they die.
            return
        conductor.waiting.popleft()
        if name is not None:
            conductor.running[name] = None
        conductor.tell(Next(name))


def _interrupted(conductor: _Conductor) -> Iterator[Ended]:
    """What was in the hands of a process that is no more."""
    conductor.process.join()
    for name in conductor.running:
        message = f"its process ended in the middle ({how_it_ended(conductor.process.exitcode)})"
        hint = f"nothing is lost: jobpipe run {name} goes on where it was"
        error = JobpipeError(message, place=Place(source=name), hint=hint)
        yield Ended(name, not_run(name, f"interrupted: {message}"), error)
    conductor.running.clear()


def how_it_ended(code: int | None) -> str:
    """A process, for a person."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def share_of(project: Project, place: int, number: int, *, at_once: int, workers: int) -> tuple[Project, int]:
    """The project as one of them sees it, with its part of what is limited for all together; its runs at a time."""
    hosts = project.settings.hosts
    share = Project(
        project.root,
        project.settings.model_copy(
            update={
                "workers": _part(workers, place, number),
                "hosts": hosts.model_copy(update={"in_all": _part(hosts.in_all, place, number)}),
            }
        ),
    )
    return share, _part(at_once, place, number)


def _part(total: int, place: int, number: int) -> int:
    return total // number + (place < total % number)
