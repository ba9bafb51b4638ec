"""What the interface's pages cost with much in the store, beside an almost empty one: queries, times as a ratio, sizes.

    PYTHONPATH=tests python -m bench.pages --postings 100000

Both projects have two imports with everything that pages are about; the full one has imports, runs, incidents and
postings besides.  Asked: at most 10 queries a page, 3 times the time (10 times for searching), 100 KB.  With `--stores`
the projects are kept in that folder, and those that are there already are looked at as they are.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from two_clients import CLIENTS, TwoClients, two_clients
from web_addresses import Place, Who, page_of
from web_client import account, logged_in, show

from bench.page import table
from bench.setting import describe_setting
from jobpipe.definition.project import find_project
from jobpipe.ledger.models import Import, Incident, IncidentState, Run, RunState
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.progress import Progress
from jobpipe.runs.search_index import catch_up
from jobpipe.runs.workspace import open_workspace
from jobpipe.web.remembered import known_labels
from jobpipe.web.rights import Right
from jobpipe.web.routes import ROUTES, Route

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-pages.md"
NAME, OTHER = CLIENTS
ROUNDS = 15
MOST_QUERIES, MOST_TIMES, MOST_TIMES_OF_SEARCH, MOST_BYTES = 10, 3.0, 10.0, 100_000
_AT_ONCE = 2000
# Answers before those that are timed.
_WARMING = 3
# What hands out a file.
_NOT_PAGES = (".csv", "/<int:part>", "/<str:name>", "/patch")


@dataclass(frozen=True, slots=True)
class Seen:
    queries: int
    size: int
    # Of the processor, for the fastest answer: what else the machine does only ever adds.
    seconds: float
    # The same of the first answer after a run and a decision over labels, a second after any other.
    first_queries: int
    first_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imports", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--postings", type=int, default=100_000)
    parser.add_argument("--stores", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder: Path = given.stores or Path(temporary)
        with _project(folder / "empty", None) as empty:
            before = seen_pages(empty)
        with _project(folder / "full", given) as full:
            after = seen_pages(full)
    text = page(given, before, after)
    print(text)
    PAGE.write_text(text)


@contextmanager
def _project(root: Path, given: argparse.Namespace | None) -> Iterator[TwoClients]:
    """`given`: what it is filled with; None = nothing."""
    if root.exists():
        with open_workspace(find_project(root, {})) as workspace:
            yield TwoClients(root, workspace)
        return
    with two_clients(root) as project:
        if given is not None:
            fill(project, given)
        yield project


def fill(project: TwoClients, given: argparse.Namespace) -> None:
    offers = "".join(
        f'<offer id="p{number}"><title>Job {number % 997} of many</title><company>Firm {number % 89}</company>'
        f"<text>To be done</text><function>Odd job {number % 500}</function></offer>\n"
        for number in range(given.postings)
    )
    (project.root / f"{NAME}.xml").write_text(f"<offers>\n{offers}</offers>\n")
    run_import(project.workspace, NAME, progress=Progress(), stop=StopRequest())
    now = datetime.now(UTC)
    text = (project.root / "imports" / f"{NAME}.yaml").read_text()
    names = [f"many-{number}" for number in range(given.imports - 2)]
    for name in names:
        (project.root / "imports" / f"{name}.yaml").write_text(text.replace(NAME, name))
    Import.objects.bulk_create(
        (Import(name=name, client=f"Client {number % 100}") for number, name in enumerate(names)), _AT_ONCE
    )
    owners = list(Import.objects.all())
    Run.objects.bulk_create((_run(owners, number, now) for number in range(given.runs)), _AT_ONCE)
    Incident.objects.bulk_create((_incident(owners, number, now) for number in range(given.incidents)), _AT_ONCE)


def _run(owners: list[Import], number: int, now: datetime) -> Run:
    began = now - timedelta(minutes=number)
    state = (RunState.SUCCEEDED, RunState.SUCCEEDED, RunState.SUCCEEDED, RunState.FAILED)[number % 4]
    return Run(
        import_row=owners[number % len(owners)],
        state=state,
        started_at=began,
        finished_at=began + timedelta(seconds=50),
        sequence=1_000_000 + number,
        revision="0" * 16,
        definition="import: many\n",
        account={"read": 100, "new": 1, "updated": 2, "unchanged": 97},
        live=100,
        seconds=50.0,
        complete=True,
        why="read to its end",
    )


def _incident(owners: list[Import], number: int, now: datetime) -> Incident:
    owner = owners[number % len(owners)]
    seen = now - timedelta(minutes=number)
    return Incident(
        fingerprint=f"{number:032x}",
        import_name=owner.name,
        client=owner.client,
        kind="record-rejected",
        stage="transform",
        field="title",
        message=f"the posting has no title ({number})",
        state=IncidentState.OPEN if number % 10 == 0 else IncidentState.RESOLVED,
        owner="ines",
        first_seen=seen,
        last_seen=seen,
        count=1,
    )


def seen_pages(project: TwoClients) -> dict[str, Seen]:
    show(project.workspace)
    # As `jobpipe serve` does beside the pages.
    while not catch_up(project.workspace, seconds=60):
        pass
    while known_labels().of(Import.objects.all(), seconds=60)[1]:
        pass
    import_module("jobpipe.web.urls")
    who = Who("admin", account(), True, "")
    account("operator", name="somebody")
    client = logged_in(account())
    addresses = dict(_addresses(project, who))
    # What is remembered between pages is there, and what has changed is summed up.
    first = {path: _asked(client, address) for path, address in addresses.items() for _ in range(_WARMING)}
    took: dict[str, list[float]] = {path: [] for path in addresses}
    # Round by round: what else the machine does comes in bursts.
    for _ in range(ROUNDS):
        for path, address in addresses.items():
            begun = time.process_time()
            client.get(address)
            took[path].append(time.process_time() - begun)
    after_a_change = {path: _asked_after_a_change(project, client, address) for path, address in addresses.items()}
    return {path: Seen(*first[path], min(took[path]), *after_a_change[path]) for path in addresses}


def _asked_after_a_change(project: TwoClients, client: Any, address: str) -> tuple[int, float]:
    """Queries and seconds of the processor."""
    run_import(project.workspace, OTHER, progress=Progress(), stop=StopRequest(), workers=0)
    decision = Decision(table="functions", label=f"Tried {time.time_ns()}", value="F1", scope="client", owner="Acme")
    decide(project.workspace, [decision], by="ines")
    # What is looked at once a second is looked at again.
    time.sleep(1)
    begun = time.process_time()
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked), time.process_time() - begun


def _addresses(project: TwoClients, who: Who) -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        if "GET" in route.methods and route.needs is not Right.NOBODY and not route.path.endswith(_NOT_PAGES):
            try:
                address = page_of(route, Place(project, NAME, who))
            except Exception:
                # A token or a draft that nobody has made.
                continue
            yield route.path or "(overview)", _searched(route, address)


def _searched(route: Route, address: str) -> str:
    return f"{address}?q=job" if route.path == "postings/" else address


def _asked(client: Any, address: str) -> tuple[int, int]:
    """Queries and bytes."""
    with CaptureQueriesContext(connection) as asked:
        size = len(client.get(address).content)
    return len(asked), size


def page(given: argparse.Namespace, before: dict[str, Seen], after: dict[str, Seen]) -> str:
    rows = [_row(path, before[path], seen) for path, seen in after.items() if path in before]
    beyond = [row[0] for row in rows if row[-1]]
    head = ("page", "queries", "first", "ms, empty", "ms, full", "times", "ms, first", "KB", "")
    said = f"Beyond what is asked: {', '.join(beyond)}." if beyond else "Every page keeps to that."
    return (
        "# Benchmarks: pages of a full store\n\n"
        f"A ledger with {given.imports:,} imports, {given.runs:,} runs and {given.incidents:,} incidents, and an "
        f"import of {given.postings:,} postings, in SQLite; beside it a project with two imports and a few of each. "
        f"Asked: at most {MOST_QUERIES} queries a page, {MOST_TIMES:.0f} times the time "
        f"({MOST_TIMES_OF_SEARCH:.0f} for the search of postings), {MOST_BYTES // 1000} KB. The processor's time for "
        f"the fastest of {ROUNDS} answers, on a machine that does other things besides, of pages that were looked at "
        "before: the index of postings is made, as `jobpipe serve` does beside the pages, and the labels of imports "
        "are worked out, which takes the first looks at mappings. Whether a file of an import was written in its place "
        "is looked at twice a second at most, 5 ms for 1,000 files: of the pages that need it the first pays, "
        "here `mappings/`. *First* is the "
        "first answer after a run and a decision over labels, a second after the last page: what is remembered between "
        "pages is then worked out again, and files are looked at. The lists of the one project have one to eleven "
        "rows, those of the other 25 or 50: where a page takes two to four times as long, most of that is their HTML. "
        f"{said}\n\n"
        + "\n".join(table(head, rows))
        + "\n"
        + "\n".join(table(("setting", ""), list(describe_setting(range(os.cpu_count() or 1), ROUNDS, None).items())))
        + "\n"
    )


def _row(path: str, before: Seen, after: Seen) -> tuple[str, ...]:
    times = after.seconds / before.seconds
    most = MOST_TIMES_OF_SEARCH if path == "postings/" else MOST_TIMES
    wrong = [
        words
        for words, is_so in (
            ("queries", max(after.queries, after.first_queries) > MOST_QUERIES),
            ("time", times > most),
            ("size", after.size > MOST_BYTES),
        )
        if is_so
    ]
    queries = (str(after.queries), str(after.first_queries))
    told = (f"`{path}`", *queries, f"{before.seconds * 1000:.0f}", f"{after.seconds * 1000:.0f}", f"{times:.1f}")
    return (*told, f"{after.first_seconds * 1000:.0f}", f"{after.size / 1000:.0f}", ", ".join(wrong))


if __name__ == "__main__":
    main()
