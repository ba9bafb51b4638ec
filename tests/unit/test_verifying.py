"""`jobpipe verify`: what does not agree is found, put right, and found no more; `backup` and `restore` rest on it."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from begun_run import begin
from command_line import jobpipe
from django.db import connections
from engines import ON_A_CLUSTER
from project_folder import ProjectFolder, adds_up, xml_feed

from jobpipe.documents.body import Body, pack
from jobpipe.documents.store import Role
from jobpipe.documents.upkeep import StoredBody, upkeep_of
from jobpipe.ledger.models import Batch, Import, Run
from jobpipe.runs.housekeeping.verifying.findings import Verified
from jobpipe.runs.housekeeping.verifying.verifying import verify
from jobpipe.runs.report import RunReport

IN_FILES = pytest.mark.skipif(ON_A_CLUSTER, reason="copies files")


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


@pytest.fixture
def undisturbed(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "undisturbed")


def feed(day: int, *, records: int = 60) -> bytes:
    """Each day a few change, three are new, two are gone, one is rejected."""
    offers = {
        f"k{number}": f"Offre {number}" + (f" du jour {day}" if number % 10 == day else "")
        for number in range(day * 2, records + day * 3)
    }
    return xml_feed({**offers, f"bad{day}": ""})


def days(project: ProjectFolder, *numbers: int) -> list[RunReport]:
    reports = [project.run(feed(day), workers=0) for day in numbers]
    assert all(adds_up(report) for report in reports)
    assert {report.state for report in reports} == {"succeeded"}
    return reports


def verified(project: ProjectFolder, *, repair: bool = False) -> Verified:
    with project.open() as workspace:
        return verify(workspace, repair=repair)


def kinds(result: Verified) -> list[str]:
    return [one.kind for one in result.findings]


def told(report: RunReport) -> dict[str, Any]:
    return report.account | {"expired": report.expired, "live": report.live}


def test_a_project_that_nothing_befell_agrees(project: ProjectFolder) -> None:
    days(project, 1, 2, 3)
    assert kinds(verified(project)) == []
    done = jobpipe("-C", project.root, "verify")
    assert (done.returncode, done.stdout) == (0, "all that is stored agrees\n")


def test_an_interrupted_run_is_no_disagreement(project: ProjectFolder) -> None:
    days(project, 1)
    many = {f"n{number}": f"Offre {number} " + "mot " * 100 for number in range(3_000)}
    (project.root / "feed.xml").write_bytes(xml_feed(many))
    child = begin(project)
    child.kill()
    child.communicate()
    result = verified(project, repair=True)
    assert kinds(result) in ([], ["bodies-without-rows"]) or result.left
    report = project.run()
    with project.open():
        # Where it did not go on, the run that was interrupted says why.
        runs = list(Run.objects.order_by("id").values_list("id", "state", "revision", "error"))
    assert (report.run, report.account["new"], len(runs)) == (2, 3_000, 2), runs
    assert adds_up(report) and set(many) <= set(project.postings())


# Each disagreement, made by hand ---------------------------------------------------------------------


def damage_a_body(project: ProjectFolder) -> None:
    with project.open() as workspace:
        owner = Import.objects.get()
        row = workspace.documents.postings_by_key(owner.pk, ["k20"])["k20"]
        upkeep_of(workspace.documents).replace_body(owner.pk, StoredBody(row.row, row.revision, b"\x28\xb5\x2f\xfdxx"))


def lose_a_body(project: ProjectFolder) -> None:
    with project.open() as workspace:
        owner = Import.objects.get()
        row = workspace.documents.postings_by_key(owner.pk, ["k21"])["k21"]
        upkeep_of(workspace.documents).drop_bodies(owner.pk, [(row.row, row.revision)])


def lose_a_context(project: ProjectFolder) -> None:
    with project.open() as workspace:
        owner = Import.objects.get()
        row = workspace.documents.postings_by_key(owner.pk, ["k22"])["k22"]
        body = pack(Body(b"{}", b"<offer/>", bytes(16)))
        upkeep_of(workspace.documents).replace_body(owner.pk, StoredBody(row.row, row.revision, body))


def leave_a_batch(project: ProjectFolder) -> None:
    with project.open():
        run = Run.objects.order_by("-id").first()
        Batch.objects.create(run=run, first_ordinal=1, last_ordinal=1, verdicts=b"", chain="")


def break_an_account(project: ProjectFolder) -> None:
    with project.open():
        Run.objects.filter(pk=1).update(account={"read": 9, "new": 1})


def damage_the_archive(project: ProjectFolder) -> None:
    path = sorted((project.root / ".jobpipe" / "archive" / "offers").rglob("*.blocks"))[0]
    path.write_bytes(b"x" * path.stat().st_size)


def archive_a_run_that_is_not_there(project: ProjectFolder) -> None:
    (project.root / ".jobpipe" / "archive" / "offers" / "run-00000000").mkdir()


def archive_an_import_that_is_not_there(project: ProjectFolder) -> None:
    (project.root / ".jobpipe" / "archive" / "gone" / "run-00000001").mkdir(parents=True)


def damage_an_index(project: ProjectFolder) -> None:
    folder = project.root / ".jobpipe" / "near-duplicates"
    folder.mkdir(exist_ok=True)
    (folder / "0000.sqlite3").write_bytes(b"no database at all " * 100)


@pytest.mark.parametrize(
    ("befall", "expected"),
    [
        (damage_a_body, ["bodies-unreadable", "rows-without-bodies"]),
        (lose_a_body, ["rows-without-bodies"]),
        (lose_a_context, ["bodies-unreadable", "rows-without-bodies"]),
        (leave_a_batch, ["batches-left"]),
        (archive_a_run_that_is_not_there, ["archive-of-no-run"]),
        (archive_an_import_that_is_not_there, ["archive-of-no-import"]),
        (damage_an_index, ["near-duplicate-index"]),
    ],
)
def test_what_does_not_agree_is_found_put_right_and_found_no_more(
    project: ProjectFolder, undisturbed: ProjectFolder, befall: Callable[[ProjectFolder], None], expected: list[str]
) -> None:
    days(project, 1, 2)
    befall(project)

    assert kinds(verified(project)) == expected
    repaired = verified(project, repair=True)
    assert kinds(repaired) == expected
    assert not repaired.unrepaired
    assert kinds(verified(project)) == []

    # The same source again: what was lost is stored again; then days as any.
    project.run(workers=0)
    (after,) = days(project, 3)
    expected_report = days(undisturbed, 1, 2, 3)[-1]
    assert told(after) == told(expected_report)
    assert without_places(project) == without_places(undisturbed)


def test_a_damaged_archive_is_removed(project: ProjectFolder) -> None:
    days(project, 1, 2)
    damage_the_archive(project)
    result = verified(project, repair=True)
    assert set(kinds(result)) <= {"archive-damaged"}
    assert kinds(verified(project)) == []
    days(project, 3)


def test_an_account_that_does_not_add_up_is_told_and_stays(project: ProjectFolder) -> None:
    days(project, 1, 2)
    break_an_account(project)
    done = jobpipe("-C", project.root, "verify", "--repair", "--json")
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["kind"], finding["repaired"]) == ("accounts", False)


def test_a_numbering_that_is_behind_is_raised(project: ProjectFolder) -> None:
    days(project, 1)
    with project.open() as workspace:
        owner = Import.objects.get()
        highest = upkeep_of(workspace.documents).highest_row(owner.pk)
        if ON_A_CLUSTER:
            workspace.documents._server.collection("numbering").update_one(  # type: ignore[attr-defined]
                {"_id": owner.pk}, {"$set": {"last_row": 1}}
            )
        else:
            with sqlite3.connect(project.root / ".jobpipe" / "documents.sqlite3") as file:
                file.execute("UPDATE numbering SET last_row = 1")
            file.close()
    assert kinds(verified(project, repair=True)) == ["row-numbers"]
    with project.open() as workspace:
        assert upkeep_of(workspace.documents).last_row(owner.pk) == highest
    days(project, 2)


# Backup and restore ----------------------------------------------------------------------------------


def back_up(project: ProjectFolder, target: Path) -> None:
    connections.close_all()
    done = jobpipe("-C", project.root, "backup", target)
    assert done.returncode == 0, done.stderr
    assert (target / "backup.json").exists()


def restore(project: ProjectFolder, source: Path, *options: str) -> dict[str, Any]:
    connections.close_all()
    done = jobpipe("-C", project.root, "restore", source, "--json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert kinds(verified(project)) == []
    return result


def without_places(project: ProjectFolder) -> Any:
    """All that is stored, but for where in its source a record stood when it was last written."""
    rows, postings = project.contents()
    return [(*row[:6], *row[7:]) for row in rows], postings


@IN_FILES
def test_a_backup_that_is_restored_goes_on_as_if_nothing_had_happened(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path
) -> None:
    days(project, 1, 2)
    back_up(project, tmp_path / "backup")
    days(project, 3)
    restored = restore(project, tmp_path / "backup")
    assert Path(restored["before"]).is_dir()
    (after,) = days(project, 3)
    assert told(after) == told(days(undisturbed, 1, 2, 3)[-1])
    assert project.contents() == undisturbed.contents()


@IN_FILES
@pytest.mark.parametrize("first", ["ledger", "documents"])
def test_two_stores_saved_apart_are_brought_to_agree_and_the_days_go_on(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path, first: str
) -> None:
    """Runs come in between, whichever was saved first; what is stored then is an undisturbed project's."""
    days(project, 1, 2)
    back_up(project, tmp_path / "early")
    days(project, 3, 4)
    back_up(project, tmp_path / "late")
    days(project, 5)
    mixed = tmp_path / "mixed"
    shutil.copytree(tmp_path / "late", mixed)
    (mixed / "backup.json").unlink()
    shutil.copy2(tmp_path / "early" / f"{first}.sqlite3", mixed / f"{first}.sqlite3")

    found = {one["kind"] for one in restore(project, mixed)["findings"]}

    expected = {"run-numbers", "ledger-older"} if first == "ledger" else {"documents-older"}
    assert expected <= found
    days(project, 5)
    (after,) = days(project, 6)
    reports = days(undisturbed, 1, 2, 3, 4, 5, 6)
    assert told(after) == told(reports[-1])
    assert without_places(project) == without_places(undisturbed)


