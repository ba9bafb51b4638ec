"""Processes of crawls, forked from one that has loaded Scrapy: loading it takes longer than most crawls of tests."""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from started_ahead import SOURCES, end_process

from jobpipe.sources.site import process

_NUMBER = struct.Struct("i")
_MOST_BYTES = 256 * 1024


@contextmanager
def forked() -> Iterator[None]:
    """Within it this process forks its crawls."""
    like_subprocess = types.SimpleNamespace(Popen=_ForkedCrawl, PIPE=subprocess.PIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "subprocess", like_subprocess)
        yield


@contextmanager
def from_nothing() -> Iterator[None]:
    """Within it a crawl is a Python that has loaded nothing, as it is for people."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "subprocess", subprocess)
        yield


class _ForkedCrawl:
    """As much of a `Popen` as `CrawlProcess` uses."""

    def __init__(self, command: list[str], *, env: Mapping[str, str], cwd: Path, **_: Any) -> None:
        for_input, to_tell = os.pipe()
        answers, for_answers = os.pipe()
        log, for_log = os.pipe()
        self._state, for_state = os.pipe()
        theirs = [for_input, for_answers, for_log, for_state]
        asked = json.dumps({"cwd": str(cwd), "environ": dict(env)}).encode()
        socket.send_fds(_forking(), [asked], theirs)
        for one in theirs:
            os.close(one)
        self.stdin = os.fdopen(to_tell, "wb")
        self.stdout = os.fdopen(answers, "rb")
        self.stderr = os.fdopen(log, "rb")
        self.pid = self._next_number()
        self._code: int | None = None

    def wait(self) -> int:
        if self._code is None:
            self._code = self._next_number()
            os.close(self._state)
        return self._code

    def kill(self) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)

    def _next_number(self) -> int:
        number: int = _NUMBER.unpack(os.read(self._state, _NUMBER.size))[0]
        return number


@functools.cache
def _forking() -> socket.socket:
    """The way to the process that forks them; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        child = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )
    atexit.register(child.wait)
    atexit.register(ours.close)
    return ours


# The process that forks ----------------------------------------------------------------------------


def _serve(questions: socket.socket) -> None:
    # Nobody waits for those that tell how a crawl ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        asked, files, _, _ = socket.recv_fds(questions, _MOST_BYTES, 4)
        if not asked:
            return
        if not os.fork():
            questions.close()
            _keep(json.loads(asked), files)
        for one in files:
            os.close(one)


def _keep(asked: Mapping[str, Any], files: list[int]) -> NoReturn:
    """Forks the crawl, tells its number, and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, state = files
    crawl = os.fork()
    if not crawl:
        os.close(state)
        _crawl(asked, streams)
    for one in (0, 1, 2, *streams):
        os.close(one)
    os.write(state, _NUMBER.pack(crawl))
    os.write(state, _NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(crawl, 0)[1])))
    os._exit(0)


def _crawl(asked: Mapping[str, Any], streams: list[int]) -> NoReturn:
    for number, one in enumerate(streams):
        os.dup2(one, number)
        os.close(one)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    found = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [asked["cwd"], *(path for path in found if path and path not in sys.path)]
    crawler = importlib.import_module("jobpipe.sources.site.crawler")
    sys.modules["__main__"] = crawler
    try:
        end_process(crawler.main())
    except SystemExit as end:
        end_process(end.code)


def _load() -> None:
    crawler = importlib.import_module("jobpipe.sources.site.crawler")
    for name in crawler._NEEDED:
        importlib.import_module(name)


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
