"""Silent breakage: a source that goes on without an error, and is not what it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder

from jobpipe.incidents.expectations.causes import KINDS
from jobpipe.incidents.states import resolve
from jobpipe.ledger.models import Incident, IncidentChange, Run, RunFigures

DEFINITION = """\
import: offers
source:
  feed: feed.xml
  record: offer
posting:
  reference: "@id"
  title: title
  description: text
  contract: {from: contract, then: contract}
  salary: {min: {from: pay, then: number}, currency: currency}
  posted_at: day
"""


class Source:
    """A feed that lives: postings come and go every day."""

    def __init__(self, size: int) -> None:
        self.rng = random.Random(size)
        self.number = 0
        self.offers: list[dict[str, str]] = []
        while len(self.offers) < size:
            self.come()

    def come(self) -> None:
        self.number += 1
        offer = {
            "id": f"k{self.number}",
            "title": f"Offre {self.number}",
            "text": f"Un texte {self.rng.random()} de {self.number}. " * self.rng.randint(5, 30),
            "contract": self.rng.choice(("CDI", "CDI", "CDD")),
            "day": f"2026-11-{self.rng.randint(1, 28):02}",
        }
        if self.rng.random() < 0.8:
            offer |= {"pay": str(self.rng.randint(1_800, 4_000)), "currency": "EUR"}
        self.offers.append(offer)

    def next_day(self) -> None:
        for _ in range(max(1, len(self.offers) // 30)):
            self.offers.pop(self.rng.randrange(len(self.offers)))
            self.come()

    def feed(self, without: tuple[str, ...] = (), **same: str) -> bytes:
        records = ""
        for offer in self.offers:
            said = {name: value for name, value in (offer | same).items() if name not in ("id", *without)}
            parts = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
            records += f'<offer id="{offer["id"]}">{parts}</offer>\n'
        return f"<offers>\n{records}</offers>\n".encode()


def lived(root: Path, size: int, days: int = 9, definition: str = DEFINITION) -> tuple[ProjectFolder, Source]:
    project, source = ProjectFolder(root, definition), Source(size)
    for _ in range(days):
        assert project.run(source.feed(), workers=0).incidents == []
        source.next_day()
    return project, source


def broken(project: ProjectFolder) -> dict[str, str]:
    """Kind -> state."""
    with project.open():
        return {one.kind: one.state for one in Incident.objects.filter(kind__in=(*KINDS, "source-stale"))}


def test_a_salary_that_goes_is_told_with_figures_and_closes_itself_when_it_is_back(tmp_path: Path) -> None:
    project, source = lived(tmp_path, 60)
    report = project.run(source.feed(without=("pay", "currency")), workers=0)
    assert [(one["kind"], one["action"]) for one in report.incidents] == [("fields-gone", "opened")]
    with project.open():
        incident = Incident.objects.get(kind="fields-gone")
        assert incident.message.startswith("salary: 8")
        assert "in the last 9 runs, 0 % in this one" in incident.message
        assert "with it salary.amount, salary.currency" in incident.message
        assert incident.samples[0]["key"] in incident.message and '"currency":"EUR"' in incident.message
    source.next_day()
    # It lasts, and nobody is told again.
    assert project.run(source.feed(without=("pay", "currency")), workers=0).incidents == []
    assert broken(project) == {"fields-gone": "open"}
    source.next_day()
    project.run(source.feed(), workers=0)
    assert broken(project) == {"fields-gone": "resolved"}
    source.next_day()
    assert project.run(source.feed(without=("pay",)), workers=0).incidents[0]["action"] in ("opened", "reopened")


def test_what_a_person_resolves_is_how_it_is_now(tmp_path: Path) -> None:
    project, source = lived(tmp_path, 60)
    project.run(source.feed(without=("pay", "currency")), workers=0)
    with project.open():
        resolve(Incident.objects.get(kind="fields-gone").pk, by="anna", why="they pay by agreement now")
    for _ in range(3):
        source.next_day()
        assert project.run(source.feed(without=("pay", "currency")), workers=0).incidents == []
    with project.open():
        assert list(IncidentChange.objects.values_list("action", flat=True)) == ["opened", "resolved"]


@pytest.mark.parametrize(
    ("kind", "harm"),
    [
        ("texts-alike", lambda source: source.feed(text="Le même texte pour toutes les offres. " * 9)),
        ("texts-alike", lambda source: source.feed(day="2026-11-29")),
        ("values-shifted", lambda source: source.feed(contract="Stage")),
        ("texts-damaged", lambda source: source.feed(title="&lt;b&gt;Offre&lt;/b&gt; AT&amp;amp;T")),
        ("fields-gone", lambda source: source.feed(without=("text",))),
    ],
)
def test_other_ways_to_break_are_of_their_kind(tmp_path: Path, kind: str, harm: Callable[[Source], bytes]) -> None:
    project, source = lived(tmp_path, 50)
    project.run(harm(source), workers=0)
    assert kind in broken(project)


def test_a_fifth_that_is_missing_is_told_where_absence_says_nothing_else(tmp_path: Path) -> None:
    misses = DEFINITION + "expire: {misses: 2}\n"
    project, source = lived(tmp_path, 103, days=10, definition=misses)
    del source.offers[:26]
    report = project.run(source.feed(), workers=0)
    assert [one["kind"] for one in report.incidents] == ["count-fell"]


def test_a_fall_that_the_guard_tells_of_is_not_told_twice(tmp_path: Path) -> None:
    project, source = lived(tmp_path, 103, days=10)
    del source.offers[:26]
    report = project.run(source.feed(), workers=0)
    assert [one["kind"] for one in report.incidents] == ["source-shrank"]


@pytest.mark.parametrize("size", [3, 5])
def test_an_honest_small_import_makes_no_noise(tmp_path: Path, size: int) -> None:
    project, source = lived(tmp_path, size, days=10)
    for _ in range(4):
        # All of it is another by and by.
        source.next_day()
        source.next_day()
        project.run(source.feed(), workers=0)
    assert broken(project) == {}


def test_a_campaign_of_postings_of_one_day_makes_no_noise_but_one_day_for_all_does(tmp_path: Path) -> None:
    project, source = lived(tmp_path, 60)
    before = len(source.offers)
    for _ in range(60):
        source.come()
    for offer in source.offers[before:]:
        offer["day"] = "2026-11-29"
    assert project.run(source.feed(), workers=0).incidents == []
    assert [one["kind"] for one in project.run(source.feed(day="2026-11-30"), workers=0).incidents] == ["texts-alike"]


def test_a_new_import_makes_no_noise(tmp_path: Path) -> None:
    project, source = ProjectFolder(tmp_path, DEFINITION), Source(40)
    project.run(source.feed(), workers=0)
    project.run(source.feed(without=("pay", "currency")), workers=0)
    project.run(source.feed(contract="Stage"), workers=0)
    assert broken(project) == {}


def test_a_run_leaves_one_row_of_figures_and_an_unchanged_one_none(tmp_path: Path) -> None:
    project, _ = lived(tmp_path, 30, days=3)
    project.run(workers=0)
    with project.open():
        assert Run.objects.count() == 4
        assert RunFigures.objects.count() == 3
        assert all(len(bytes(one.packed)) < 4_000 for one in RunFigures.objects.all())


def test_the_command_says_what_is_expected_beside_the_last_run(tmp_path: Path) -> None:
    project, source = lived(tmp_path, 60)
    project.run(source.feed(without=("pay", "currency")), workers=0)
    shown = jobpipe("-C", tmp_path, "expectations", "offers")
    assert shown.returncode == 0, shown.stderr
    assert "salary" in shown.stdout and "fields-gone" in shown.stdout
    assert '"measure": "field:salary"' in jobpipe("-C", tmp_path, "expectations", "offers", "--json").stdout
