"""What a plan costs, beside transforming the same stored postings once more and beside the run that applies it.

    python -m bench.plan --size 50000

One project, one import of the size; then in turns, whole processes, pinned to the same cores:
the stored records through the workers with what they make thrown away, a plan in which every posting changes, one in
which none does, a plan of mappings that touch a hundredth, and the run that applies the first one.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.feeds import feed_file
from bench.mappings import read_mappings
from bench.measuring import Measured, measure, pin_to
from bench.ours import IMPORT, command, definition, make_project, put_feed
from bench.page import table, thousands
from bench.runners import ROOT
from bench.setting import describe_setting

_PUBLISHED_FROM = 50_000
_MOST_SECONDS = 60
# What a change of labels is to touch.
_SHARE = 0.01

ALL, NONE, MAPPINGS = "plan, every posting changes", "plan, no posting changes", "plan, labels of 1 % change"
START, TRANSFORM, RUN = "a command that does nothing", "transformation alone", "the run that applies the first plan"


@dataclass(frozen=True, slots=True)
class Taken:
    what: str
    measured: Measured
    # Of a plan or a run: its account.
    account: dict[str, int]


def main() -> None:
    given = _arguments()
    if given.transform:
        transform(Path(given.transform), given.workers)
        return
    cores = pin_to(given.cores)
    for folder in ("src", "bench"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    feed = feed_file(given.size)
    setting = describe_setting(cores, given.rounds, feed)
    taken: list[Taken] = []
    with tempfile.TemporaryDirectory() as made:
        project = make_project(Path(made) / "project")
        put_feed(project, feed)
        measure(command(sys.executable, project, workers=given.workers), folder=ROOT)
        for _ in range(given.rounds):
            for one in _round(project, Path(made), given.workers):
                taken.append(one)
                measured = one.measured
                print(
                    f"{one.what:36} {measured.wall:6.2f} s wall {measured.cpu:6.2f} s CPU {measured.own_peak:5.0f} MB "
                    f"{one.account}",
                    file=sys.stderr,
                )
    text = "\n".join(_page(taken, given, setting)) + "\n"
    page = (ROOT / "docs" if given.size >= _PUBLISHED_FROM else ROOT / "bench" / "data") / "benchmarks-plan.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {os.path.relpath(page)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=50_000, help="stored postings")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--transform", help=argparse.SUPPRESS)
    return parser.parse_args()


def _round(project: Path, folder: Path, workers: int) -> Iterator[Taken]:
    """Leaves the project as it was."""
    changed, same = folder / "changed.yaml", folder / "same.yaml"
    text = definition("xml")
    changed.write_text(text.replace("clean, title]", "clean, title, upper]"))
    # Another revision, and the same postings.
    same.write_text(text + 'keep: "posting.title"\n')
    labels = folder / "labels.csv"
    _write_labels(labels)
    planned = ("--quiet", "--json", "--workers", str(workers))
    yield _taken(START, _jobpipe(project, "plans"))
    yield _taken(
        TRANSFORM, [sys.executable, "-m", "bench.plan", "--transform", str(project), "--workers", str(workers)]
    )
    first = _taken(ALL, _jobpipe(project, "plan", IMPORT, "--definition", str(changed), *planned))
    yield first
    yield _taken(NONE, _jobpipe(project, "plan", IMPORT, "--definition", str(same), *planned))
    yield _taken(
        MAPPINGS, _jobpipe(project, "plan", IMPORT, "--mappings", str(labels), "--table", "functions", *planned)
    )
    kept = shutil.copytree(project / ".jobpipe", folder / "kept")
    number = str(json.loads(first.measured.output)["plan"])
    yield _taken(RUN, _jobpipe(project, "apply", number, "--quiet", "--json", "--workers", str(workers)))
    shutil.rmtree(project / ".jobpipe")
    kept.rename(project / ".jobpipe")
    (project / "imports" / f"{IMPORT}.yaml").write_text(text)


def _write_labels(file: Path) -> None:
    """New codes for so many labels as a hundredth of the postings have."""
    labels = list(read_mappings()["functions"])
    count = max(round(len(labels) * _SHARE), 1)
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([("label", "code"), *((label, "another") for label in labels[:count])])


def _jobpipe(project: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project), *words]


def _taken(what: str, asked: Sequence[str]) -> Taken:
    measured = measure(asked, folder=ROOT)
    account: dict[str, int] = {}
    if what not in (START, TRANSFORM):
        answer: Any = json.loads(measured.output)
        document = answer[0] if isinstance(answer, list) else answer
        account = {name: count for name, count in document["account"].items() if count}
    return Taken(what, measured, account)


def transform(folder: Path, workers: int) -> None:
    """The stored records of a project through worker processes, and nothing done with what they make."""
    from jobpipe.definition.project import find_project
    from jobpipe.documents.store import Selection
    from jobpipe.ledger.models import Import
    from jobpipe.runs.comparing import ComparedBatch, Comparer
    from jobpipe.runs.executors.executor import Done
    from jobpipe.runs.executors.local import LocalExecutor
    from jobpipe.runs.known_table import KnownTable
    from jobpipe.runs.preparing import prepare
    from jobpipe.runs.stored_records import in_order
    from jobpipe.runs.window import Window
    from jobpipe.runs.workspace import open_workspace

    def throw_away(batch: ComparedBatch, done: Done | None) -> None:
        del batch, done

    with open_workspace(find_project(folder, {})) as workspace:
        preparation = prepare(workspace, IMPORT)
        window = Window(lambda alone: LocalExecutor(preparation.charge, workers=workers), throw_away)
        comparer = Comparer(
            KnownTable.load([], folder=workspace.scratch), revision=0, day="2026-01-01", emit=window.add
        )
        import_id = Import.objects.get(name=IMPORT).pk
        for stored in in_order(workspace.documents, import_id, 0, [Selection()], Selection(keys=("",))):
            comparer.add(stored.record)
        comparer.cut()
        window.drain()
        window.close()


# The page -------------------------------------------------------------------------------------------


def _page(taken: Sequence[Taken], given: argparse.Namespace, setting: dict[str, str]) -> Iterable[str]:
    walls = {what: _median(taken, what) for what in (START, TRANSFORM, ALL, NONE, MAPPINGS, RUN)}
    touched = next(one.account["read"] for one in taken if one.what == MAPPINGS) / given.size
    share = (walls[MAPPINGS] - walls[START]) / (walls[ALL] - walls[START])
    yield f"# Benchmarks: what a plan costs, {thousands(given.size)} stored postings\n"
    yield (
        "`python -m bench.plan`: whole processes in turns, pinned to the same cores, medians; the start of the process "
        "is in them. *Transformation alone* reads the stored records, gives them to the same workers and throws away "
        "what they make.\n"
    )
    yield "## What the project asks of itself\n"
    yield from table(
        ("figure", "asked", "measured"),
        [
            ("a plan, in times of transforming once more", "at most 1", f"{walls[ALL] / walls[TRANSFORM]:.2f}"),
            ("a plan, in times of the run that applies it", "less than 1", f"{walls[ALL] / walls[RUN]:.2f}"),
            ("a plan, seconds", f"less than {_MOST_SECONDS}", f"{walls[ALL]:.1f}"),
            (
                f"labels of {touched:.1%} of the postings, in parts of a plan (without the start of a process)",
                f"about {touched:.1%}",
                f"{share:.1%}",
            ),
        ],
    )
    yield "\n## Measured\n"
    yield from table(
        ("what", "wall s", "from – to", "CPU s", "memory MB", "records"),
        [_row(taken, what) for what in walls],
    )
    yield "\n## Setting\n"
    yield from table(("", ""), list(setting.items()))


def _row(taken: Sequence[Taken], what: str) -> tuple[str, ...]:
    found = [one for one in taken if one.what == what]
    walls = [one.measured.wall for one in found]
    return (
        what,
        f"{statistics.median(walls):.2f}",
        f"{min(walls):.2f} – {max(walls):.2f}",
        f"{statistics.median(one.measured.cpu for one in found):.2f}",
        f"{max(one.measured.peak for one in found):.0f}",
        thousands(found[0].account["read"]) if found[0].account else "",
    )


def _median(taken: Sequence[Taken], what: str) -> float:
    return statistics.median(one.measured.wall for one in taken if one.what == what)


if __name__ == "__main__":
    main()
