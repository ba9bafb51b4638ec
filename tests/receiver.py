"""An application that takes batches of changes over HTTP, once each by their idempotency keys; scripted for trouble."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Taken:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answered:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """`with Receiver() as receiver: receiver.url`. What is in `script` happens to the next requests, one each."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        # By id; what a batch brought, once a key.
        self.postings: dict[str, Any] = {}
        self.applied: list[str] = []
        # An answer instead of the usual one, or "drop": the batch is processed and the answer lost; "deaf": nothing is
        # processed and the connection lost; "mute": no answer at all.
        self.script: list[Answered | str] = []
        self.answer: Callable[[Taken], Answered] = lambda taken: Answered()
        self.closing = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken = Taken(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                step = receiver.script.pop(0) if receiver.script else ""
                receiver.taken.append(taken)
                if step in ("", "drop", "mute"):
                    receiver.apply(taken)
                if step == "mute":
                    receiver.closing.wait(20)
                if step in ("drop", "deaf", "mute"):
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                given = step if isinstance(step, Answered) else receiver.answer(taken)
                self.send_response(given.status)
                for name, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/jobs"

    def apply(self, taken: Taken) -> None:
        said = taken.json
        for item in said.get("items", said.get("data", {}).get("items", [])):
            if item["idempotency_key"] in self.applied:
                continue
            self.applied.append(item["idempotency_key"])
            if item["action"] == "remove":
                self.postings.pop(item["id"], None)
            else:
                self.postings[item["id"]] = item.get("posting")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
