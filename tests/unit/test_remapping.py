"""Changed mappings: exactly the postings that they touch are made again, from what is stored, in whatever order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from project_folder import CLIENT_DEFINITION, ProjectFolder, adds_up

from jobpipe.documents.store import Role, Status
from jobpipe.ledger.models import Import, Run, RunKind
from jobpipe.runs.conducting import StopRequest, owner_of
from jobpipe.runs.lease import hold
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.preparing import prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.reprocessing import remap_import

DEFINITION = (
    CLIENT_DEFINITION
    + """\
  category: {from: metier, map: jobs}
"""
)


def feed(trades: dict[str, str]) -> bytes:
    offers = "".join(
        f'<offer id="{key}"><title>Offre {key}</title><metier>{trade}</metier></offer>\n'
        for key, trade in trades.items()
    )
    return f"<offers>\n{offers}</offers>\n".encode()


TRADES = {f"k{number}": ("Vente", "Cuisine", "Salle", "Plonge")[number % 4] for number in range(40)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    write_table(project, {"Vente": "sales", "Cuisine": "cook"})
    return project


def write_table(project: ProjectFolder, table: dict[str, str]) -> None:
    (project.root / "mappings").mkdir(exist_ok=True)
    lines = [f"{label},{code}" for label, code in table.items()]
    (project.root / "mappings" / "jobs.csv").write_text("\n".join(["label,code", *lines]) + "\n")


def remap(project: ProjectFolder, stop: StopRequest | None = None) -> Remapped:
    with project.open() as workspace:
        done = remap_import(workspace, "offers", progress=Progress(), stop=stop or StopRequest())
    assert done is not None
    return done


def codes(project: ProjectFolder) -> Counter[str | None]:
    return Counter(one["category"][0].get("code") for one in project.postings().values())


def kinds_of_runs(project: ProjectFolder) -> list[str]:
    with project.open():
        return [run.kind for run in Run.objects.order_by("id")]


def test_a_changed_label_reprocesses_its_postings_and_no_others(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    (project.root / "feed.xml").unlink()
    written = {row.key: row.written_run for row in project.rows()}
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    done = remap(project)
    assert done.labels == 1
    assert done.report is not None
    assert (done.report.kind, done.report.account["read"], done.report.account["updated"]) == ("reprocess", 10, 10)
    assert adds_up(done.report)
    assert codes(project) == {"sales": 10, "chef": 10, None: 20}
    touched = {row.key for row in project.rows() if row.written_run != written[row.key]}
    assert touched == {key for key, trade in TRADES.items() if trade == "Cuisine"}


def test_a_new_label_reprocesses_the_postings_that_were_unmapped(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "cook", "SALLE": "waiter"})
    done = remap(project)
    assert done.report is not None
    assert done.report.account["updated"] == 10
    assert codes(project)["waiter"] == 10


def test_a_second_time_there_is_nothing_to_do(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    remap(project)
    assert remap(project) == Remapped(0, None)
    assert kinds_of_runs(project) == ["import", "reprocess"]


def test_an_entry_that_touches_no_posting_makes_no_run(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "cook", "Jardin": "gardener"})
    assert remap(project) == Remapped(0, None)
    assert kinds_of_runs(project) == ["import"]


def test_the_known_stay_known_when_a_mapping_changes(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    remap(project)
    report = project.run(feed(TRADES | {"new": "Vente"}))
    assert (report.account["unchanged"], report.account["new"], report.account["updated"]) == (40, 1, 0)


def test_a_run_between_a_change_and_its_application_leaves_no_old_value(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    report = project.run(feed(TRADES))
    assert report.unchanged
    assert codes(project) == {"sales": 10, "chef": 10, None: 20}
    assert kinds_of_runs(project) == ["import", "reprocess", "import"]
    assert remap(project) == Remapped(0, None)


def test_a_change_that_is_taken_back_before_it_was_applied_touches_nothing(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    write_table(project, {"Vente": "sales", "Cuisine": "cook"})
    assert project.run(feed(TRADES)).unchanged
    assert kinds_of_runs(project) == ["import", "import"]


def test_a_posting_that_is_gone_comes_back_with_what_its_label_means_by_then(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    project.run(feed({key: trade for key, trade in TRADES.items() if key != "k1"}))
    assert project.keys(Status.EXPIRED) == {"k1"}
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    assert remap(project).report is not None
    assert project.keys(Status.EXPIRED) == {"k1"}
    project.run(feed(TRADES))
    assert project.postings()["k1"]["category"][0]["code"] == "chef"


def test_to_be_made_again_is_not_to_be_seen_again(project: ProjectFolder) -> None:
    project.define(DEFINITION + "expire: {misses: 2}\n")
    project.run(feed(TRADES))
    without = {key: trade for key, trade in TRADES.items() if key != "k1"}
    project.run(feed(without))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    remap(project)
    assert project.keys() == set(TRADES)
    project.run(feed(without | {"new": "Vente"}))
    assert project.keys(Status.EXPIRED) == {"k1"}


def test_a_rejected_record_becomes_a_posting_once_its_label_is_mapped(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("map: jobs", "map: jobs, unmapped: reject"))
    report = project.run(feed(TRADES))
    assert (report.account["new"], report.account["rejected"]) == (20, 20)
    write_table(project, {"Vente": "sales", "Cuisine": "cook", "Salle": "waiter"})
    done = remap(project)
    assert done.report is not None
    assert (done.report.account["read"], done.report.account["new"]) == (10, 10)
    assert len(project.rows(Role.REJECTED)) == 10
    assert len(project.keys()) == 30
    report = project.run(feed(TRADES))
    assert report.unchanged or report.account["rejected"] == 10


def test_a_rule_on_the_code_is_asked_again(project: ProjectFolder) -> None:
    project.define(DEFINITION + "keep: posting.category[0].code == 'cook'\n")
    project.run(feed(TRADES))
    assert len(project.keys()) == 10
    write_table(project, {"Vente": "cook", "Cuisine": "cook"})
    remap(project)
    assert len(project.keys()) == 20


def test_a_definition_may_change_with_its_table(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    project.define(DEFINITION.replace("title: title", "title: [title, upper]"))
    project.run(feed(TRADES))
    assert codes(project) == {"sales": 10, "chef": 10, None: 20}
    assert {one["title"] for one in project.postings().values()} == {f"OFFRE {key.upper()}" for key in TRADES}


def test_reprocessing_all_counts_on_todays_tables(project: ProjectFolder) -> None:
    from jobpipe.runs.reprocessing import reprocess_import

    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    with project.open() as workspace:
        report = reprocess_import(workspace, "offers", progress=Progress(), stop=StopRequest())
    assert report.account["read"] == 40
    assert codes(project)["chef"] == 10


def test_one_that_is_stopped_is_gone_on_with_by_the_next_run(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    write_table(project, {"Vente": "sales", "Cuisine": "chef"})
    stopped = remap(project, StopRequest(requested=True))
    assert stopped.report is not None
    assert stopped.report.state == "failed"
    # Taken back: some rows may have been made with what was taken back.
    write_table(project, {"Vente": "sales", "Cuisine": "cook"})
    project.run(feed(TRADES))
    assert codes(project) == {"sales": 10, "cook": 10, None: 20}


def test_a_run_that_was_interrupted_goes_on_and_leaves_nothing_old(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    more = TRADES | {"k40": "Cuisine", "k41": "Salle"}
    project.run(feed(more), stop=StopRequest(requested=True))
    write_table(project, {"Vente": "sales", "Cuisine": "chef", "Salle": "waiter"})
    report = project.run(feed(more))
    assert report.account["read"] == 42
    assert codes(project) == {"sales": 10, "chef": 11, "waiter": 11, None: 10}


def test_a_table_in_the_definition_is_part_of_its_revision(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("map: jobs", "map: {Vente: sales}"))
    project.run(feed(TRADES))
    project.define(DEFINITION.replace("map: jobs", "map: {Vente: shop}"))
    project.run(feed(TRADES))
    assert codes(project) == {"shop": 10, None: 30}


def test_what_labels_a_row_was_made_with_is_remembered_by_the_ledger_s_digest(project: ProjectFolder) -> None:
    project.run(feed(TRADES))
    with project.open() as workspace:
        preparation = prepare(workspace, "offers")
        with hold(workspace, owner_of(preparation)):
            assert Import.objects.get(name="offers").mappings == preparation.tables_digest
        uses: dict[str, Any] = {use.label.split("\t")[1]: use for use in workspace.documents.labels(1)}
    assert {label: use.live for label, use in uses.items()} == dict.fromkeys(
        ("Vente", "Cuisine", "Salle", "Plonge"), 10
    )
    assert RunKind.REPROCESS not in kinds_of_runs(project)
