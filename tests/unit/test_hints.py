"""What a run tells its developer: paths to ignore, keys that are none, labels without a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder

from jobpipe.runs.report import RunReport


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def said(report: RunReport, kind: str) -> str:
    return " ".join(notice["message"] for notice in report.notices if notice["kind"] == kind)


def stamped(stamp: str) -> bytes:
    offers = "".join(
        f'<offer id="k{n}"><title>Offre {n}</title><text>Texte</text><meta at="{stamp}"/><vu>{stamp}</vu></offer>\n'
        for n in range(20)
    )
    return f"<offers>{offers}</offers>".encode()


def test_a_stamp_that_changes_every_day_is_named_and_can_be_ignored(project: ProjectFolder) -> None:
    project.run(stamped("lundi"))
    report = project.run(stamped("mardi"))
    assert (report.account["unchanged"], report.account["updated"]) == (20, 0)
    hint = said(report, "ignore")
    assert "meta/@at" in hint
    assert "vu" in hint
    project.define(DEFINITION.replace("  record: offer\n", "  record: offer\n  ignore: [meta/@at, vu]\n"))
    project.run(stamped("mercredi"))
    report = project.run(stamped("jeudi"))
    assert report.account["unchanged"] == 20
    assert said(report, "ignore") == ""


def test_a_key_that_repeats_is_named_with_better_ones(project: ProjectFolder) -> None:
    project.define(DEFINITION + "  locations: city\n")
    offers = "".join(
        f'<offer id="k{n // 3}"><title>Offre {n // 3}</title><city>Ville {n}</city></offer>\n' for n in range(30)
    )
    report = project.run(f"<offers>{offers}</offers>".encode())
    assert report.account["duplicate"] == 20
    assert "20 of 30 records repeat a key (reference)" in said(report, "key")
    assert "key: [locations.text]" in said(report, "key")


def test_a_few_repeated_keys_are_no_reason_to_speak(project: ProjectFolder) -> None:
    offers = "".join(f'<offer id="k{n % 98}"><title>Offre {n}</title></offer>\n' for n in range(100))
    assert said(project.run(f"<offers>{offers}</offers>".encode()), "key") == ""


def test_labels_without_a_mapping_are_counted(project: ProjectFolder) -> None:
    project.define(DEFINITION + "  category: {from: metier, map: {Cuisine: cook}}\n")
    trades = ["Cuisine", "Salle", "Salle", "Plonge"]
    offers = "".join(
        f'<offer id="{n}"><title>Offre</title><metier>{trade}</metier></offer>' for n, trade in enumerate(trades)
    )
    report = project.run(f"<offers>{offers}</offers>".encode())
    assert report.account["new"] == 4
    assert "'Salle' (definition:category, 2×)" in said(report, "unmapped")
    assert "'Plonge' (definition:category, 1×)" in said(report, "unmapped")
