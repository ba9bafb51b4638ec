"""A file with far fewer postings waits for a person; what a person let go goes, whichever machine has made it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from partner import FEEDING
from project_folder import ProjectFolder, xml_feed

from jobpipe.ledger.models import Delivery
from jobpipe.runs.deliveries.deciding import accept
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.report import DeliveryReport

PARTNER = "destination: partner\nto: {file: out/jobs.jsonl}\n"
MANY = {f"k{number}": f"Job {number}" for number in range(30)}
FEW = 10


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """What has 30 postings there, and should have 10 by now."""
    made = ProjectFolder(tmp_path / "project", FEEDING)
    (made.root / "destinations").mkdir()
    (made.root / "out").mkdir()
    describe(made, "")
    made.run(xml_feed(MANY), workers=0)
    assert sit(made).state == "done"
    describe(made, f"limit: {FEW}\n")
    assert (sit(made).state, published(made)) == ("held", len(MANY))
    return made


def describe(project: ProjectFolder, more: str) -> None:
    (project.root / "destinations" / "partner.yaml").write_text(PARTNER + more)


def sit(project: ProjectFolder) -> DeliveryReport:
    with project.open() as workspace:
        return deliver(workspace, "partner", at_once=True)


def published(project: ProjectFolder) -> int:
    return len((project.root / "out" / "jobs.jsonl").read_text().splitlines())


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_file_that_a_person_let_go_is_published_though_it_must_be_made_again(
    project: ProjectFolder, is_lost: bool
) -> None:
    with project.open() as workspace:
        accept(workspace, Delivery.objects.get(state="held").pk, "ana")
        if is_lost:
            shutil.rmtree(workspace.project.state_dir / "deliveries")
    assert sit(project).state == "done"
    assert published(project) == FEW


def test_another_file_than_the_one_that_a_person_let_go_waits_again(project: ProjectFolder) -> None:
    with project.open() as workspace:
        accept(workspace, Delivery.objects.get(state="held").pk, "ana")
    describe(project, "limit: 1\n")
    assert (sit(project).state, published(project)) == ("held", len(MANY))
