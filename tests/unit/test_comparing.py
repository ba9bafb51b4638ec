"""Records are cut into batches: large ones where they come fast, small ones where each has to be waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobpipe.runs import comparing
from jobpipe.runs.comparing import Comparer
from jobpipe.runs.known_table import KnownTable
from jobpipe.sources.record import Context, RawRecord


def sizes(tmp_path: Path, records: int, *, come_slowly: bool) -> list[int]:
    found: list[int] = []
    comparer = Comparer(
        KnownTable.load(iter(()), folder=tmp_path),
        revision=1,
        day="2026-11-25",
        come_slowly=come_slowly,
        emit=lambda batch: found.append(len(batch.found)),
    )
    context = Context(kind="json")
    for number in range(records):
        comparer.add(RawRecord(b'{"id": %d}' % number, 0, context, ""))
    comparer.cut()
    return found


def test_records_that_come_fast_make_large_batches(tmp_path: Path) -> None:
    assert sizes(tmp_path, 1_100, come_slowly=False) == [500, 500, 100]


def test_no_worker_is_left_with_a_large_batch_of_records_that_come_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PATIENCE", 3_600.0)
    assert sizes(tmp_path, 250, come_slowly=True) == [100, 100, 50]


def test_records_that_have_waited_go_to_a_worker_when_they_pay_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PATIENCE", 0.0)
    assert sizes(tmp_path, 50, come_slowly=True) == [20, 20, 10]
    assert sizes(tmp_path, 19, come_slowly=True) == [19]
