"""Small sources of mixed kinds on slow servers of this machine, each on a host of its own (127.0.x.y).

An import waits for its latency in all: each of the answers that it waits for one after the other takes its share.
"""

from __future__ import annotations

import http.server
import json
import logging
import random
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEED = 20261124
RECORDS = 40
# With a request for each of them: all are under way at once.
DETAILS = 8
SHORTEST, LONGEST = 0.2, 3.0  # seconds

# Of how many answers one after the other each kind is made.
ROUNDS = {"xml": 1, "json": 1, "csv": 1, "api": 2, "details": 2, "ftp": 1, "site": 3}
# The kinds in turns; a crawl is a process of its own, of which a machine bears few.
_IN_TURNS = ("xml", "json", "csv", "api", "xml", "json", "csv", "api", "details", "ftp")
SITES = 4

_HEAD = "import: {name}\nclient: client-{client}\ntags: [bench]\n"
_POSTING = "posting:\n  reference: id\n  title: [title, clean]\n  description: text\n  locations: place\n"
_SOURCES = {
    "xml": "source:\n  feed: http://{at}/{name}.xml\n  record: job\n" + _POSTING,
    "json": "source:\n  feed: http://{at}/{name}.json\n  record: jobs[*]\n" + _POSTING,
    "csv": "source:\n  feed: http://{at}/{name}.csv\n" + _POSTING,
    "api": "source:\n  api:\n    url: http://{at}/{name}/page/1\n    page: {{by: next, next: next}}\n"
    "  record: jobs[*]\n" + _POSTING,
    "details": "source:\n  api:\n    url: http://{at}/{name}/list\n    detail: {{url: 'http://{at}/{name}/job/{{id}}'}}\n"
    "  record: jobs[*]\n" + _POSTING.replace("text", "detail.text"),
    "ftp": "source:\n  feed: ftp://{ftp}/{name}.xml\n  record: job\n" + _POSTING,
    "site": "source:\n  site:\n    start: http://{at}/{name}/jobs\n    postings: css:a.job\n    throttle: false\n",
}


@dataclass(frozen=True, slots=True)
class SmallImport:
    name: str
    kind: str
    number: int
    # Seconds that its answers take, all in all.
    latency: float

    @property
    def host(self) -> str:
        return f"127.0.{self.number // 200 + 1}.{self.number % 200 + 1}"

    @property
    def pause(self) -> float:
        """Seconds that each of its answers takes."""
        return self.latency / ROUNDS[self.kind]

    def definition(self, http_port: int, ftp_port: int) -> str:
        source = "".join((_HEAD, _SOURCES[self.kind]))
        at, ftp = f"{self.host}:{http_port}", f"{self.host}:{ftp_port}"
        return source.format(name=self.name, client=self.number % 20, at=at, ftp=ftp)

    def answers(self) -> Iterator[tuple[str, bytes]]:
        """What its server answers, by path."""
        jobs = _jobs(self.number)
        at = f"/{self.name}"
        match self.kind:
            case "xml" | "ftp":
                yield f"{at}.xml", _xml(jobs)
            case "json":
                yield f"{at}.json", _json(jobs=jobs)
            case "csv":
                rows = [";".join(jobs[0]), *(";".join(job.values()) for job in jobs), ""]
                yield f"{at}.csv", "\n".join(rows).encode()
            case "api":
                half = RECORDS // 2
                yield f"{at}/page/1", _json(jobs=jobs[:half], next=f"{at}/page/2")
                yield f"{at}/page/2", _json(jobs=jobs[half:], next=None)
            case "details":
                few = jobs[:DETAILS]
                yield f"{at}/list", _json(jobs=[{name: job[name] for name in ("id", "title", "place")} for job in few])
                yield from ((f"{at}/job/{job['id']}", _json(text=job["text"])) for job in few)
            case "site":
                few = jobs[:DETAILS]
                links = "".join(f'<a class="job" href="{at}/jobs/{job["id"]}">{job["title"]}</a>' for job in few)
                yield "/robots.txt", b"User-agent: *\nAllow: /\n"
                yield f"{at}/jobs", f"<html><body>{links}</body></html>".encode()
                yield from ((f"{at}/jobs/{job['id']}", _page(job)) for job in few)


