"""What the demos have in common: a board that serves its exports, a project that is driven by commands, headings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import board

HERE = Path(__file__).parent


class Day(NamedTuple):
    title: str
    export: Callable[[], bytes]
    # With which `jobpipe run` ends.
    code: int


DAYS = (
    Day("Day one: a board's export of 302 records, with the dirt of real ones", board.day_one, 0),
    Day("Day two: a few offers are new, changed, filled or gone", board.day_two, 0),
    Day("Day three: the export has lost three fifths of its offers", board.day_three, 3),
)


class Feed(BaseHTTPRequestHandler):
    """Serves exports by their paths, with an ETag as a web server does."""

    exports: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.exports[self.path]
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The demo speaks for itself."""


def serve() -> str:
    """The address at which `Feed.exports` are from now on; the definition of the board finds its export there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    os.environ["DEMO_FEED"] = f"{address}/offres.xml"
    return address


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


@dataclass(frozen=True)
class DemoProject:
    """A copy of the project of the demos, and its commands."""

    folder: Path

    def make(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(HERE / "project", self.folder)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "jobpipe.cli.main", "-C", str(self.folder), *arguments]

    def show(self, *arguments: str) -> None:
        print(" ".join(["$ jobpipe", "-C", str(self.folder), *arguments]), flush=True)

    def jobpipe(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
        if not capture:
            self.show(*arguments)
        return subprocess.run(
            self.command(*arguments),
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, code: int = 0, capture: bool = False) -> None:
        answer = self.jobpipe("run", *arguments, capture=capture)
        if answer.returncode != code:
            sys.exit(f"`jobpipe run` ended with {answer.returncode}, and {code} was due\n{answer.stderr or ''}")

    def last_run(self) -> dict[str, Any]:
        (run,) = json.loads(self.jobpipe("runs", "--last", "1", "--json", capture=True).stdout)
        return dict(run)

    def check_last_account(self) -> None:
        """The promise, checked as a script would: the account adds up."""
        run = self.last_run()
        account = run["account"]
        total = sum(count for outcome, count in account.items() if outcome != "read")
        if account["read"] != total or not total:
            sys.exit(f"the account of run {run['run']} does not add up: {account}")
        print(f"  the account adds up: {account['read']} = {total}")
