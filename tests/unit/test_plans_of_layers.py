"""Plans of what lies above a definition and is not in force yet: rules, and releases of taxonomies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planning import apply, figures, plan
from project_folder import ProjectFolder, xml_feed

from jobpipe.ledger.models import Override, Plan
from jobpipe.runs.overrides.deciding import RuleDecision, decide
from jobpipe.runs.taxonomies.in_force import number_in_force
from jobpipe.runs.taxonomies.releases import Origin, load
from jobpipe.taxonomy.taxonomies import Category, Taxonomy, Term

FEED = xml_feed({f"k{number}": f"Offre {number}" for number in range(10)})
DROP = RuleDecision(
    scope="import", owner="offers", rule="drop when posting.title in ['Offre 1', 'Offre 2']", enabled=True
)


def planned_and_applied(project: ProjectFolder, **change: Any) -> dict[str, Any]:
    before = project.contents()
    made = plan(project, **change)
    said = figures(made)
    assert project.contents() == before
    report = apply(project, made)
    assert (report.account, report.live) == (said["account"], said["live"]["after"])
    return said


def test_rules_are_planned_before_they_are_saved(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(FEED)
    assert planned_and_applied(project, rules=(DROP,))["account"]["filtered"] == 2
    rule = Override.objects.get(active=True)
    assert rule.content["rule"] == DROP.rule
    # What it says otherwise touches the postings again; what is in force is no change.
    other = RuleDecision(number=rule.pk, rule="drop when posting.title == 'Offre 3'")
    assert planned_and_applied(project, rules=(other,))["live"]["after"] == 9
    assert plan(project, rules=(other,)) is None
    assert not Plan.objects.exclude(rules=[]).exists()


def test_a_rule_of_another_import_changes_nothing(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(FEED)
    other = RuleDecision(scope="import", owner="others", rule=DROP.rule, enabled=True)
    assert plan(project, rules=(other,)) is None


def test_a_rule_comes_after_those_of_its_scope(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(FEED)
    with project.open() as workspace:
        decide(workspace, [RuleDecision(scope="import", owner="offers", rule="set title = 'A'")], by="ann")
    said = planned_and_applied(
        project, rules=(RuleDecision(scope="import", owner="offers", rule="set title = posting.title ~ 'B'"),)
    )
    assert said["account"]["updated"] == 10
    assert {posting["title"] for posting in project.postings().values()} == {"AB"}


NAMED = """\
import: offers
source: {feed: feed.xml, record: offer}
posting:
  reference: "@id"
  title: title
  description: text
  category: {from: title, map: {Offre 1: c1, Offre 2: c2}, taxonomy: {name: house, language: fr}}
"""


def taxonomy(**names: str) -> Taxonomy:
    found = {code: Category(code, (Term(name, "fr", preferred=True),)) for code, name in names.items()}
    return Taxonomy("house", "", found)


def test_a_release_of_a_taxonomy_is_planned_before_it_is_in_force(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", NAMED)
    with project.open() as workspace:
        load(workspace, taxonomy(c1="Vente", c2="Salle"), Origin(files=(), label="", by="ann"))
    project.run(FEED)
    with project.open() as workspace:
        number = load(
            workspace, taxonomy(c1="Vente", c2="Service"), Origin(files=(), label="", by="ann")
        ).version.number
    said = planned_and_applied(project, release=("house", number))
    assert (said["account"]["read"], said["account"]["updated"]) == (1, 1)
    with project.open():
        assert number_in_force("house") == number
    assert project.postings()["k2"]["category"][0]["name"] == "Service"
