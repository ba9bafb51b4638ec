"""A web server for tests that can do what real ones do to a feed: threaded, on 127.0.0.1, scripted by path."""

from __future__ import annotations

import base64
import email.utils
import gzip
import hashlib
import http.server
import re
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(kw_only=True)
class Resource:
    """What one path gives. Change its attributes at any time: the next request sees them."""

    body: bytes = b""
    # As sent, with its quotes (`"v1"`, `W/"v1"`); "auto" = made of the body; "" = none.
    etag: str = "auto"
    # Seconds since 1970; None = no Last-Modified.
    modified: float | None = None
    content_type: str = "application/xml"
    headers: dict[str, str] = field(default_factory=dict)
    # Range and If-Range are understood.
    ranges: bool = True
    # Range is understood, If-Range is not looked at (wrong, and common).
    ignores_if_range: bool = False
    # user:password
    basic: str = ""
    # Another path or URL.
    redirect: str = ""
    redirect_status: int = 302
    # One an answer, until they are used up: 500, 503, 429 …
    statuses: list[int] = field(default_factory=list)
    # Sent with those.
    retry_after: str = ""
    # One an answer, until they are used up: the connection is cut after so many bytes of that answer's body.
    cuts: list[int] = field(default_factory=list)
    # One an answer: the server falls silent after so many bytes, for `silence` seconds.
    stalls: list[int] = field(default_factory=list)
    silence: float = 30.0
    # Seconds before the answer; between chunks of `chunk` bytes.
    delay: float = 0.0
    pause: float = 0.0
    chunk: int = 64 * 1024
    # Stated instead of the true length.
    content_length: int | None = None
    # Chunked transfer, without a Content-Length.
    chunked: bool = False
    # Sent gzipped with `Content-Encoding: gzip`, whatever was asked for.
    gzipped: bool = False
    # Called before each answer with the resource, to change it between two requests.
    before: list[object] = field(default_factory=list)

    @property
    def sent_etag(self) -> str:
        return f'"{hashlib.sha1(self.body).hexdigest()[:16]}"' if self.etag == "auto" else self.etag


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    status: int
    method: str = "GET"
    # What was sent with it.
    content: bytes = b""

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


class HttpSource:
    """`with HttpSource() as source: source.serve("/jobs.xml", b"<jobs/>"); source.url("/jobs.xml")`."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[Seen] = []
        self.is_closing = threading.Event()
        source = self

        class Handler(_Handler):
            the_source = source

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def serve(self, path: str, body: bytes = b"", **script: object) -> Resource:
        resource = Resource(body=body, **script)  # type: ignore[arg-type]
        self.resources[path] = resource
        return resource

    def url(self, path: str, *, login: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{login + '@' if login else ''}{host}:{self.port}{path}"

    def serve_tls(self, certificate: Path, path: str, body: bytes) -> str:
        """From now on all is served over TLS, with this key and certificate; the URL of the path."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.serve(path, body)
        return self.url(path, host="localhost").replace("http:", "https:")

    def seen(self, path: str) -> list[Seen]:
        """The requests for a path, without its query."""
        return [request for request in self.requests if request.path.partition("?")[0] == path]

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


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    the_source: HttpSource
    # Header and body go out together: two small sends wait for each other's acknowledgement.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    # What came with the request.
    content = b""

    def do_POST(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()
        self.content = b""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        resource = self.the_source.resources.get(path)
        if resource is None:
            self._answer(404, b"not here")
            return
        if resource.before:
            resource.before.pop(0)(resource)  # type: ignore[operator]
        if resource.delay:
            self.the_source.is_closing.wait(resource.delay)
        if resource.basic and not self._is_logged_in(resource):
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="jobs"'})
        elif resource.statuses and (status := resource.statuses.pop(0)) != 200:
            self._answer(status, b"trouble", {"Retry-After": resource.retry_after} if resource.retry_after else {})
        elif resource.redirect:
            self._answer(resource.redirect_status, b"", {"Location": resource.redirect})
        else:
            self._give(resource)

    def _is_logged_in(self, resource: Resource) -> bool:
        wanted = "Basic " + base64.b64encode(resource.basic.encode()).decode()
        return self.headers.get("Authorization", "") == wanted

    def _give(self, resource: Resource) -> None:
        headers = {"Content-Type": resource.content_type, **resource.headers}
        if resource.sent_etag:
            headers["ETag"] = resource.sent_etag
        if resource.modified is not None:
            headers["Last-Modified"] = email.utils.formatdate(resource.modified, usegmt=True)
        if self._has_it_already(resource, headers):
            self._answer(304, None, headers)
            return
        body = gzip.compress(resource.body, mtime=0) if resource.gzipped else resource.body
        if resource.gzipped:
            headers["Content-Encoding"] = "gzip"
        start = self._range_start(resource, headers)
        if start is not None and start >= len(body):
            self._answer(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
            return
        status = 200
        if start is not None:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:]
        self._stream(status, body, headers, resource)

    def _has_it_already(self, resource: Resource, headers: dict[str, str]) -> bool:
        if asked := self.headers.get("If-None-Match"):
            return resource.sent_etag.removeprefix("W/") in [tag.strip().removeprefix("W/") for tag in asked.split(",")]
        if asked := self.headers.get("If-Modified-Since"):
            changed = headers.get("Last-Modified")
            parsed = email.utils.parsedate_to_datetime
            return bool(changed) and parsed(asked) >= parsed(str(changed))
        return False

    def _range_start(self, resource: Resource, headers: dict[str, str]) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not found or not resource.ranges:
            return None
        condition = self.headers.get("If-Range", "")
        known = [tag for tag in (headers.get("ETag", ""), headers.get("Last-Modified", "")) if tag]
        if condition and not resource.ignores_if_range and condition not in known:
            return None
        return int(found[1])

    def _stream(self, status: int, body: bytes, headers: dict[str, str], resource: Resource) -> None:
        if self.command == "HEAD":
            self._begin(status, {**headers, "Content-Length": str(len(body))})
            return
        cut = resource.cuts.pop(0) if resource.cuts else None
        stall = resource.stalls.pop(0) if resource.stalls else None
        if resource.chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            length = len(body) if resource.content_length is None else resource.content_length
            headers["Content-Length"] = str(length)
        self._begin(status, headers)
        sent = 0
        end = min(len(body), *(limit for limit in (cut, stall) if limit is not None), len(body))
        while sent < end:
            piece = body[sent : min(sent + resource.chunk, end)]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if resource.chunked else piece)
            sent += len(piece)
            if resource.pause:
                self.wfile.flush()
                time.sleep(resource.pause)
        self.wfile.flush()
        if stall is not None:
            self.the_source.is_closing.wait(resource.silence)
        if cut is not None or stall is not None or resource.content_length is not None:
            self._hang_up()
        elif resource.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _answer(self, status: int, body: bytes | None, headers: dict[str, str] | None = None) -> None:
        headers = dict(headers or {})
        if body is not None:
            headers["Content-Length"] = str(len(body))
        self._begin(status, headers)
        if self.command != "HEAD":
            self.wfile.write(body or b"")

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        seen = {name.lower(): value for name, value in self.headers.items()}
        self.the_source.requests.append(Seen(self.path, seen, status, self.command, self.content))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        # At once and without the goodbye that would let a client think the body complete.
        self.connection.shutdown(socket.SHUT_RDWR)
