"""FTP servers for tests: pyftpdlib in a thread, and vsftpd as people run it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from processes import free_port, server_process
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

USER, PASSWORD = "anna", "wachtw00rd"


class FtpPlace:
    """`with FtpPlace(folder) as place: place.url("offers.xml")`. Files are those of the folder."""

    def __init__(self, folder: Path, *, certificate: Path | None = None, implicit: bool = False) -> None:
        folder.mkdir(exist_ok=True, parents=True)
        self.folder = folder
        self._scheme = "ftps" if certificate else "ftp"
        # One a transfer, until they are used up: its data connection ends after so many bytes.
        self.cuts: list[int] = []
        # Of the verbs that came, with what they named.
        self.asked: list[tuple[str, str]] = []
        # Called before a verb is answered, and after.
        self.before: dict[str, Callable[[str], object]] = {}
        self.after: dict[str, Callable[[], object]] = {}
        # Verbs that this server does not know.
        self.unknown: set[str] = set()
        self._loop = IOLoop()
        authorizer = DummyAuthorizer()
        authorizer.add_user(USER, PASSWORD, str(folder), perm="elradfmwMT")
        self._server = FTPServer(("127.0.0.1", 0), self._handler(authorizer, certificate), ioloop=self._loop)
        self.port: int = self._server.socket.getsockname()[1]
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _handler(self, authorizer: DummyAuthorizer, certificate: Path | None) -> Any:
        place = self
        data: Any = TLS_DTPHandler if certificate else DTPHandler
        control: Any = TLS_FTPHandler if certificate else FTPHandler

        class Data(data):  # type: ignore[misc]
            def __init__(self, *given: Any) -> None:
                super().__init__(*given)
                self.cut: int | None = None
                self.passed = 0

            def push_with_producer(self, producer: Any) -> None:
                if self.file_obj is not None and place.cuts:
                    self.cut = place.cuts.pop(0)
                super().push_with_producer(producer)

            def send(self, piece: bytes) -> int:
                if self.cut is not None and self.passed + len(piece) > self.cut:
                    sent = super().send(piece[: self.cut - self.passed])
                    self._resp = ("426 The line is broken.", print)
                    self.close()
                    return int(sent)
                sent = super().send(piece)
                self.passed += sent
                return int(sent)

        class Control(control):  # type: ignore[misc]
            def process_command(self, verb: str, *given: Any, **more: Any) -> Any:
                place.asked.append((verb, str(given[0]) if given else ""))
                if verb in place.before:
                    place.before[verb](verb)
                if verb in place.after:
                    place.after.pop(verb)()
                if verb in place.unknown:
                    return self.respond(f'502 Command "{verb}" not implemented.')
                return super().process_command(verb, *given, **more)

        Control.authorizer = authorizer
        Control.dtp_handler = Data
        Control.use_sendfile = False
        Control.auth_failed_timeout = 0
        if certificate:
            Control.certfile = str(certificate)
            Control.tls_control_required = Control.tls_data_required = True
        return Control

    @property
    def handler(self) -> Any:
        return self._server.handler

    def url(self, path: str, *, login: str = f"{USER}:{PASSWORD}@") -> str:
        return f"{self._scheme}://{login}127.0.0.1:{self.port}/{path}"

    def on_next(self, verb: str, act: Callable[[str], object]) -> None:
        """Once."""

        def once(came: str) -> None:
            del self.before[verb]
            act(came)

        self.before[verb] = once

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.asked]

    def _serve(self) -> None:
        while not self._is_closing.is_set():
            self._loop.loop(timeout=0.05, blocking=False)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing.set()
        self._thread.join()
        self._server.close_all()


@contextmanager
def vsftpd(folder: Path, certificate: Path, scratch: Path, **settings: str) -> Iterator[int]:
    """The port of a vsftpd with TLS for anonymous readers, which wants to see the TLS session again.

    `implicit_ssl="YES"` makes TLS begin with the first byte.
    """
    program = shutil.which("vsftpd") or shutil.which("vsftpd", path="/usr/sbin")
    if program is None:
        pytest.skip("vsftpd is not installed")
    port = free_port()
    empty = scratch / "empty"
    empty.mkdir()
    config = {
        "listen": "YES",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        "background": "NO",
        "anonymous_enable": "YES",
        "anon_root": str(folder),
        "local_enable": "NO",
        "ssl_enable": "YES",
        "allow_anon_ssl": "YES",
        "force_anon_logins_ssl": "YES",
        "force_anon_data_ssl": "YES",
        "require_ssl_reuse": "YES",
        "ssl_tlsv1": "YES",
        "ssl_ciphers": "HIGH",
        "rsa_cert_file": str(certificate),
        "secure_chroot_dir": str(empty),
        "run_as_launching_user": "YES",
        "seccomp_sandbox": "NO",
        "xferlog_enable": "NO",
        **settings,
    }
    path = scratch / "vsftpd.conf"
    path.write_text("".join(f"{name}={value}\n" for name, value in config.items()))
    with server_process([program, str(path)], port):
        yield port
