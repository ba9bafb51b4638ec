"""Releases of taxonomies: previewed, applied, rolled back, with the mappings and postings that each touches."""

from __future__ import annotations

import csv
import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import mongo_server
import postgres_server
import pytest
from command_line import jobpipe
from hypothesis import given, settings
from hypothesis import strategies as st
from project_folder import CLIENT_DEFINITION, ProjectFolder

from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import MappingEntry, TaxonomyState
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.mappings.scopes import UsedTables, apply_now
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.taxonomies.applying import Applied, RolledBack, Wanted, apply_release, take_release_back
from jobpipe.runs.taxonomies.in_force import in_force, names
from jobpipe.runs.taxonomies.planning import ReleasePlan, plan_release
from jobpipe.runs.taxonomies.releases import Origin, Release, StaleReleaseError, load
from jobpipe.taxonomy.comparing import compare
from jobpipe.taxonomy.exporting import write_csv
from jobpipe.taxonomy.loading.files import load_files
from jobpipe.taxonomy.loading.wishes import Wishes
from jobpipe.taxonomy.taxonomies import Category, Taxonomy, Term, of_categories

SHARED = Path(__file__).parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("JOBPIPE_SAMPLES", SHARED)) / "taxonomies"
DEFINITION = (
    CLIENT_DEFINITION
    + """\
  category: {from: metier, map: jobs, taxonomy: house}
"""
)
NAMED = DEFINITION.replace("taxonomy: house", "taxonomy: {name: house, language: fr}")
# code -> (label, parent)
BEFORE = {
    "A": ("Tout", ""),
    "A1": ("Vente", "A"),
    "A2": ("Cuisine", "A"),
    "A3": ("Salle", "A"),
    "A4": ("Accueil", "A"),
    "A5": ("Bureau", "A"),
}
# A1 is called B1, A2 is two things, A3 went into A4, A5 is named otherwise and below B.
AFTER = {
    "A": ("Tout", ""),
    "B1": ("Vente", "A"),
    "A2": ("Cuisine", "A"),
    "A21": ("Pâtisserie", "A2"),
    "A4": ("Accueil", "A"),
    "B": ("Gestion", ""),
    "A5": ("Bureautique", "B"),
}
SYNONYMS = {"A4": "Salle"}


def written(folder: Path, codes: dict[str, tuple[str, str]], synonyms: dict[str, str] | None = None) -> Path:
    path = folder / "house.csv"
    rows = [
        f"{code},{label},{parent or code},{(synonyms or {}).get(code, '')}" for code, (label, parent) in codes.items()
    ]
    path.write_text("\n".join(["code,label,parent,synonyms", *rows]) + "\n")
    return path


def feed(trades: list[str]) -> bytes:
    offers = "".join(
        f'<offer id="k{number}"><title>Offre {number}</title><metier>{trade}</metier></offer>\n'
        for number, trade in enumerate(trades)
    )
    return f"<offers>\n{offers}</offers>\n".encode()


