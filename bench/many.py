"""Many small imports of mixed kinds on slow servers, run together: wall time against the slowest of them alone.

    python -m bench.many --imports 200

Each import has a host of its own, whose answers take 0.2 to 3 seconds in all: see `bench/slow_sources.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import Measured, measure, pin_to
from bench.page import table, thousands
from bench.runners import ROOT
from bench.setting import describe_setting
from bench.slow_sources import DETAILS, RECORDS, ROUNDS, SITES, SlowServers, SmallImport, small_imports

_PUBLISHED_FROM = 200
_DAYS = ("first day", "second day")
_MEANINGS = {
    "xml": "a feed of XML",
    "json": "a feed of JSON",
    "csv": "a feed of CSV",
    "api": "a JSON service, two pages",
    "details": f"a JSON service, {DETAILS} details",
    "ftp": "a drop of XML by FTP",
    "site": f"a site of {DETAILS} postings, crawled",
}


@dataclass(frozen=True, slots=True)
class Together:
    day: str
    records: int
    measured: Measured


class _Project:
    def __init__(self, folder: Path, imports: Sequence[SmallImport], servers: SlowServers) -> None:
        self._folder = folder
        (folder / "imports").mkdir(parents=True)
        (folder / "jobpipe.yaml").write_text("hosts: {in_all: 1000}\n")
        for one in imports:
            text = one.definition(servers.http_port, servers.ftp_port)
            (folder / "imports" / f"{one.name}.yaml").write_text(text)
        # A ledger is made once, and for no figure.
        subprocess.run(self._command("runs"), check=True, capture_output=True)

    def run(self, *selection: str, read: int | None = None) -> tuple[Measured, list[dict[str, Any]]]:
        measured = measure(self._command("run", "--json", "--quiet", *selection), folder=self._folder)
        reports = json.loads(measured.output)
        wrong = [one for one in reports if one["state"] != "succeeded"]
        if wrong or (read is not None and sum(one["account"]["read"] for one in reports) != read):
            raise SystemExit(f"{len(wrong)} of {len(reports)} imports went wrong: {wrong[:2]}")
        return measured, reports

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "jobpipe.cli.main", "-C", str(self._folder), *words]


def main() -> None:
    given = _arguments()
    setting = describe_setting(pin_to(given.cores), 1, None)
    imports = small_imports(given.imports)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "drops").mkdir()
        servers = SlowServers(imports, folder / "drops")
        alone = _measure_alone(_Project(folder / "alone", imports, servers), imports)
        together = list(_measure_together(_Project(folder / "together", imports, servers), imports, given.at_once))
    text = "\n".join(_page(imports, alone, together, given.at_once, setting)) + "\n"
    page = (ROOT / "docs" if given.imports >= _PUBLISHED_FROM else ROOT / "bench" / "data") / "benchmarks-many.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {os.path.relpath(page)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imports", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--cores", type=int, default=2)
    return parser.parse_args()


def _measure_alone(project: _Project, imports: Sequence[SmallImport]) -> dict[SmallImport, Measured]:
    """Of each kind the one that waits longest."""
    found: dict[SmallImport, Measured] = {}
    for kind in ROUNDS:
        of_kind = [one for one in imports if one.kind == kind]
        if of_kind:
            slowest = max(of_kind, key=lambda one: one.latency)
            found[slowest], _ = project.run(slowest.name, read=_records_of(slowest))
            print(f"{slowest.name}, {kind}, alone: {found[slowest].wall:.1f} s", file=sys.stderr)
    return found


def _measure_together(project: _Project, imports: Sequence[SmallImport], at_once: int) -> Iterable[Together]:
    for day in _DAYS:
        expected = sum(map(_records_of, imports)) if day == _DAYS[0] else None
        measured, reports = project.run("--all", "--at-once", str(at_once), read=expected)
        print(f"{day}: {measured.wall:.1f} s wall, {measured.cpu:.1f} s CPU", file=sys.stderr)
        yield Together(day, sum(one["account"]["read"] for one in reports), measured)


def _records_of(one: SmallImport) -> int:
    return DETAILS if one.kind in ("details", "site") else RECORDS


def _page(
    imports: Sequence[SmallImport],
    alone: dict[SmallImport, Measured],
    together: Sequence[Together],
    at_once: int,
    setting: dict[str, str],
) -> Iterable[str]:
    slowest = max(measured.wall for measured in alone.values())
    waiting = sum(one.latency for one in imports)
    yield "# Benchmarks: many small imports at once\n"
    shortest, longest = min(one.latency for one in imports), max(one.latency for one in imports)
    yield (
        f"`jobpipe run --all --at-once {at_once}` of {len(imports)} imports, each from a host of its own on this "
        f"machine whose answers are late: by {shortest:.1f} to {longest:.1f} s an import, by {waiting:.0f} s "
        f"for all of them ({waiting / at_once:.1f} s, {at_once} at once). Each run is a process of its own, its start "
        "included.\n"
    )
    load, cores = float(setting["load before"].split()[0]), os.cpu_count() or 1
    if load > cores:
        yield f"**The machine was busy with other work**: load {load:.0f} on {cores} cores. Idle, it is faster.\n"
    yield "## Together\n"
    head = (
        *("", "records", "slowest alone s", "sum of latencies s", "together s", "× the slowest"),
        *("CPU s", "CPU ms an import", "MB"),
    )
    yield from table(head, [_cells(one, slowest, waiting, len(imports)) for one in together])
    yield (
        "\nOn the second day nothing has changed: the same bytes again end a run. `CPU` counts all processes, those of "
        "the crawls and the start as well; `MB` is the peak of the largest.\n"
    )
    yield "## Alone\n"
    yield "Of each kind the import that waits longest:\n"
    rows = [
        (_MEANINGS[one.kind], str(sum(other.kind == one.kind for other in imports)), f"{one.latency:.1f}",
         f"{measured.wall:.1f}", f"{measured.cpu:.1f}")
        for one, measured in alone.items()
    ]  # fmt: skip
    yield from table(("kind", "imports", "latency s", "alone s", "CPU s"), rows)
    yield (
        f"\nA feed has {RECORDS} records. A crawl is a process of its own, which takes more than a second of the "
        f"processor's time: only {SITES} of the {len(imports)} are crawls.\n"
    )
    yield from table(("setting", ""), list(setting.items()))


def _cells(one: Together, slowest: float, waiting: float, imports: int) -> tuple[str, ...]:
    measured = one.measured
    return (
        one.day,
        thousands(one.records),
        f"{slowest:.1f}",
        f"{waiting:.0f}",
        f"{measured.wall:.1f}",
        f"{measured.wall / slowest:.1f}",
        f"{measured.cpu:.1f}",
        f"{measured.cpu / imports * 1000:.0f}",
        f"{measured.peak:.0f}",
    )


if __name__ == "__main__":
    main()
