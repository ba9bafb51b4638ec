"""A server for the documents of a cluster: SecantusDB, which speaks MongoDB's wire protocol, as a process of its own.

`make servers` installs it in an environment of its own (.venv-mongo); it is a tool of the tests and is never imported.
JOBPIPE_TEST_MONGODB_URI names a real server instead, on which each test gets a database that goes with the session.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from processes import end_with_parent, free_port
from pymongo import MongoClient
from pymongo.errors import PyMongoError

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / ".venv-mongo" / "bin" / "secantusd-py"
REAL = os.environ.get("JOBPIPE_TEST_MONGODB_URI", "")
NOT_THERE = "no MongoDB server is here (make servers, or JOBPIPE_TEST_MONGODB_URI)"


def is_there() -> bool:
    return bool(REAL) or PROGRAM.exists()


class MongoServer:
    """One process with a folder; it may be killed and started again, with what it had acknowledged."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        command = [PROGRAM, "--host", "127.0.0.1", "--port", str(self.port), "--cache-size", "128M"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--storage-path", self._folder / "data", *self._options],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        deadline = time.monotonic() + 60
        with MongoClient(
            f"mongodb://127.0.0.1:{self.port}/?directConnection=true&serverSelectionTimeoutMS=200"
        ) as client:
            while True:
                try:
                    client.admin.command("ping")
                    return
                except PyMongoError:
                    assert self._process.poll() is None, (self._folder / "log").read_text()
                    assert time.monotonic() < deadline, "the server does not answer"

    def kill(self) -> None:
        """As a machine that loses its power."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def uri(self, database: str, **options: object) -> str:
        given = "&".join(f"{name}={value}" for name, value in {"serverSelectionTimeoutMS": 20_000, **options}.items())
        return f"mongodb://127.0.0.1:{self.port}/{database}?{given}"


class RealServer:
    """The one that JOBPIPE_TEST_MONGODB_URI names."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._databases: set[str] = set()
        atexit.register(self._drop)

    def uri(self, database: str, **options: object) -> str:
        scheme, _, rest = self._uri.partition("://")
        place, _, given = rest.partition("?")
        words = [given] if given else []
        words += [f"{name}={value}" for name, value in options.items()]
        self._databases.add(database)
        return f"{scheme}://{place.partition('/')[0]}/{database}?{'&'.join(words)}"

    def _drop(self) -> None:
        with MongoClient(self._uri) as client:
            for name in self._databases:
                client.drop_database(name)


@functools.cache
def shared_server() -> MongoServer | RealServer:
    """One a session; the test that asks is skipped where there is none."""
    if REAL:
        return RealServer(REAL)
    if not is_there():
        pytest.skip(NOT_THERE)
    folder = Path(tempfile.mkdtemp(prefix="mongo-"))
    server = MongoServer(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    server.start()
    return server


def database_of(folder: Path) -> str:
    """A name that only this folder has."""
    return "t" + hashlib.blake2b(str(folder).encode(), digest_size=8).hexdigest()


def documents_uri(folder: Path, **options: object) -> str:
    """A database that is named after a folder, on the server of this session."""
    return shared_server().uri(database_of(folder), **options)