@pytest.fixture(params=["files", "servers"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project", DEFINITION)
    if request.param == "files":
        made.keep_all_in_files()
    else:
        made.keep_ledger_in(postgres_server.shared_server().ledger(), mongo_server.documents_uri(made.root))
    (made.root / "mappings").mkdir()
    (made.root / "mappings" / "jobs.csv").write_text("label,code\nvendeur,A1\nserveur,A3\n")
    return made


def loaded(project: ProjectFolder, path: Path, name: str = "house", by: str = "ann") -> Release:
    taxonomy = load_files(name, [path], Wishes()).taxonomy
    with project.open() as workspace:
        return load(workspace, taxonomy, Origin(files=[path.name], label="", by=by))


def planned(project: ProjectFolder, name: str = "house") -> ReleasePlan:
    with project.open() as workspace:
        return plan_release(workspace, name)


def applied(project: ProjectFolder, *, move: bool = False, on: int | None = None, name: str = "house") -> Applied:
    with project.open() as workspace:
        return apply_release(workspace, name, Wanted(on=on, move_mappings=move), by="bob")


def taken_back(project: ProjectFolder, name: str = "house") -> RolledBack:
    with project.open() as workspace:
        return take_release_back(workspace, name, by="bob")


def made_again(project: ProjectFolder, names: list[str]) -> int:
    with project.open() as workspace:
        done = apply_now(workspace, names, progress=Progress(), stop=StopRequest())
    reports = [one.report for one in done.values() if isinstance(one, Remapped)]
    return sum(report.account["read"] for report in reports if report is not None)


def say(project: ProjectFolder, label: str, code: str, **more: Any) -> None:
    with project.open() as workspace:
        decisions = [Decision(table="jobs", label=label, value=code, **more)]
        UsedTables(workspace).check(decisions)
        decide(workspace, decisions, by="ann")


def codes(project: ProjectFolder) -> Counter[str | None]:
    return Counter(one["category"][0].get("code") for one in project.postings().values())


# A release -------------------------------------------------------------------------------------------


def test_the_first_load_is_in_force_and_the_next_one_waits(project: ProjectFolder, tmp_path: Path) -> None:
    assert loaded(project, written(tmp_path, BEFORE)).is_in_force
    again = loaded(project, written(tmp_path, BEFORE))
    assert again.is_in_force and not again.is_new
    release = loaded(project, written(tmp_path, AFTER))
    assert (release.version.number, release.version.base, release.is_in_force) == (2, 1, False)
    with project.open() as workspace:
        assert list(in_force(workspace.project, "house").categories) == list(BEFORE)


def test_a_release_is_previewed_applied_with_its_mappings_and_rolled_back(
    project: ProjectFolder, tmp_path: Path
) -> None:
    loaded(project, written(tmp_path, BEFORE))
    trades = ["vendeur"] * 3 + ["caissier"] * 4 + ["commis"] * 2 + ["serveur"] * 5 + ["secrétaire"] + ["autre"]
    project.run(feed(trades))
    say(project, "caissier", "A1", scope="client", owner="Acme")
    say(project, "commis", "A2")
    say(project, "secrétaire", "A5", scope="import", owner="offers")
    made_again(project, ["offers"])
    before = codes(project)
    assert before == {"A1": 7, "A2": 2, "A3": 5, "A5": 1, None: 1}

    loaded(project, written(tmp_path, AFTER, SYNONYMS))
    plan = planned(project)
    found = plan.differences
    assert (found.added, found.removed) == (["B1", "A21", "B"], ["A1", "A3"])
    assert found.recoded == {"A1": "B1"}
    assert found.split == {"A2": ("A2", "A21")}
    assert found.merged == {"A4": ("A4", "A3")}
    assert [one.code for one in found.renamed] == ["A5"]
    assert [(one.code, one.after) for one in found.moved] == [("A5", ("B",))]
    touched = {(one.kind, one.code): (one.mappings, one.file_rows, one.postings) for one in plan.effects}
    assert touched["removed", "A1"] == touched["recoded", "A1"] == (1, 1, 7)
    assert touched["removed", "A3"] == (0, 1, 5)
    assert touched["merged", "A4"] == (0, 1, 5)
    assert touched["split", "A2"] == (1, 0, 2)
    assert touched["renamed", "A5"] == (1, 0, 1)
    assert plan.postings_by_kind["removed"] == 12
    assert plan.mappings_by_kind["removed"] == 3
    assert {(one.label, one.scope) for one in plan.orphans} == {
        ("caissier", "client"),
        ("vendeur", "file"),
        ("serveur", "file"),
    }

    done = applied(project, move=True)
    assert done.moved == 1
    assert [one.label for one in done.orphans] == ["vendeur", "serveur"]
    assert done.names == ["offers"]
    assert made_again(project, done.names) == 4
    assert codes(project) == {"A1": 3, "B1": 4, "A2": 2, "A3": 5, "A5": 1, None: 1}

    back = taken_back(project)
    assert (back.moved, back.why_not) == (1, "")
    assert made_again(project, back.names) == 4
    assert codes(project) == before
    with project.open() as workspace:
        assert list(in_force(workspace.project, "house").categories) == list(BEFORE)


def test_mappings_that_were_decided_over_again_stay_when_a_release_is_rolled_back(
    project: ProjectFolder, tmp_path: Path
) -> None:
    loaded(project, written(tmp_path, BEFORE))
    say(project, "caissier", "A1")
    loaded(project, written(tmp_path, AFTER))
    assert applied(project, move=True).moved == 1
    say(project, "caissier", "A5")
    back = taken_back(project)
    assert back.moved == 0 and "changed again" in back.why_not
    with project.open():
        assert MappingEntry.objects.get(normalised="caissier").value == "A5"


def test_postings_carry_what_the_release_calls_their_codes(project: ProjectFolder, tmp_path: Path) -> None:
    project.define(NAMED)
    loaded(project, written(tmp_path, BEFORE))
    say(project, "secrétaire", "A5")
    project.run(feed(["secrétaire", "secrétaire", "serveur", "autre"]))

    def called() -> Counter[tuple[str | None, str | None]]:
        made = [one["category"][0] for one in project.postings().values()]
        return Counter((one.get("name"), one["label"]) for one in made)

    assert called() == {("Bureau", "secrétaire"): 2, ("Salle", "serveur"): 1, (None, "autre"): 1}
    loaded(project, written(tmp_path, AFTER))
    done = applied(project)
    # Named otherwise: two; gone, and so without a name: one.
    assert made_again(project, done.names) == 3
    assert called() == {("Bureautique", "secrétaire"): 2, (None, "serveur"): 1, (None, "autre"): 1}
    assert made_again(project, taken_back(project).names) == 3
    assert called() == {("Bureau", "secrétaire"): 2, ("Salle", "serveur"): 1, (None, "autre"): 1}


# Two people ------------------------------------------------------------------------------------------


def test_a_release_that_was_looked_at_on_another_version_is_refused(project: ProjectFolder, tmp_path: Path) -> None:
    loaded(project, written(tmp_path, BEFORE))
    loaded(project, written(tmp_path, AFTER))
    third = loaded(project, written(tmp_path, {**AFTER, "C": ("Neuf", "")}))
    with project.open() as workspace:
        apply_release(workspace, "house", Wanted(number=2), by="ann")
        with pytest.raises(StaleReleaseError, match="version 2 of house is in force by now"):
            apply_release(workspace, "house", Wanted(), by="bob")
        assert apply_release(workspace, "house", Wanted(on=2), by="bob").change.after == third.version.number


def test_of_two_who_apply_at_once_one_is_refused(project: ProjectFolder, tmp_path: Path) -> None:
    loaded(project, written(tmp_path, BEFORE))
    loaded(project, written(tmp_path, AFTER))
    loaded(project, written(tmp_path, {**AFTER, "C": ("Neuf", "")}))
    start = threading.Barrier(2)
    done: list[object] = []

    def one(workspace: Any, number: int) -> None:
        from django.db import connection

        start.wait()
        try:
            done.append(apply_release(workspace, "house", Wanted(number=number), by=f"person {number}").change.after)
        except UsageError as error:
            done.append(error)
        finally:
            connection.close()

    with project.open() as workspace:
        threads = [threading.Thread(target=one, args=(workspace, number)) for number in (2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        numbers = [answer for answer in done if isinstance(answer, int)]
        assert len(numbers) == 1 and len(done) == 2
        assert TaxonomyState.objects.get(name="house").in_force == numbers[0]


# Files of the project --------------------------------------------------------------------------------


def test_a_file_counts_until_a_release_is_applied_over_it(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "taxonomies").mkdir()
    written(project.root / "taxonomies", BEFORE)
    with project.open() as workspace:
        assert names(workspace.project) == ["house"]
        assert list(in_force(workspace.project, "house").categories) == list(BEFORE)
    assert not loaded(project, written(tmp_path, AFTER)).is_in_force
    assert planned(project).differences.removed == ["A1", "A3"]
    assert applied(project).change.after == 1
    with project.open() as workspace:
        assert "B1" in in_force(workspace.project, "house").categories
    taken_back(project)
    with project.open() as workspace:
        assert list(in_force(workspace.project, "house").categories) == list(BEFORE)


def test_check_names_a_file_that_is_not_sound(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION.replace("map: jobs, taxonomy: house", "map: {a: b}"))
    (project.root / "taxonomies").mkdir()
    (project.root / "taxonomies" / "house.csv").write_text("code,label\nA1,Vente\nA2,\n")
    checked = jobpipe("-C", project.root, "check")
    assert checked.returncode == 2
    assert "taxonomies/house.csv:3: the code A2 has no label" in checked.stderr


# Codes that are not there ----------------------------------------------------------------------------


def test_a_code_that_the_taxonomy_does_not_have_is_refused_with_the_nearest(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nvendeur,A1\nserveur,A9\n")
    (project.root / "feed.xml").write_bytes(feed(["plonge"]))

    def run(*arguments: str) -> Any:
        return jobpipe("-C", project.root, *arguments)

    assert run("taxonomy", "load", "house", str(written(tmp_path, BEFORE))).returncode == 0
    checked = run("check")
    assert checked.returncode == 0
    assert "1 label has a code in the table jobs that house does not have: 'serveur' → A9" in checked.stderr
    refused = run("map", "set", "jobs", "plonge", "A22")
    assert refused.returncode == 2
    assert "'plonge': house has no code 'A22'" in refused.stderr and "A2 (Cuisine)" in refused.stderr
    assert "A2 (Cuisine)" in run("map", "set", "jobs", "plonge", "cuisine").stderr
    assert run("map", "set", "jobs", "plonge", "A22", "--anyway", "--later").returncode == 0
    assert run("map", "set", "jobs", "plonge", "A2", "--later").returncode == 0
    rows = tmp_path / "rows.csv"
    rows.write_text("label,code\nsalle,A3\nplonge,X\n")
    refused = run("map", "import", str(rows), "--table", "jobs")
    assert refused.returncode == 2 and "house has no code 'X'" in refused.stderr
    assert run("map", "import", str(rows), "--table", "jobs", "--anyway", "--later").returncode == 0
    # A table that two fields use gives the other one the plain code.
    project.define(DEFINITION.replace("  title", "  industry: {from: metier, map: jobs}\n  title"))
    project.run(feed(["salle"]))
    (posting,) = project.postings().values()
    assert posting["industry"] == "A3"
    assert posting["category"] == [{"taxonomy": "house", "code": "A3", "label": "salle", "by": "jobs (global)"}]


def test_check_names_a_taxonomy_that_is_not_there_and_makes_no_ledger(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    project.keep_all_in_files()
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nvendeur,A1\n")
    checked = jobpipe("-C", project.root, "check")
    assert checked.returncode == 0 and "there is no taxonomy 'house' yet" in checked.stderr
    assert not (project.root / ".jobpipe").exists()
    project.define(DEFINITION.replace("map: jobs, ", ""))
    refused = jobpipe("-C", project.root, "check")
    assert refused.returncode == 2 and "`taxonomy` says whose codes" in refused.stderr


# The command -----------------------------------------------------------------------------------------


def test_the_whole_way_by_the_command(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)

    def run(*arguments: str | Path, code: int = 0) -> Any:
        done = jobpipe("-C", project.root, "taxonomy", *arguments)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if "--json" in arguments and not code else done.stdout + done.stderr

    assert "no taxonomy yet" in run("list")
    assert run("load", "house", written(tmp_path, BEFORE), "--version", "2025", "--json")["in_force"] is True
    assert run("load", "house", written(tmp_path, AFTER), "--json")["in_force"] is False
    (listed,) = run("list", "--json")
    assert (listed["in_force"], listed["label"], listed["codes"], listed["waiting"]) == ("1", "2025", 6, 2)
    assert run("show", "house", "A1", "--json")["parents"] == ["A"]
    assert "A1  Vente" in run("show", "house", "--search", "vente")
    assert "did you mean house?" in run("show", "hose", code=2)
    assert "nearest: " in run("show", "house", "A11", code=2)
    assert run("plan", "house", "--json")["kinds"]["removed"] == {"codes": 2, "mappings": 0, "postings": 0}
    assert "removed" in run("plan", "house")
    assert run("apply", "house", "--json")["after"] == 2
    assert "no release waits" in run("apply", "house", code=2)
    assert run("rollback", "house", "--json")["after"] == 1
    assert "no version of house to go back to" in run("rollback", "house", code=2)
    assert [one["action"] for one in run("history", "house", "--json")] == [
        "rolled_back",
        "applied",
        "loaded",
        "loaded",
    ]
    (tmp_path / "again.csv").write_bytes(run("export", "house").encode())
    assert run("load", "house", tmp_path / "again.csv", "--json")["new"] is False
    assert "is used by offers" in run("remove", "house", code=2)
    assert run("remove", "house", "--anyway", "--json")["after"] == 0
    assert run("rollback", "house", "--json")["after"] == 1


# Laws ------------------------------------------------------------------------------------------------

texts = st.sampled_from(["Vente", "vente", "Cuisine", "Salle", "=1+1", "@b", "Bar; Café", "C++", "Été"])
terms = st.builds(Term, texts, st.sampled_from(["", "fr", "en"]), st.booleans())


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    made = draw(st.lists(st.sampled_from([f"{a}{b}" for a in "ABC" for b in ("", *"123")]), unique=True, min_size=1))
    categories = []
    for number, code in enumerate(made):
        some = draw(st.lists(terms, min_size=1, max_size=4, unique_by=lambda term: (term.text, term.language)))
        seen: set[str] = set()
        once = []
        for term in some:
            once.append(Term(term.text, term.language, term.preferred and term.language not in seen))
            seen |= {term.language} if term.preferred else set()
        if not any(term.preferred for term in once):
            once[0] = Term(once[0].text, once[0].language, True)
        above = draw(st.lists(st.sampled_from(made[:number] or [""]), max_size=2, unique=True))
        categories.append(Category(code, tuple(once), tuple(one for one in above if one)))
    return of_categories("house", "", categories)


@given(taxonomies(), taxonomies())
@settings(max_examples=60, deadline=None)
def test_what_is_said_of_a_release_agrees_with_its_codes(before: Taxonomy, after: Taxonomy) -> None:
    found = compare(before, after)
    old, new = set(before.categories), set(after.categories)
    assert set(found.added) == new - old and set(found.removed) == old - new
    assert set(found.recoded) <= old - new and set(found.recoded.values()) <= new - old
    assert len(set(found.recoded.values())) == len(found.recoded)
    assert all(len(targets) > 1 and set(targets) <= new for targets in found.split.values())
    assert all(len(sources) > 1 and set(sources) <= old for sources in found.merged.values())
    assert not set(found.split) & set(found.recoded)
    assert {one.code for one in found.renamed} | {one.code for one in found.moved} <= old & new
    assert compare(before, before).is_empty


@given(taxonomies())
@settings(max_examples=60, deadline=None)
def test_what_is_exported_loads_as_what_it_was(tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy) -> None:
    path = tmp_path_factory.mktemp("export") / "house.csv"
    path.write_text(write_csv(taxonomy), newline="")
    again = load_files("house", [path], Wishes()).taxonomy

    def content(one: Category) -> tuple[object, ...]:
        return one.code, frozenset(one.terms), frozenset(one.parents)

    assert list(map(content, again.categories.values())) == list(map(content, taxonomy.categories.values()))


# On real data ----------------------------------------------------------------------------------------


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples here")
def test_rome_3_to_4_60_on_postings_with_its_codes(project: ProjectFolder) -> None:
    def table(file: str, delimiter: str, code: str, label: str) -> dict[str, str]:
        with (SAMPLES / file).open(encoding="utf-8", newline="") as rows:
            return {row[code]: row[label] for row in csv.DictReader(rows, delimiter=delimiter)}

    old = table("rome_v3_labels.csv", "|", "rome_id", "rome_label")
    new = table("rome_v460_codes.csv", ",", "code_rome", "libelle_rome")
    parents = table("rome_v460_codes.csv", ",", "code_rome", "code_rome_parent")
    with (SAMPLES / "rome_appellations_train.csv").open(encoding="utf-8", newline="") as rows:
        titles = [(row["appellation"], row["code_rome"]) for row in csv.DictReader(rows)][::40]
    project.define(NAMED.replace("name: house", "name: rome"))
    (project.root / "mappings" / "jobs.csv").write_text("label,code\n")
    loaded(project, SAMPLES / "rome_v3_labels.csv", "rome")
    with project.open() as workspace:
        decide(workspace, [Decision(table="jobs", label=title, value=code) for title, code in titles], by="ann")
    trades = [title for number, (title, _) in enumerate(titles) for _ in range(number % 4)]
    escaped = [trade.replace("&", "&amp;").replace("<", "&lt;") for trade in trades]
    project.run(feed(escaped))

    loaded(project, SAMPLES / "rome_v460_codes.csv", "rome")
    plan = planned(project, "rome")
    assert set(plan.differences.added) == new.keys() - old.keys()
    assert set(plan.differences.removed) == old.keys() - new.keys()
    assert {one.code for one in plan.differences.renamed} == {c for c in old.keys() & new.keys() if old[c] != new[c]}
    below = {parent for code, parent in parents.items() if code != parent and code not in old}
    assert set(plan.differences.split) == below & old.keys()
    live = Counter(one["category"][0]["code"] for one in project.postings().values())
    mapped = Counter(code for _, code in titles)
    assert sum(live.values()) == len(trades)
    for one in plan.of_kind("split") + plan.of_kind("renamed"):
        assert (one.mappings, one.file_rows, one.postings) == (mapped[one.code], 0, live[one.code])
    assert plan.postings_by_kind["split"] == sum(live[code] for code in below)
    assert plan.mappings_by_kind["renamed"] == sum(mapped[one.code] for one in plan.differences.renamed)

    before = project.postings()
    done = applied(project, name="rome")
    assert made_again(project, done.names) == plan.postings_by_kind["renamed"] == len(trades)
    now = {one["category"][0]["code"]: one["category"][0]["name"] for one in project.postings().values()}
    assert now == {code: new[code] for code in live}
    assert made_again(project, taken_back(project, "rome").names) == len(trades)
    assert project.postings() == before


def test_a_large_taxonomy_is_kept_packed(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    path = tmp_path / "large.csv"
    labels = "".join(
        f"c{number},name {number},nom {number},other {number}|autre {number}\n" for number in range(20_000)
    )
    path.write_text(f"code,label_en,label_fr,synonyms\n{labels}")
    release = loaded(project, path)
    assert (release.version.codes, release.version.labels) == (20_000, 80_000)
    with project.open() as workspace:
        assert in_force(workspace.project, "house").categories["c19999"].label("fr") == "nom 19999"


def test_a_name_that_no_file_could_have_is_refused(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    with pytest.raises(JobpipeError, match="no name of a taxonomy"):
        loaded(project, written(tmp_path, BEFORE), "../house")
