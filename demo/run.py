"""`make demo`: three days of a job board, imported as a client would give them, over HTTP."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import board

HERE = Path(__file__).parent
PROJECT = Path("demo-project")


class Feed(BaseHTTPRequestHandler):
    """Serves the export of the day, with an ETag as a web server does."""

    body = b""

    def do_GET(self) -> None:
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """The demo speaks for itself."""


def say(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def jobpipe(*arguments: str, address: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    shown = " ".join(["jobpipe", "-C", str(PROJECT), *arguments])
    if not capture:
        print(f"$ {shown}", flush=True)
    return subprocess.run(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(PROJECT), *arguments],
        env={**os.environ, "DEMO_FEED": address},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )


def check_last_account(address: str) -> None:
    """The promise, checked as a script would: the account adds up."""
    answer = jobpipe("runs", "--last", "1", "--json", address=address, capture=True)
    (run,) = json.loads(answer.stdout)
    account = run["account"]
    total = sum(count for outcome, count in account.items() if outcome != "read")
    if account["read"] != total or not total:
        sys.exit(f"the account of run {run['run']} does not add up: {account}")
    print(f"  the account adds up: {account['read']} = {total}")


def main() -> None:
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(HERE / "project", PROJECT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/offres.xml"
    expected_codes = {board.day_one: 0, board.day_two: 0, board.day_three: 3}
    titles = {
        board.day_one: "Day one: a board's export of 302 records, with the dirt of real ones",
        board.day_two: "Day two: a few offers are new, changed, filled or gone",
        board.day_three: "Day three: the export has lost three fifths of its offers",
    }
    for day, code in expected_codes.items():
        say(titles[day])
        Feed.body = day()
        answer = jobpipe("run", "board", address=address)
        if answer.returncode != code:
            sys.exit(f"`jobpipe run` ended with {answer.returncode}, and {code} was due")
        check_last_account(address)
    say("What was rejected, and why")
    jobpipe("quarantine", "board", address=address)
    say("Exports")
    for name in ("jsonl", "csv", "indeed"):
        suffix = "xml" if name == "indeed" else name
        jobpipe("export", "board", "--as", name, "--to", str(PROJECT / f"board.{suffix}"), address=address)
    say("What to try next")
    print(
        f"  jobpipe -C {PROJECT} postings board --search infirmier\n"
        f"  jobpipe -C {PROJECT} runs\n"
        f"  jobpipe -C {PROJECT} dismiss 3            # nothing expires; `accept 3` lets it happen\n"
        f"  jobpipe -C {PROJECT} run live-board       # a public board, where there is internet\n"
        f"  jobpipe init my-jobs                      # your own project\n"
        f"The definition is {PROJECT}/imports/board.yaml; the command lies in .venv/bin."
    )


if __name__ == "__main__":
    main()
