"""A whole project is copied while it is in use, lost, and restored as docs/how-to/upgrade-backup-restore.md says.

What is stored afterwards, and the accounts of the days that follow, are those of a project that nothing befell.
"""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from begun_run import begin
from django.db import connections
from project_folder import ProjectFolder, adds_up, xml_feed

from jobpipe.runs.report import RunReport

PAGE = (Path(__file__).parent.parent.parent / "docs" / "how-to" / "upgrade-backup-restore.md").read_text()
LEDGER, DOCUMENTS, ARCHIVE = "ledger.sqlite3", "documents.sqlite3", "archive"


def statements(containing: str) -> str:
    """The SQL block of the page that has these words."""
    (found,) = [block for block in re.findall(r" *```sql\n(.*?)```", PAGE, re.DOTALL) if containing in block]
    return str(found)


RAISE_NUMBERS = statements("sqlite_sequence")
FORGET_LATER_RUNS = statements("its documents were lost")


def feed(day: int, *, records: int = 97) -> bytes:
    """Each day a few change, three are new, five are gone."""
    return xml_feed(
        {
            f"k{number}": f"Offre {number}" + (f" du jour {day}" if number % 10 == day else "")
            for number in range(day * 5, records + day * 3)
        }
    )


class Backup:
    """Copies of a project's state, made the way the page says."""

    def __init__(self, project: ProjectFolder, folder: Path) -> None:
        self._state = project.root / ".jobpipe"
        self._folder = folder
        folder.mkdir()

    def copy(self, name: str) -> None:
        if name == ARCHIVE:
            shutil.copytree(self._state / ARCHIVE, self._folder / ARCHIVE)
            return
        source, target = sqlite3.connect(self._state / name), sqlite3.connect(self._folder / name)
        source.backup(target)
        source.close()
        target.close()

    def restore(self, *scripts: str) -> None:
        """Everything there was is lost; then the copies are put in its place, and the ledger is told."""
        connections.close_all()
        shutil.rmtree(self._state)
        shutil.copytree(self._folder, self._state)
        with sqlite3.connect(self._state / LEDGER) as ledger:
            for script in scripts:
                ledger.executescript(script)
        ledger.close()


def days(project: ProjectFolder, *numbers: int, records: int = 97) -> list[RunReport]:
    reports = [project.run(feed(day, records=records), workers=0) for day in numbers]
    assert [report.state for report in reports] == ["succeeded"] * len(numbers)
    assert all(adds_up(report) for report in reports)
    return reports


def told(report: RunReport) -> dict[str, Any]:
    return report.account | {"expired": report.expired, "live": report.live}


def without_places(project: ProjectFolder) -> Any:
    """All that is stored, but for where in its source a record stood when it was last written."""
    rows, postings = project.contents()
    return [(*row[:6], *row[7:]) for row in rows], postings


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


@pytest.fixture
def undisturbed(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "undisturbed")


def test_a_project_copied_while_a_run_is_under_way_goes_on_as_if_nothing_had_happened(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path
) -> None:
    many = 1_500
    days(project, 1, 2, records=many)
    backup = Backup(project, tmp_path / "backup")
    # So different that there are several batches.
    changed = feed(3, records=many).replace(b"Texte", b"Description")
    (project.root / "feed.xml").write_bytes(changed)
    child = begin(project)
    # Held there, so that it is under way for as long as the copying takes.
    child.send_signal(signal.SIGSTOP)
    try:
        backup.copy(LEDGER)
        backup.copy(DOCUMENTS)
        backup.copy(ARCHIVE)
    finally:
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=60)
    assert child.returncode == 0
    days(project, 4, records=many)

    backup.restore(RAISE_NUMBERS)
    # The ledger of the copy knows a run that was under way. The source is a day further.
    (after,) = days(project, 4, records=many)
    (next_day,) = days(project, 5, records=many)

    days(undisturbed, 1, 2, records=many)
    undisturbed.run(changed, workers=0)
    days(undisturbed, 4, records=many)
    (expected,) = days(undisturbed, 5, records=many)
    assert after.live == len(undisturbed.keys()) + 2
    assert told(next_day) == told(expected)
    assert without_places(project) == without_places(undisturbed)


def test_documents_that_are_newer_than_the_ledger_are_compared_with_the_source_of_today(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path
) -> None:
    days(project, 1, 2)
    backup = Backup(project, tmp_path / "backup")
    backup.copy(LEDGER)
    days(project, 3)
    backup.copy(DOCUMENTS)
    backup.copy(ARCHIVE)
    lost = project.rows()

    backup.restore(RAISE_NUMBERS)
    restored = days(project, 4, 5)

    expected = days(undisturbed, 1, 2, 3, 4, 5)[-2:]
    assert [told(report) for report in restored] == [told(report) for report in expected]
    assert project.contents() == undisturbed.contents()
    # No run has the number of the one that the ledger has forgotten.
    assert {row.changed_run for row in lost} & {row.changed_run for row in project.rows()} <= {1, 2, 3}
    assert min(row.changed_run for row in project.rows() if row.changed_run > 3) > 100_000


def test_without_raised_numbers_a_run_is_taken_for_the_one_that_was_lost(
    project: ProjectFolder, tmp_path: Path
) -> None:
    """Why the page says "always": the next run reads the archive of the forgotten one, not the source."""
    days(project, 1, 2)
    backup = Backup(project, tmp_path / "backup")
    backup.copy(LEDGER)
    days(project, 3)
    backup.copy(DOCUMENTS)
    backup.copy(ARCHIVE)

    backup.restore()
    (mistaken,) = days(project, 4)

    assert mistaken.account["read"] == 97 + 3 * 3 - 3 * 5


def test_a_ledger_that_is_newer_than_the_documents_forgets_what_it_believed_to_be_stored(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path
) -> None:
    days(project, 1, 2)
    backup = Backup(project, tmp_path / "backup")
    with project.open():
        begun = connections["default"].cursor().execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')").fetchone()[0]
    backup.copy(DOCUMENTS)
    days(project, 3)
    backup.copy(LEDGER)
    backup.copy(ARCHIVE)

    backup.restore(RAISE_NUMBERS, FORGET_LATER_RUNS.replace("2026-11-24 02:00:00", begun))
    (again,) = days(project, 3)

    expected = days(undisturbed, 1, 2, 3)[-1]
    assert told(again) == told(expected)
    assert project.contents() == undisturbed.contents()


def test_a_ledger_that_forgets_nothing_believes_an_unchanged_source_to_be_stored(
    project: ProjectFolder, tmp_path: Path
) -> None:
    """Why it has to forget."""
    days(project, 1, 2)
    backup = Backup(project, tmp_path / "backup")
    backup.copy(DOCUMENTS)
    days(project, 3)
    backup.copy(LEDGER)
    backup.copy(ARCHIVE)

    backup.restore(RAISE_NUMBERS)
    (mistaken,) = days(project, 3)

    assert mistaken.unchanged
    stored = project.keys()
    assert "k105" not in stored
