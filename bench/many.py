"""Many small imports on slow servers, run together: wall time against the slowest alone and against their sum.

    python -m bench.many --imports 200

Each import is a feed of XML, JSON or CSV, on a host of its own (127.0.x.y), which lets it wait 0.2 to 3 seconds.
"""

from __future__ import annotations

import argparse
import http.server
import json
import random
import socketserver
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.measuring import measure

SEED = 20261124
RECORDS = 40
FORMATS = ("xml", "json", "csv")
SHORTEST, LONGEST = 0.2, 3.0  # seconds

_DEFINITION = """\
import: {name}
client: client-{client}
tags: [bench]
source:
  feed: http://{host}:{port}/{name}.{format}
  record: {record}
posting:
  reference: id
  title: [title, clean]
  description: text
  locations: place
"""
_RECORD = {"xml": "job", "json": "jobs[*]", "csv": "null"}


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512


class SlowServer:
    """Answers on every address of this machine's loop."""

    def __init__(self, bodies: dict[str, tuple[bytes, float]]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            wbufsize = 64 * 1024

            def do_GET(self) -> None:
                body, latency = bodies[self.path]
                time.sleep(latency)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("0.0.0.0", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def body_of(number: int, feed_format: str) -> bytes:
    words = random.Random(SEED + number)
    jobs = [
        {
            "id": f"{number}-{record}",
            "title": f"Engineer {words.randrange(10_000)}",
            "text": " ".join(f"word{words.randrange(3_000)}" for _ in range(120)),
            "place": words.choice(["Lyon", "Paris", "Nantes", "Lille"]),
        }
        for record in range(RECORDS)
    ]
    if feed_format == "json":
        return json.dumps({"jobs": jobs}).encode()
    if feed_format == "csv":
        return "\n".join([";".join(jobs[0]), *(";".join(job.values()) for job in jobs), ""]).encode()
    inside = ["".join(f"<{name}>{value}</{name}>" for name, value in job.items()) for job in jobs]
    return ("<jobs>" + "".join(f"<job>{one}</job>" for one in inside) + "</jobs>").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imports", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=64)
    given = parser.parse_args()
    dice = random.Random(SEED)
    latencies = [round(dice.uniform(SHORTEST, LONGEST), 3) for _ in range(given.imports)]
    formats = [FORMATS[number % len(FORMATS)] for number in range(given.imports)]
    names = [f"import-{number:03}" for number in range(given.imports)]
    bodies = {
        f"/{name}.{kind}": (body_of(number, kind), latencies[number])
        for number, (name, kind) in enumerate(zip(names, formats, strict=True))
    }
    server = SlowServer(bodies)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "imports").mkdir()
        (folder / "jobpipe.yaml").write_text("hosts: {in_all: 1000}\n")
        for number, name in enumerate(names):
            text = _DEFINITION.format(
                name=name, client=number % 20, host=f"127.0.{number // 200 + 1}.{number % 200 + 1}", port=server.port,
                format=formats[number], record=_RECORD[formats[number]],
            )  # fmt: skip
            (folder / "imports" / f"{name}.yaml").write_text(text)
        jobpipe = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder), "run", "--json", "--quiet"]
        slowest = names[latencies.index(max(latencies))]
        alone = measure([*jobpipe, slowest], folder=folder)
        (folder / ".jobpipe").rename(folder / "alone")
        for day in ("first", "second"):
            together = measure([*jobpipe, "--all", "--at-once", str(given.at_once)], folder=folder)
            reports = json.loads(together.output)
            assert all(one["state"] == "succeeded" for one in reports)
            read = sum(one["account"]["read"] for one in reports)
            print(
                f"{day} run of {given.imports} imports, {read:,} records, {given.at_once} at once: "
                f"{together.wall:.1f} s wall, {together.cpu:.1f} s CPU, {together.peak:.0f} MB"
            )
            print(
                f"  the slowest alone {alone.wall:.1f} s (latency {max(latencies):.1f} s); "
                f"the latencies of all {sum(latencies):.0f} s"
            )


if __name__ == "__main__":
    main()
