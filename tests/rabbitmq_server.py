"""A real RabbitMQ for tests: a node of its own in a temporary folder, with virtual hosts made beforehand.

The node is Debian's (`make servers` installs it); JOBPIPE_TEST_AMQP_URL names another broker instead, whose virtual
host the tests then use as it is.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# Erlang's list of the nodes of a machine.
NAMES = Path("/usr/bin/epmd")
NOT_THERE = "RabbitMQ is not installed"
VIRTUAL_HOSTS = 24


def is_there() -> bool:
    return SERVER.exists()


class RabbitServer:
    """One node; it may be killed and started again, with what it had confirmed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._given = 0
        definitions = {
            "users": [{"name": "guest", "password": "guest", "tags": "administrator"}],
            "vhosts": [{"name": f"t{number}"} for number in range(VIRTUAL_HOSTS)],
            "permissions": [
                {"user": "guest", "vhost": f"t{number}", "configure": ".*", "write": ".*", "read": ".*"}
                for number in range(VIRTUAL_HOSTS)
            ],
        }
        (folder / "definitions.json").write_text(json.dumps(definitions))
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nload_definitions = {folder}/definitions.json\n"
            "vm_memory_high_watermark.relative = 0.8\ndisk_free_limit.absolute = 10MB\nlog.console.level = error\n"
        )
        (folder / "plugins").write_text("[].\n")
        self._dist_port = free_port()
        # Its own, because one that the node starts itself outlives it.
        self._names_port = free_port()
        self._names: subprocess.Popen[bytes] | None = None

    def url(self) -> str:
        """Of a virtual host that nobody has used."""
        self._given += 1
        assert self._given <= VIRTUAL_HOSTS, "make more virtual hosts: each test takes one"
        return f"amqp://guest:guest@127.0.0.1:{self.port}/t{self._given - 1}"

    def start(self) -> None:
        name = f"jobpipe-{self.port}@localhost"
        environ = {
            **os.environ,
            "HOME": str(self._folder),
            "RABBITMQ_NODENAME": name,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names_port),
        }
        if self._names is None:
            self._names = subprocess.Popen([str(NAMES)], env=environ, stdin=subprocess.DEVNULL, start_new_session=True)
        log = (self._folder / "output").open("ab")
        self._process = subprocess.Popen(
            [str(SERVER)], env=environ, stdout=log, stderr=log, cwd=self._folder, start_new_session=True
        )
        log.close()
        deadline = time.monotonic() + 240
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                output = (self._folder / "output").read_text(errors="replace")[-4000:]
                raise RuntimeError(f"RabbitMQ did not start:\n{output}")
            time.sleep(0.1)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(2)
            try:
                probe.connect(("127.0.0.1", self.port))
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return probe.recv(1) != b""
            except OSError:
                return False

    def kill(self) -> None:
        """As a machine that loses its power would."""
        self._signal(signal.SIGKILL)

    def lose_all(self) -> None:
        """After a kill: its disk is gone as well."""
        shutil.rmtree(self._folder / "data")

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        names, self._names = self._names, None
        if names is not None:
            names.kill()
            names.wait()

    def _signal(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@functools.cache
def shared_server() -> RabbitServer:
    """One for all tests of this process, each in a virtual host of its own; skips where there is none."""
    if not is_there():
        pytest.skip(NOT_THERE)
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-rabbitmq-"))
    server = RabbitServer(folder)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server


@contextmanager
def rabbitmq() -> Iterator[RabbitServer]:
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-rabbitmq-"))
    server = RabbitServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
