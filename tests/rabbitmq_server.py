"""A real RabbitMQ for tests: a node of its own in a temporary folder, with virtual hosts made beforehand.

The node is Debian's (`make servers` installs it); JOBPIPE_TEST_AMQP_URL names another broker instead, whose virtual
host the tests then use as it is.
"""

from __future__ import annotations

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

from processes import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NOT_THERE = "RabbitMQ is not installed"
VIRTUAL_HOSTS = 12


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
            "vm_memory_high_watermark.relative = 0.8\ndisk_free_limit.absolute = 10MB\nlog.console.level = info\n"
        )
        (folder / "plugins").write_text("[].\n")
        self._dist_port = free_port()

    def url(self) -> str:
        """Of a virtual host that nobody has used."""
        self._given += 1
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
        }
        log = (self._folder / "output").open("ab")
        self._process = subprocess.Popen(
            [str(SERVER)], env=environ, stdout=log, stderr=log, cwd=self._folder, start_new_session=True
        )
        log.close()
        deadline = time.monotonic() + 90
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

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

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
