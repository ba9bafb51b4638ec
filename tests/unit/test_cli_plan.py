"""`jobpipe plan` and `jobpipe apply`: rules of a file, and a release that is not in force yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder, xml_feed

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}
CATEGORY = "  category: {from: title, map: {Offre 1: c1, Offre 2: c2}, taxonomy: {name: house, language: fr}}\n"


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def command(project: ProjectFolder, *arguments: str | Path, code: int = 0) -> Any:
    done = jobpipe("-C", project.root, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


def test_rules_of_a_file_are_planned_and_applied(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    rules = project.root / "rules.csv"
    rules.write_text("rule\ndrop when posting.title == 'Offre 1'\nset title = 'Neuf' when posting.title == 'Offre 9'\n")
    said = command(project, "plan", "offers", "--overrides", rules)
    assert (said["account"]["filtered"], said["account"]["updated"], said["live"]["after"]) == (1, 1, 9)
    assert len(project.keys()) == 10
    done = command(project, "apply", str(said["plan"]))
    assert (done[0]["account"], done[0]["live"]) == (said["account"], 9)
    assert project.postings()["k9"]["title"] == "Neuf"
    assert [rule["rule"] for rule in command(project, "override", "list")] == rules.read_text().splitlines()[1:]


def test_a_mistake_in_a_rule_of_a_file_is_shown_with_its_place(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    rules = project.root / "rules.yaml"
    rules.write_text("- rule: drop when posting.titel == 'Offre 1'\n")
    said = command(project, "plan", "offers", "--overrides", rules, code=2)
    assert "rules.yaml, rule 1" in said
    assert "did you mean `title`?" in said


def test_a_release_of_a_taxonomy_is_planned_and_applied(project: ProjectFolder) -> None:
    house = project.root / "house.csv"
    load = ("taxonomy", "load", "house", house, "--code", "code", "--label", "label", "--language", "fr")
    house.write_text("code,label\nc1,Vente\nc2,Cuisine\n")
    command(project, *load)
    project.define((project.root / "imports/offers.yaml").read_text() + CATEGORY)
    project.run(xml_feed(TEN))
    house.write_text("code,label\nc1,Ventes\nc2,Cuisine\n")
    command(project, *load)
    said = command(project, "plan", "offers", "--taxonomy", "house:2")
    assert said["account"]["updated"] == 1
    command(project, "apply", str(said["plan"]))
    assert "Ventes" in json.dumps(project.postings()["k1"])
    assert "no number of a version" in command(project, "plan", "offers", "--taxonomy", "house:two", code=2)
