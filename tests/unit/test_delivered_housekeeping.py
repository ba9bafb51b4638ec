"""What was delivered is kept house in as the documents are: backed up, pruned, verified, erased from."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import jobpipe
from django.db import connections
from engines import ON_A_CLUSTER
from msgspec import structs
from project_folder import ProjectFolder, xml_feed

from jobpipe.definition.project import find_project
from jobpipe.destinations.published import LIST, feed_folder
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.ledger.models import Import
from jobpipe.runs.housekeeping.backing_up import CHANGES, back_up, restore_files
from jobpipe.runs.housekeeping.erasing import erase
from jobpipe.runs.housekeeping.pruning import prune
from jobpipe.runs.housekeeping.verifying.verifying import verify

OFFERS = {"k1": "Un", "k2": "Deux", "k3": "Trois"}
DESTINATION = 1
FILE = "deliveries.sqlite3"


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """Of three postings the first two were delivered; one was withdrawn again."""
    project = ProjectFolder(tmp_path / "project")
    project.run(xml_feed(OFFERS), workers=0)
    with project.open() as workspace:
        number = Import.objects.get().pk
        rows = workspace.documents.postings_by_key(number, ["k1", "k2"])
        there = Delivered(import_id=number, row=rows["k1"].row, key="k1", standing=Standing.THERE, digest=b"d" * 16)
        away = Delivered(
            import_id=number, row=rows["k2"].row, key="k2", standing=Standing.AWAY, said="asked Jeanne Dupont"
        )
        at = datetime.now(UTC).isoformat()
        told = [
            Receipt(
                destination=DESTINATION,
                import_id=number,
                row=one.row,
                number=1,
                action="upsert",
                fate="accepted",
                at=at,
                said="thanks, Jeanne Dupont",
            )
            for one in (there, away)
        ]
        workspace.delivered.save(DESTINATION, [there, away], told)
    return project


def delivered(project: ProjectFolder) -> dict[str, Delivered]:
    with project.open() as workspace:
        return {one.key: one for one in workspace.delivered.walk(DESTINATION, Import.objects.get().pk)}


def test_nothing_is_made_for_projects_that_deliver_nothing(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(xml_feed(OFFERS), workers=0)
    with project.open() as workspace:
        prune(workspace)
        verify(workspace)
        erase(workspace, ["Jeanne Dupont"], by="", reason="", dry_run=False)
    assert not (project.root / ".jobpipe" / FILE).exists()


@pytest.mark.skipif(ON_A_CLUSTER, reason="its server's own tool copies it")
def test_a_backup_holds_what_was_delivered_and_one_without_it_leaves_it_as_it_is(
    project: ProjectFolder, tmp_path: Path
) -> None:
    with project.open() as workspace:
        copied = back_up(workspace, tmp_path / "backup").copied
        assert FILE in copied
        before = delivered(project)
        workspace.delivered.forget(DESTINATION)
    connections.close_all()
    assert delivered(project) == {}
    listed = feed_folder(project.root / ".jobpipe", "partner") / LIST
    listed.parent.mkdir(parents=True)
    listed.write_text("{}")
    jobpipe("-C", project.root, "restore", tmp_path / "backup", "--only", "deliveries")
    # No destination ignores the next change because it has seen later ones.
    restored = {key: structs.replace(one, number=one.number + CHANGES) for key, one in before.items()}
    assert delivered(project) == restored
    assert listed.exists()
    connections.close_all()
    (tmp_path / "backup" / FILE).unlink()
    restore_files(find_project(project.root, {}), tmp_path / "backup")
    assert delivered(project) == restored


@pytest.mark.skipif(ON_A_CLUSTER, reason="its server looks after its files itself")
def test_an_index_that_has_lost_a_row_is_made_anew(project: ProjectFolder) -> None:
    path = project.root / ".jobpipe" / FILE
    change = "UPDATE sqlite_master SET sql = replace(sql, '{}', '{}') WHERE name = 'delivered_not_there'"
    for statement in (
        change.format("standing != 0", "standing > 9"),
        "UPDATE delivered SET standing = 2 WHERE standing = 1",
        change.format("standing > 9", "standing != 0"),
    ):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("PRAGMA writable_schema = ON")
            file.execute(statement)
    with project.open() as workspace:
        (finding,) = verify(workspace, repair=True).findings
        assert finding.what.startswith("what was delivered is damaged")
        assert finding.repaired
        assert not verify(workspace).findings


def test_documents_that_were_lost_give_no_number_again_that_a_destination_knows(project: ProjectFolder) -> None:
    with project.open() as workspace:
        number = Import.objects.get().pk
        lost = Delivered(import_id=number, row=40, key="k40", standing=Standing.THERE, digest=b"d" * 16)
        workspace.delivered.save(DESTINATION, [lost])
        assert [one.kind for one in verify(workspace, repair=True).findings] == ["row-numbers"]
        assert upkeep_of(workspace.documents).last_row(number) == 40
        assert not verify(workspace).findings


def test_receipts_go_by_age_and_what_a_destination_still_has_stays_known(project: ProjectFolder) -> None:
    project.run(xml_feed({"k3": "Trois"}), workers=0)
    with project.open() as workspace:
        workspace.documents.expire(Import.objects.get().pk, 2, [1, 2], "absent")
        for dry_run in (True, False):
            done = prune(workspace, dry_run=dry_run, now=datetime.now(UTC) + timedelta(days=91))
            assert {line.what: line.count for line in done.freed}["receipts"] == 2
        assert set(delivered(project)) == {"k1", "k2"}
        done = prune(workspace, now=datetime.now(UTC) + timedelta(days=400))
        counted = {line.what: line.count for line in done.freed}
        assert (counted["receipts"], counted["postings that are gone"]) == (0, 2)
    assert set(delivered(project)) == {"k1"}


def test_a_person_is_erased_from_what_destinations_answered_and_feeds_that_have_it_are_named(
    project: ProjectFolder,
) -> None:
    feed = feed_folder(project.root / ".jobpipe", "partner") / ("0" * 64)
    feed.parent.mkdir(parents=True)
    feed.write_text("x" * (1024 * 1024 - 6) + " Jeanne Dupont")
    with project.open() as workspace:
        found = erase(workspace, ["Jeanne Dupont"], by="", reason="", dry_run=True)
        assert found.places == {"answers of destinations": 3}
        assert found.files == [str(feed.relative_to(project.root))]
        erase(workspace, ["Jeanne Dupont"], by="", reason="", dry_run=False)
    assert "Dupont" not in repr(delivered(project))
    if not ON_A_CLUSTER:
        assert b"Dupont" not in (project.root / ".jobpipe" / FILE).read_bytes()
