"""What deliveries cost: whole files beside reading the postings back and serialising them; changes beside the total.

    python -m bench.deliveries --snapshots 20000,200000,1000000 --changes 50000,500000

The postings of a run over 2 000 offers are stored again and again under other references until there are enough of
them.  Each figure is a process of its own, pinned to the same cores.
"""

from __future__ import annotations

import argparse
import http.server
import json
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import msgspec

from bench.feeds import feed_file
from bench.measuring import Measured, measure, pin_to
from bench.ours import IMPORT, definition, make_project, put_feed
from bench.page import table, thousands
from bench.runners import ROOT
from bench.setting import describe_setting
from jobpipe.definition.project import find_project
from jobpipe.destinations.formats.format import Setting, output_format
from jobpipe.documents.body import pack, unpack
from jobpipe.documents.store import Documents, Selection, StateRow, Status, Written
from jobpipe.ledger.models import Destination, Import, Run, RunState
from jobpipe.posting import JobPosting
from jobpipe.runs.deliveries.change_lists import changed_rows, last_sequence, record_changes
from jobpipe.runs.workspace import Workspace, open_workspace

_BASE = 2_000
_PAGE = ROOT / "docs" / "benchmarks-deliveries.md"
_SHARE = 100
_READING = """\
`python -m bench.deliveries`: whole processes, pinned to the same cores, medians. *Read back* decodes each live posting
of the store, writes it to a file in the format, and nothing else. A delivery besides judges each, digests the file, and
writes down what the destination has of each posting, with a receipt.
"""
# Each format takes every posting, so that as many are written as are read.
_FILES = {
    "jsonl": "to: {file: out/jsonl}\nformat: jsonl\n",
    "indeed": "to: {file: out/indeed}\nformat: indeed\noptions: {waive: indeed-region}\n",
}
_READ = "read back and serialised"
_FIRST = "first file: all is new"
_NEXT = "next file: 1 % has changed"


@dataclass(frozen=True, slots=True)
class Taken:
    size: int
    what: str
    measured: list[Measured]

    @property
    def wall(self) -> float:
        return statistics.median(one.wall for one in self.measured)

    @property
    def cpu(self) -> float:
        return statistics.median(one.cpu for one in self.measured)

    @property
    def peak(self) -> float:
        return max(one.peak for one in self.measured)


def main() -> None:
    given = _arguments()
    if given.read_back:
        read_back(Path(given.read_back), given.format)
        return
    cores = pin_to(given.cores)
    setting = describe_setting(cores, given.rounds, None)
    files = [one for size in given.snapshots for one in _measure_files(size, given.rounds, given.formats)]
    changes = [one for size in given.changes for one in _measure_changes(size, given.rounds)]
    text = "\n".join(_page(files, changes, setting))
    print(text)
    if given.write:
        _PAGE.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    def sizes(text: str) -> list[int]:
        return [int(part) for part in text.split(",") if part]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=sizes, default=[20_000, 200_000], help="postings in a file")
    parser.add_argument("--changes", type=sizes, default=[50_000, 500_000], help="postings of which some change")
    parser.add_argument("--formats", type=lambda text: text.split(","), default=list(_FILES), help="of the files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {_PAGE.relative_to(ROOT)}")
    parser.add_argument("--read-back", help=argparse.SUPPRESS)
    parser.add_argument("--format", default="jsonl", help=argparse.SUPPRESS)
    return parser.parse_args()


# What is measured -----------------------------------------------------------------------------------


def _measure_files(size: int, rounds: int, formats: list[str]) -> Iterator[Taken]:
    with _project(size, {name: _FILES[name] for name in formats}) as folder:
        for name in formats:
            reading = [sys.executable, "-m", "bench.deliveries", "--read-back", str(folder), "--format", name]
            read, first, later = [], [], []
            for _ in range(rounds):
                read.append(measure(reading, folder=ROOT))
                first.append(_deliver(folder, name))
                with _opened(folder) as workspace:
                    _change(workspace, size // _SHARE)
                later.append(_deliver(folder, name))
                with _opened(folder) as workspace:
                    _forget(workspace, name)
            yield Taken(size, f"{name}: {_READ}", read)
            yield Taken(size, f"{name}: {_FIRST}", first)
            yield Taken(size, f"{name}: {_NEXT}", later)


def _measure_changes(size: int, rounds: int) -> Iterator[Taken]:
    with _sink() as url, _project(size, {"partner": f"to: {{http: '{url}'}}\nbatch: 500\n"}) as folder:
        yield Taken(size, f"all {thousands(size)}, to begin with", [_deliver(folder, "partner")])
        for changed in sorted({500, size // _SHARE}):
            taken = []
            for _ in range(rounds):
                with _opened(folder) as workspace:
                    _change(workspace, changed)
                taken.append(_deliver(folder, "partner"))
            yield Taken(size, f"{thousands(changed)} changed", taken)


def _deliver(folder: Path, name: str) -> Measured:
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder), "deliver", name, "--json"]
    taken = measure(command, folder=ROOT)
    (report,) = json.loads(taken.output)
    assert report["state"] == "done", report
    return taken


def read_back(folder: Path, name: str) -> None:
    """The least that a file costs: each posting decoded, written in the format, put on the disk."""
    output, decode = output_format(name), msgspec.json.Decoder(JobPosting).decode
    with _opened(folder) as workspace, (folder / "out" / f"{name}.read-back").open("wb") as file:
        owner = Import.objects.get()
        stored = workspace.documents.bodies(owner.pk, Selection(status=Status.LIVE))
        for piece in output.write((decode(unpack(frame).posting) for _, frame in stored), Setting()):
            file.write(piece)


# Projects -------------------------------------------------------------------------------------------


@contextmanager
def _project(size: int, destinations: dict[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="deliveries-") as scratch:
        folder = make_project(Path(scratch) / "project")
        (folder / "out").mkdir()
        (folder / "destinations").mkdir()
        for name, text in destinations.items():
            (folder / "destinations" / f"{name}.yaml").write_text(f"destination: {name}\n{text}")
        told = f"deliver: [{', '.join(destinations)}]\n"
        (folder / "imports" / f"{IMPORT}.yaml").write_text(definition("xml") + told)
        put_feed(folder, feed_file(_BASE))
        run = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder), "run", IMPORT, "--quiet"]
        measure(run, folder=ROOT, expected=(0, 1))
        with _opened(folder) as workspace:
            _multiply(workspace.documents, Import.objects.get().pk, size)
        yield folder


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    with open_workspace(find_project(folder, {})) as workspace:
        yield workspace


