"""Processes that open a new file of documents at the same moment."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from jobpipe.documents.sqlite import SqliteDocuments

SPAWN = multiprocessing.get_context("spawn")


def open_each(folder: Path, count: int, together: object, troubles: object) -> None:
    for number in range(count):
        together.wait(30)  # type: ignore[attr-defined]
        try:
            SqliteDocuments(folder / f"{number}.sqlite3").close()
        except Exception as error:
            troubles.put(repr(error))  # type: ignore[attr-defined]


def test_processes_that_open_a_new_file_together_all_have_it(tmp_path: Path) -> None:
    together, troubles = SPAWN.Barrier(3), SPAWN.Queue()
    processes = [SPAWN.Process(target=open_each, args=(tmp_path, 200, together, troubles)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert troubles.empty(), troubles.get()
