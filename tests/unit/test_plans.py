"""Plans: what a change would do is said before it is done, nothing is written, and applying it does just that."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from begun_run import environ
from planning import apply, changed_fields, figures, plan
from project_folder import CLIENT_DEFINITION, ProjectFolder, adds_up

from jobpipe.definition.project import find_project
from jobpipe.documents.store import Role
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import Import, Plan, Run
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.plans.basis import StalePlanError
from jobpipe.runs.plans.making import KEPT
from jobpipe.runs.previewing import preview

DEFINITION = (
    CLIENT_DEFINITION
    + """\
  description: text
  category: {from: metier, map: jobs}
"""
)
UPPER = DEFINITION.replace("title: title", "title: [title, upper]")
TRADES = ("Vente", "Cuisine", "Salle", "Plonge")


def feed(count: int = 40) -> bytes:
    offers = "".join(
        f'<offer id="k{number}"><title>Offre {number}</title><text>Texte</text>'
        f"<metier>{TRADES[number % 4]}</metier></offer>\n"
        for number in range(count)
    )
    return f"<offers>\n{offers}</offers>\n".encode()


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nVente,sales\nCuisine,cook\n")
    project.run(feed())
    return project


def runs() -> int:
    return Run.objects.count()


def test_a_plan_writes_nothing_but_itself(project: ProjectFolder) -> None:
    before, run_count = project.contents(), runs()
    made = plan(project, definition=UPPER + "keep: \"'1' not in posting.title\"\n")
    assert figures(made)["account"]["updated"] == 27
    assert figures(made)["account"]["filtered"] == 13
    assert project.contents() == before
    assert runs() == run_count
    assert not list((project.root / ".jobpipe" / "scratch").iterdir())


def test_applying_does_what_the_plan_said(project: ProjectFolder) -> None:
    before = project.postings()
    made = plan(project, definition=UPPER + "keep: \"'1' not in posting.title\"\n")
    report = apply(project, made)
    said = figures(made)
    assert (report.account, report.live) == (said["account"], said["live"]["after"])
    assert {one["field"]: one["changed"] for one in said["fields"]} == changed_fields(before, project.postings())
    assert adds_up(report)
    # The definition is the import's from now on: the next run finds all of it known.
    assert project.run(feed(41)).account["unchanged"] == 27


def test_a_plan_of_the_file_as_it_is_now(project: ProjectFolder) -> None:
    project.define(UPPER)
    made = plan(project)
    assert figures(made)["account"]["updated"] == 40
    assert figures(made)["changes"]["definition"] == ["posting.title"]
    apply(project, made)
    assert project.postings()["k1"]["title"] == "OFFRE 1"


def test_where_nothing_would_change_there_is_no_plan(project: ProjectFolder) -> None:
    assert plan(project) is None
    assert plan(project, definition=DEFINITION + "schedule: '0 4 * * *'\n") is None


def test_samples_show_what_changes_most(project: ProjectFolder) -> None:
    (title,) = figures(plan(project, definition=UPPER))["fields"]
    assert (title["field"], title["changed"], title["filled"], title["emptied"]) == ("title", 40, 0, 0)
    assert (title["samples"][0]["before"], title["samples"][0]["after"]) == ("Offre 0", "OFFRE 0")
    dropped = DEFINITION.replace("  description: text\n", "")
    description, text = figures(plan(project, definition=dropped))["fields"]
    assert (description["emptied"], text["field"]) == (40, "description_text")
    # All of them are one change.
    assert [sample["postings"] for sample in description["samples"]] == [40]


def test_a_long_text_is_shown_where_it_differs(project: ProjectFolder) -> None:
    project.run(feed().replace(b"Texte", b"lorem ipsum " * 5000 + b"fin"))
    change = DEFINITION.replace("description: text", "description: [text, {replace: {find: fin, with: FIN}}]")
    sample = figures(plan(project, definition=change))["fields"][0]["samples"][0]
    assert sample["before"].endswith("fin</p>")
    assert sample["after"].endswith("FIN</p>")
    assert len(sample["before"]) < 100


def test_decisions_touch_only_the_postings_that_have_the_label(project: ProjectFolder) -> None:
    salle = Decision(table="jobs", label="salle", value="waiter")
    made = plan(project, decisions=(salle,))
    said = figures(made)
    assert said["account"]["read"] == 10
    assert said["labels"]["mapped"] == [{"table": "jobs", "label": "Salle", "postings": 10}]
    report = apply(project, made)
    assert report.account == said["account"]
    assert project.postings()["k2"]["category"][0]["code"] == "waiter"
    # What was decided is decided: nothing is left to do.
    assert plan(project) is None


def test_labels_that_would_lose_their_meaning_are_named(project: ProjectFolder) -> None:
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nVente,sales\n")
    said = figures(plan(project))
    assert said["labels"]["unmapped"] == [{"table": "jobs", "label": "Cuisine", "postings": 10}]
    assert said["account"]["read"] == 10


def test_decisions_that_wait_for_the_next_run_are_planned(project: ProjectFolder) -> None:
    with project.open() as workspace:
        decide(workspace, [Decision(table="jobs", label="Vente", value="retail")], by="ann")
    made = plan(project)
    assert figures(made)["account"]["updated"] == 10
    assert apply(project, made).account == figures(made)["account"]


def test_a_definition_that_rejects_is_seen_before_it_is_applied(project: ProjectFolder) -> None:
    made = plan(project, definition=DEFINITION.replace("title: title", "title: intitule"))
    said = figures(made)
    assert said["account"]["rejected"] == 40
    assert [(one["reason"], one["field"], one["records"]) for one in said["rejected"]] == [("missing", "title", 40)]
    assert said["live"] == {"before": 40, "after": 40}
    assert len(project.rows(Role.REJECTED)) == 0


def test_postings_whose_key_changes_are_left_behind(project: ProjectFolder) -> None:
    made = plan(project, definition=DEFINITION + "key: [title]\n")
    said = figures(made)
    assert (said["account"]["new"], said["left_behind"], said["live"]["after"]) == (40, 40, 80)
    assert apply(project, made).live == 80


# On another revision --------------------------------------------------------------------------------


def test_a_plan_is_refused_after_another_run(project: ProjectFolder) -> None:
    made = plan(project, definition=UPPER)
    project.run(feed(41))
    with pytest.raises(StalePlanError, match=r"run 2 \(import, succeeded\) was made since"):
        apply(project, made)
    assert project.postings()["k1"]["title"] == "Offre 1"


def test_a_plan_is_refused_over_somebody_elses_edit(project: ProjectFolder) -> None:
    made = plan(project, definition=UPPER)
    project.define(DEFINITION + "# of mine\n")
    with pytest.raises(StalePlanError, match=r"imports/offers.yaml was edited"):
        apply(project, made)
    assert (project.root / "imports" / "offers.yaml").read_text().endswith("# of mine\n")


def test_a_plan_is_refused_when_labels_mean_something_else(project: ProjectFolder) -> None:
    made = plan(project, definition=UPPER)
    with project.open() as workspace:
        decide(workspace, [Decision(table="jobs", label="Vente", value="retail")], by="bob")
    with pytest.raises(StalePlanError, match=r"'Vente' in jobs by bob"):
        apply(project, made)


def test_a_plan_is_applied_once(project: ProjectFolder) -> None:
    made = plan(project, definition=UPPER)
    other = plan(project, definition=UPPER)
    report = apply(project, made)
    with pytest.raises(UsageError, match=f"was applied by run {report.run}"):
        apply(project, made)
    with pytest.raises(StalePlanError):
        apply(project, other)


def test_who_is_killed_while_applying_applies_again(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(project, definition=UPPER)
    assert made is not None

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("jobpipe.runs.journal.LedgerJournal.mark_done", killed)
        with pytest.raises(KeyboardInterrupt):
            apply(project, made)
    with project.open():
        assert Plan.objects.get(pk=made.pk).state == "applying"
    assert apply(project, made).state == "succeeded"
    assert {posting["title"][:5] for posting in project.postings().values()} == {"OFFRE"}


def test_an_import_that_never_ran_has_nothing_to_plan(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is stored of offers"):
        plan(ProjectFolder(tmp_path / "project", DEFINITION.replace(", map: jobs", "")))


def test_nothing_is_planned_over_a_run_that_waits_to_go_on(project: ProjectFolder) -> None:
    with project.open():
        Run.objects.update(state="running")
    with pytest.raises(UsageError, match="is under way, or was interrupted"):
        plan(project, definition=UPPER)


def test_an_invalid_definition_is_refused_with_its_place(project: ProjectFolder) -> None:
    with pytest.raises(DefinitionError, match=r"new\.yaml"):
        plan(project, definition=DEFINITION.replace("upper", "uper").replace("title: title", "title: [title, uper]"))


def test_old_plans_are_removed(project: ProjectFolder) -> None:
    for number in range(KEPT + 2):
        plan(project, decisions=(Decision(table="jobs", label="Salle", value=f"waiter {number}"),))
    with project.open():
        assert Plan.objects.filter(import_row=Import.objects.get(name="offers")).count() == KEPT


# A preview beside it ----------------------------------------------------------------------------------


def test_a_preview_knows_what_people_decided(project: ProjectFolder) -> None:
    with project.open() as workspace:
        decide(workspace, [Decision(table="jobs", label="Salle", value="waiter")], by="ann")
        opened = workspace.project
    third = preview(opened, "offers", first=3, count=1).records[0]
    assert third.posting["category"][0]["code"] == "waiter"


def test_a_preview_makes_no_ledger(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "new", DEFINITION.replace(", map: jobs", ""))
    project.keep_all_in_files()
    (project.root / "feed.xml").write_bytes(feed())
    preview(find_project(project.root, {}), "offers")
    assert not (project.root / ".jobpipe").exists()


# The source read otherwise --------------------------------------------------------------------------


def two_lists() -> bytes:
    return feed(40).replace(b"<offers>", b"<all><offers>").replace(b"</offers>", b"</offers>" + OLD + b"</all>")


OLD = b'<archive><offer id="old"><title>Vieille</title><text>Texte</text><metier>Salle</metier></offer></archive>'
NARROW = DEFINITION.replace("record: offer", "record: /all/offers/offer")


def test_a_source_that_is_cut_otherwise_is_planned_from_the_archive(project: ProjectFolder) -> None:
    project.run(two_lists())
    assert len(project.keys()) == 41
    (project.root / "feed.xml").unlink()
    before = project.contents()
    made = plan(project, definition=NARROW)
    said = figures(made)
    assert (said["account"]["read"], said["expired"], said["live"]["after"]) == (40, 1, 40)
    assert said["samples"]["expired"] == [{"key": "old", "title": "Vieille", "reason": "absent"}]
    assert project.contents() == before
    report = apply(project, made)
    assert (report.kind, report.account, report.expired, report.live) == ("import", said["account"], 1, 40)


# Dies by its own hand when so many batches are marked, or when all of it is over but the plan.
SUICIDE = """
import os, signal, sys
from jobpipe.runs import applying, comparing, journal
from jobpipe.runs.plans import applying as applying_plans
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
after = int(sys.argv.pop(1))
if after:
    comparing.MAX_MISSES = applying.FLUSH_ROWS = 5
    marked, mark = iter(range(1, 100)), journal.LedgerJournal.mark_done
    def mark_done(self, batches):
        mark(self, batches)
        if next(marked) == after:
            die()
    journal.LedgerJournal.mark_done = mark_done
