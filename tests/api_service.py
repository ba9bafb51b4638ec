"""A web service for tests: its answers are made by functions, a request at a time, on 127.0.0.1."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    # The first value of each parameter.
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    def number(self, name: str, otherwise: int = 0) -> int:
        return int(self.query.get(name, otherwise))


@dataclass(kw_only=True)
class Reply:
    """Bytes, or what is sent as JSON."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    # The connection is cut after so many bytes of the body.
    cut: int | None = None
    # Bytes without end.
    is_endless: bool = False
    # A byte at a time, so many seconds apart.
    drip: float = 0.0


Route = Callable[[Asked], Any]


class ApiService:
    """`with ApiService() as service: service.on("/jobs", lambda asked: {"jobs": []})`.

    A route gives a Reply, or what is sent as JSON with the status 200.
    """

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[Asked] = []
        self.is_closing = threading.Event()
        service = self

        class Handler(_Handler):
            the_service = service

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def on(self, path: str, route: Route) -> None:
        """A path that ends with / takes all below it."""
        self.routes[path] = route

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        return [one for one in self.requests if one.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def replies(*given: Any) -> Route:
    """One after the other, the last one for ever."""
    left = list(given)
    lock = threading.Lock()

    def route(asked: Asked) -> Any:
        with lock:
            reply = left.pop(0) if len(left) > 1 else left[0]
        return reply(asked) if callable(reply) else reply

    return route


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    the_service: ApiService
    # Header and body go out together: two small sends wait for each other's acknowledgement.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(self.command, parts.path, query, headers, body)
        self.the_service.requests.append(asked)
        given = self._route(parts.path)(asked)
        self._send(given if isinstance(given, Reply) else Reply(body=given))

    def _route(self, path: str) -> Route:
        routes = self.the_service.routes
        if path in routes:
            return routes[path]
        above = [prefix for prefix in routes if prefix.endswith("/") and path.startswith(prefix)]
        return routes[max(above, key=len)] if above else lambda asked: Reply(status=404, body={"error": "not here"})

    def _send(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if not reply.is_endless and reply.status != 204:
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.is_endless:
            self._send_for_ever(body)
        elif reply.drip:
            self._drip(body, reply.drip)
        else:
            self.wfile.write(body[: reply.cut])
            if reply.cut is not None:
                self._hang_up()

    def _send_for_ever(self, body: bytes) -> None:
        while not self.the_service.is_closing.is_set():
            self.wfile.write(body)

    def _drip(self, body: bytes, seconds: float) -> None:
        for byte in body:
            self.wfile.write(bytes((byte,)))
            self.wfile.flush()
            if self.the_service.is_closing.wait(seconds):
                return

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
