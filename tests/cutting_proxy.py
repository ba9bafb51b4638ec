"""A wire that breaks: passes bytes on to a server, and cuts the connection after so many."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class CuttingProxy:
    """`cuts`: one a connection, until they are used up: after so many bytes from the server it is cut; `sent_cuts`:
    after so many bytes to it."""

    def __init__(self, port: int, cuts: list[int] | None = None, sent_cuts: list[int] | None = None) -> None:
        self._target = port
        self.cuts = cuts or []
        self.sent_cuts = sent_cuts or []
        self.connections = 0
        # What is still let through from the server on all connections; None = anything.
        self._left: int | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def cut_after_next(self, count: int) -> None:
        """The connections that are open, after so many more bytes from the server; once."""
        self._left = count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._target))
            cut = self.cuts.pop(0) if self.cuts else None
            sent = self.sent_cuts.pop(0) if self.sent_cuts else None
            threading.Thread(target=_pass_on, args=(client, server, sent, None), daemon=True).start()
            threading.Thread(target=_pass_on, args=(server, client, cut, self), daemon=True).start()

    def left_of(self, count: int) -> int | None:
        """None = all that came may pass; a number = so much of it, and then the cut."""
        if self._left is None or count <= self._left:
            self._left = None if self._left is None else self._left - count
            return None
        left, self._left = self._left, None
        return left


def _pass_on(giver: socket.socket, taker: socket.socket, cut: int | None, proxy: CuttingProxy | None) -> None:
    passed = 0
    with contextlib.suppress(OSError):
        while chunk := giver.recv(16 * 1024):
            if proxy is not None and (left := proxy.left_of(len(chunk))) is not None:
                taker.sendall(chunk[:left])
                break
            if cut is not None and passed + len(chunk) > cut:
                taker.sendall(chunk[: cut - passed])
                break
            passed += len(chunk)
            taker.sendall(chunk)
    for one in (giver, taker):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