else:
    applying_plans._end = die
from jobpipe.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("after", [1, 4, 0])
def test_a_plan_of_another_source_that_is_killed_while_it_is_applied_goes_on_where_it_was(
    tmp_path: Path, after: int
) -> None:
    made = []
    for name in ("alone", "disturbed"):
        project = ProjectFolder(tmp_path / name, DEFINITION.replace(", map: jobs", ""))
        project.run(two_lists())
        (project.root / "feed.xml").unlink()
        otherwise = NARROW.replace(", map: jobs", "").replace("title: title", "title: [title, upper]")
        said = plan(project, definition=otherwise)
        if name == "disturbed":
            command = [sys.executable, "-c", SUICIDE, str(after), "-C", str(project.root), "apply", "1"]
            killed = subprocess.run(command, env=environ(), capture_output=True, check=False)
            assert killed.returncode == -signal.SIGKILL, killed.stderr
        report = apply(project, said)
        assert (report.run, report.state, report.account) == (2, "succeeded", figures(said)["account"])
        made.append((project.contents(), report.account, report.expired, report.live))
    assert made[0] == made[1]


def test_a_part_that_is_not_kept_makes_the_plan_partial(project: ProjectFolder) -> None:
    made = plan(project, definition=DEFINITION.replace("feed.xml", "elsewhere.xml"))
    said = figures(made)
    assert said["partial"]
    assert "elsewhere.xml: is not kept in the archive" in said["missing"][0]
    with pytest.raises(UsageError, match="is partial"):
        apply(project, made)


def test_a_plan_that_would_be_held_says_so(project: ProjectFolder) -> None:
    made = plan(project, definition=DEFINITION.replace("record: offer", "record: /offers/offer[1]"))
    said = figures(made)
    report = apply(project, made)
    assert (said["state"], said["account"], said["live"]["after"]) == (report.state, report.account, report.live)