@IN_FILES
@pytest.mark.parametrize("lost", ["ledger", "documents"])
def test_one_store_alone_is_restored_beside_the_other(
    project: ProjectFolder, undisturbed: ProjectFolder, tmp_path: Path, lost: str
) -> None:
    days(project, 1, 2)
    back_up(project, tmp_path / "backup")
    days(project, 3)
    restore(project, tmp_path / "backup", "--only", lost)
    days(project, 3)
    (after,) = days(project, 4)
    assert told(after) == told(days(undisturbed, 1, 2, 3, 4)[-1])
    assert without_places(project) == without_places(undisturbed)


@IN_FILES
def test_a_backup_while_a_run_is_under_way_is_whole(project: ProjectFolder, tmp_path: Path) -> None:
    many = {f"n{number}": f"Offre {number} " + "mot " * 100 for number in range(3_000)}
    (project.root / "feed.xml").write_bytes(xml_feed(many))
    child = begin(project)
    back_up(project, tmp_path / "backup")
    refused = jobpipe("-C", project.root, "restore", tmp_path / "backup")
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert refused.returncode in (0, 2)
    restore(project, tmp_path / "backup")
    report = project.run()
    assert (report.state, report.live) == ("succeeded", len(many))


@IN_FILES
def test_what_is_no_whole_backup_is_refused_and_nothing_is_moved(project: ProjectFolder, tmp_path: Path) -> None:
    days(project, 1)
    for source in (tmp_path / "none", tmp_path):
        done = jobpipe("-C", project.root, "restore", source)
        assert done.returncode == 2, done.stderr
    assert days(project, 2)[0].live


@IN_FILES
def test_a_backup_holds_no_key(project: ProjectFolder, tmp_path: Path) -> None:
    days(project, 1)
    connections.close_all()
    sealed = jobpipe("-C", project.root, "secrets", "list")
    assert sealed.returncode == 0
    (project.root / ".jobpipe" / "key").write_text("x")
    back_up(project, tmp_path / "backup")
    assert not list((tmp_path / "backup").rglob("key"))
    restore(project, tmp_path / "backup")
    assert (project.root / ".jobpipe" / "key").read_text() == "x"


def test_the_quarantine_survives_a_repair(project: ProjectFolder) -> None:
    days(project, 1)
    lose_a_body(project)
    verified(project, repair=True)
    assert len(project.rows(Role.REJECTED)) == 1
