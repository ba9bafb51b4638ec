"""Plans of each kind of change, one after the other, on either engine: applying does what they said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planning import apply, figures, plan
from project_folder import ProjectFolder

from jobpipe.runs.mappings.deciding import Decision
from jobpipe.runs.overrides.deciding import RuleDecision

DEFINITION = """\
import: offers
client: Acme
source: {feed: feed.xml, record: offer}
posting:
  reference: "@id"
  title: title
  description: text
  category: {from: metier, map: jobs}
"""
TRADES = ("Vente", "Cuisine", "Salle")


def test_a_plan_of_a_definition_of_a_label_and_of_a_rule_is_what_its_run_does(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    project.run(feed(30))
    changes: list[tuple[dict[str, Any], dict[str, int]]] = [
        ({"definition": DEFINITION.replace("title: title", "title: [title, upper]")}, {"read": 30, "updated": 30}),
        (
            {"decisions": (Decision(table="jobs", label="Vente", value="sales", scope="client", owner="Acme"),)},
            {"updated": 10},
        ),
        ({"rules": (RuleDecision(scope="import", owner="offers", rule="drop when '9' in posting.title"),)}, {}),
    ]
    for change, expected in changes:
        before = project.contents()
        made = plan(project, **change)
        said = figures(made)
        assert said["account"] | expected == said["account"]
        assert project.contents() == before
        report = apply(project, made)
        assert (report.account, report.live) == (said["account"], said["live"]["after"])
    assert len(project.keys()) == 27
    assert project.postings()["k0"]["category"][0]["code"] == "sales"
    assert project.run(feed(31)).account["new"] == 1


def feed(count: int) -> bytes:
    offers = "".join(
        f'<offer id="k{number}"><title>Offre {number}</title><text>Texte</text>'
        f"<metier>{TRADES[number % 3]}</metier></offer>\n"
        for number in range(count)
    )
    return f"<offers>\n{offers}</offers>\n".encode()
