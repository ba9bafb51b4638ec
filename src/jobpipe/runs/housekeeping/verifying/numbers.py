"""Numbers that the ledger would give a second time: after it came back from a copy that is older than the rest."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from jobpipe.documents.store import Role, Selection
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.ledger.models import Import, Lease, Run
from jobpipe.ledger.opening import is_shared
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import runs_in

# Room that is left above what was found: what was stored elsewhere since is not known here.
RUNS, IMPORTS, FENCES = 100_000, 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Written:
    """What the documents of one import say of runs."""

    # The highest number there is in any row.
    highest: int
    # The last run that has written a row.
    last_written: int


def verify_numbers(workspace: Workspace, looking: Verifying) -> set[int]:
    """The imports whose documents were written by runs that the ledger does not know, where that is news."""
    documents = upkeep_of(workspace.documents)
    known = dict(Import.objects.values_list("pk", "name"))
    stored = documents.imports()
    highest, newer = 0, set()
    for number in stored:
        found = written_in(workspace, number)
        highest = max(highest, found.highest)
        last = Run.objects.filter(import_row=number).aggregate(last=Max("pk"))["last"] or 0
        if found.highest > last and not Run.objects.filter(pk=found.highest).exists():
            newer.add(number)
    highest = max([highest, *_archived(workspace)])
    given = _last_given("ledger_run")
    if highest > given:
        what = f"documents or archive know run {highest}, and the ledger has given numbers up to {given} only"
        looking.found(
            Finding("run-numbers", what, "the next runs get higher numbers, so that none is taken for another"),
            lambda: _raise_to("ledger_run", highest + RUNS),
        )
    else:
        newer = set()
    unknown = [number for number in stored if number not in known]
    given = _last_given("ledger_import")
    if unknown and max(unknown) > given:
        what = f"documents know import {max(unknown)}, and the ledger has given numbers up to {given} only"
        looking.found(
            Finding("import-numbers", what, "the next imports get higher numbers"),
            lambda: _raise_to("ledger_import", max(unknown) + IMPORTS),
        )
    if unknown:
        looking.result.notes.append(
            f"documents of imports that the ledger does not know: {', '.join(map(str, unknown[:10]))}; "
            "they stay until a ledger that knows them is restored"
        )
    _verify_row_numbers(workspace, looking, stored)
    if is_shared():
        _verify_fences(workspace, looking, [number for number in stored if number in known])
    return newer


def written_in(workspace: Workspace, import_id: int) -> Written:
    highest = last = 0
    for role in Role:
        for row in workspace.documents.select(import_id, Selection(role=role)):
            last = max(last, row.written_run)
            highest = max(highest, row.written_run, row.changed_run, row.first_run, row.missing_since)
    return Written(highest, last)


def _archived(workspace: Workspace) -> Iterator[int]:
    archive = workspace.project.state_dir / "archive"
    for folder in archive.iterdir() if archive.is_dir() else ():
        yield from runs_in(folder)


def _verify_row_numbers(workspace: Workspace, looking: Verifying, stored: list[int]) -> None:
    documents = upkeep_of(workspace.documents)
    delivered = workspace.delivered_if_any
    for number in stored:
        highest, last = documents.highest_row(number), documents.last_row(number)
        if delivered is not None:
            # A new posting would be taken for one that was delivered.
            highest = max(highest, delivered.upkeep().highest_row(number))
        if highest > last:
            what = f"import {number} has or had row {highest}, and its numbering is at {last}"
            looking.found(
                Finding("row-numbers", what, "the next rows get higher numbers"),
                functools.partial(documents.raise_last_row, number, highest),
            )


def _verify_fences(workspace: Workspace, looking: Verifying, stored: list[int]) -> None:
    documents = upkeep_of(workspace.documents)
    leases = dict(Lease.objects.values_list("import_row_id", "fence"))
    behind = array("q", (number for number in stored if documents.highest_fence(number) > leases.get(number, 0)))
    if not behind:
        return
    what = f"{len(behind):,} imports were held with higher fences than the ledger has given: it would write nothing"

    def mend() -> None:
        for number in behind:
            fence = documents.highest_fence(number) + FENCES
            Lease.objects.filter(import_row=number).update(fence=fence)

    looking.found(Finding("fences", what, "the next fences are higher", count=len(behind)), mend)


def _last_given(table: str) -> int:
    with connection.cursor() as cursor:
        if is_shared():
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
            last, is_called = cursor.fetchone()
            return int(last) if is_called else int(last) - 1
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        return int(found[0]) if found else 0


def _raise_to(table: str, number: int) -> None:
    with connection.cursor() as cursor:
        if is_shared():
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, number])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [number, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