def small_imports(number: int) -> list[SmallImport]:
    dice = random.Random(SEED)
    sites = {number * place // SITES for place in range(SITES)} if number >= SITES else set()
    kinds = ["site" if one in sites else _IN_TURNS[one % len(_IN_TURNS)] for one in range(number)]
    return [
        SmallImport(f"import-{one:03}", kind, one, round(dice.uniform(SHORTEST, LONGEST), 3))
        for one, kind in enumerate(kinds)
    ]


def _jobs(number: int) -> list[dict[str, str]]:
    words = random.Random(SEED + number)
    return [
        {
            "id": f"{number}-{record}",
            "title": f"Engineer {words.randrange(10_000)}",
            "text": " ".join(f"word{words.randrange(3_000)}" for _ in range(120)),
            "place": words.choice(["Lyon", "Paris", "Nantes", "Lille"]),
        }
        for record in range(RECORDS)
    ]


def _json(**said: Any) -> bytes:
    return json.dumps(said).encode()


def _xml(jobs: list[dict[str, str]]) -> bytes:
    inside = ["".join(f"<{name}>{value}</{name}>" for name, value in job.items()) for job in jobs]
    return ("<jobs>" + "".join(f"<job>{one}</job>" for one in inside) + "</jobs>").encode()


def _page(job: dict[str, str]) -> bytes:
    said = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "identifier": job["id"],
        "title": job["title"],
        "description": job["text"],
        "jobLocation": {"address": {"addressLocality": job["place"]}},
    }
    script = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    return f"<html><head>{script}</head><body><h1>{job['title']}</h1></body></html>".encode()


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512


@dataclass(slots=True)
class SlowServers:
    """HTTP and FTP on every address of this machine's loop, in threads that end with the process."""

    imports: list[SmallImport]
    # Its drops lie here.
    folder: Path
    http_port: int = field(init=False)
    ftp_port: int = field(init=False)

    def __post_init__(self) -> None:
        self.http_port = self._serve_http()
        self.ftp_port = self._serve_ftp()

    def _serve_http(self) -> int:
        answers = {(one.host, path): (body, one.pause) for one in self.imports for path, body in one.answers()}

        class Handler(http.server.BaseHTTPRequestHandler):
            wbufsize = 64 * 1024
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body, pause = answers[self.connection.getsockname()[0], self.path]
                time.sleep(pause)
                self.send_response(200)
                self.send_header("Content-Type", _type_of(self.path))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = _Server(("0.0.0.0", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return int(server.server_address[1])

    def _serve_ftp(self) -> int:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.servers import FTPServer

        # Else it configures the logging of all by itself.
        logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
        pauses = {one.host: one.pause for one in self.imports}
        for one in self.imports:
            if one.kind == "ftp":
                for path, body in one.answers():
                    (self.folder / path.lstrip("/")).write_bytes(body)
        drops = DummyAuthorizer()
        drops.add_anonymous(str(self.folder))

        class Handler(FTPHandler):  # type: ignore[misc]
            authorizer = drops

            def handle(self) -> None:
                """Its greeting is what takes long."""
                greet: Callable[[], None] = super().handle
                self.ioloop.call_later(pauses[self.socket.getsockname()[0]], greet)

        server = FTPServer(("0.0.0.0", 0), Handler)
        server.max_cons = server.max_cons_per_ip = 0
        threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, daemon=True).start()
        return int(server.address[1])


def _type_of(path: str) -> str:
    last = path.rpartition("/")[2]
    if last == "robots.txt":
        return "text/plain"
    return "text/html" if "/jobs" in path else f"application/{last.rpartition('.')[2] if '.' in last else 'json'}"
