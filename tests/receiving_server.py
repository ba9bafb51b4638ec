"""A partner's server over HTTP that knows changes by their idempotency keys; it can hang in the middle of one."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any, Self


class ReceivingServer:
    """`with ReceivingServer() as partner: partner.url`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Posting by id, as it has them now.
        self.postings: dict[str, dict[str, Any]] = {}
        # Each change that it has done, once: (id, number), in the order of their coming; and those that came again.
        self.done: list[tuple[str, int]] = []
        self.again = 0
        self._seen: set[str] = set()
        # What has been done is answered once this is set.
        self.answers = threading.Event()
        self.answers.set()
        self.requests = 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None: ...

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                server.take(json.loads(content)["items"])
                server.answers.wait()
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/postings"

    def take(self, items: list[dict[str, Any]]) -> None:
        with self._lock:
            self.requests += 1
            for item in items:
                if item["idempotency_key"] in self._seen:
                    self.again += 1
                    continue
                self._seen.add(item["idempotency_key"])
                self.done.append((item["id"], item["number"]))
                if item["action"] == "upsert":
                    self.postings[item["id"]] = item["posting"]
                else:
                    self.postings.pop(item["id"], None)

    @property
    def titles(self) -> dict[str, str]:
        with self._lock:
            return {one.partition("/")[2]: posting["title"] for one, posting in self.postings.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()
