"""Servers that are processes of their own, for tests: started, waited for, and ended."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def server_process(command: list[str], port: int, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs until the block ends; it begins when the port answers."""
    import os

    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        for _ in range(1000):
            if process.poll() is not None:
                assert process.stdout is not None
                raise RuntimeError(f"{command[0]} ended: {process.stdout.read().decode(errors='replace')}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.03)
        else:
            raise RuntimeError(f"{command[0]} does not listen")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()