def _multiply(documents: Documents, import_id: int, size: int) -> None:
    documents.hold(import_id, 1_000_000)
    models = list(documents.bodies(import_id, Selection(status=Status.LIVE)))
    copies = (
        _copy(state, frame, f"{state.key}-{number}", revision=state.revision, row=0)
        for number in count(1)
        for state, frame in models
    )
    missing = islice(copies, size - len(models))
    while some := list(islice(missing, 2_000)):
        documents.write(import_id, some)


def _copy(state: StateRow, frame: bytes, reference: str, *, revision: int, row: int) -> Written:
    body = unpack(frame)
    posting = msgspec.structs.replace(msgspec.json.decode(body.posting, type=JobPosting), reference=reference)
    body.posting = msgspec.json.encode(posting)
    made = msgspec.structs.replace(
        state,
        row=row,
        key=state.key if row else reference,
        revision=revision,
        posting_digest=(reference.encode() + b" " * 16)[-16:],
    )
    return Written(made, pack(body))


def _change(workspace: Workspace, number: int) -> None:
    """As a run does that finds so many postings changed."""
    documents, owner = workspace.documents, Import.objects.get()
    documents.hold(owner.pk, 1_000_000)
    run = Run.objects.create(
        import_row=owner, state=RunState.SUCCEEDED, started_at="2026-11-29T12:00Z", revision="", definition="",
        sequence=last_sequence() + 1, account={"read": number},
    )  # fmt: skip
    rows = []
    for state, frame in islice(documents.bodies(owner.pk, Selection(status=Status.LIVE)), number):
        written = _copy(state, frame, f"r{run.pk}-{state.row}", revision=state.revision + 1, row=state.row)
        written.state.changed_run = written.state.written_run = run.pk
        rows.append(written)
    for start in range(0, len(rows), 2_000):
        documents.write(owner.pk, rows[start : start + 2_000])
    record_changes(run, changed_rows(documents, run))


def _forget(workspace: Workspace, name: str) -> None:
    row = Destination.objects.get(name=name)
    workspace.delivered.forget(row.pk)
    row.delete()
    shutil.rmtree(workspace.project.state_dir / "deliveries" / name)


@contextmanager
def _sink() -> Iterator[str]:
    """A server that takes all it is sent; its time is not the deliveries'."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()


# The page -------------------------------------------------------------------------------------------


def _page(files: list[Taken], changes: list[Taken], setting: dict[str, str]) -> Iterable[str]:
    yield "# Benchmarks: deliveries\n"
    yield _READING
    if files:
        yield "## Whole files\n"
        head = ("what", "postings", "wall s", "CPU s", "CPU in parts of reading back", "memory MB")
        yield from table(head, list(_files(files)))
    if changes:
        yield "\n## Changes, over HTTP, of a server that answers at once\n"
        yield from table(
            ("what", "of postings", "wall s", "CPU s", "ms CPU each", "memory MB"), list(_changes(changes))
        )
    yield "\n## Setting\n"
    yield from table(("", ""), list(setting.items()))


def _files(files: list[Taken]) -> Iterator[tuple[str, ...]]:
    read = {(one.size, one.what.partition(":")[0]): one.cpu for one in files if one.what.endswith(_READ)}
    for one in files:
        ratio = one.cpu / read[one.size, one.what.partition(":")[0]]
        yield (
            *(one.what, thousands(one.size), f"{one.wall:.2f}", f"{one.cpu:.2f}", f"{ratio:.2f}"),
            f"{one.peak:.0f}",
        )


def _changes(changes: list[Taken]) -> Iterator[tuple[str, ...]]:
    for one in changes:
        number = one.size if one.what.startswith("all") else int(one.what.partition(" changed")[0].replace(" ", ""))
        each = f"{one.cpu / number * 1000:.2f}"
        yield one.what, thousands(one.size), f"{one.wall:.2f}", f"{one.cpu:.2f}", each, f"{one.peak:.0f}"


if __name__ == "__main__":
    main()
