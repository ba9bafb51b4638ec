"""Decisions over labels: scopes, history, undo, CSV, the queue of what is left, and the dialogue that empties it."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import jobpipe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project_folder import CLIENT_DEFINITION, ProjectFolder

from jobpipe.cli.mapping_dialogue import Asked, converse
from jobpipe.cli.mapping_lists import entries_of
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import MappingEntry, Scope
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.mappings.deciding import Decision, StaleDecisionError, decide, decision_of, history, undo
from jobpipe.runs.mappings.files import read_decisions, write_entries
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.mappings.scopes import UsedTables, apply_now
from jobpipe.runs.mappings.unmapped import unmapped_labels
from jobpipe.runs.progress import Progress

DEFINITION = (
    CLIENT_DEFINITION
    + """\
  category: {from: metier, map: jobs}
owners: {mapping: account-team}
"""
)


def feed(trades: list[str]) -> bytes:
    offers = "".join(
        f'<offer id="k{number}"><title>Offre {number}</title><metier>{trade}</metier></offer>\n'
        for number, trade in enumerate(trades)
    )
    return f"<offers>\n{offers}</offers>\n".encode()


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nVente,sales\n")
    return project


def say(project: ProjectFolder, *decisions: Decision, by: str = "ann") -> dict[str, int]:
    """Decide and apply; how many postings of each import were made again."""
    with project.open() as workspace:
        used = UsedTables(workspace)
        used.check(decisions)
        changes = decide(workspace, decisions, by=by)
        return applied(workspace, used.users([decision_of(one) for one in changes]))


def applied(workspace: object, names: list[str]) -> dict[str, int]:
    done = apply_now(workspace, names, progress=Progress(), stop=StopRequest())  # type: ignore[arg-type]
    made = {}
    for name, one in done.items():
        assert isinstance(one, Remapped)
        made[name] = one.report.account["read"] if one.report else 0
    return made


def take_back(project: ProjectFolder, number: int | None = None) -> dict[str, int]:
    with project.open() as workspace:
        changes = undo(workspace, number, by="bob")
        return applied(workspace, UsedTables(workspace).users([decision_of(one) for one in changes]))


def job(label: str, code: str | None, scope: str = "global", owner: str = "", **more: object) -> Decision:
    return Decision(table="jobs", label=label, value=code, scope=scope, owner=owner, **more)  # type: ignore[arg-type]


def codes(project: ProjectFolder) -> Counter[tuple[str | None, str | None]]:
    """(code, by) of the categories."""
    made = [one["category"][0] for one in project.postings().values()]
    return Counter((one.get("code"), one.get("by")) for one in made)


# Scopes, history, undo ------------------------------------------------------------------------------


def test_one_decision_mends_all_postings_with_that_label_in_one_run(project: ProjectFolder) -> None:
    project.run(feed(["Salle", "SALLE", "Vente", "salle ", "Plonge"]))
    assert say(project, job("Salle", "waiter")) == {"offers": 3}
    assert codes(project) == {("waiter", "jobs (global)"): 3, ("sales", "jobs"): 1, (None, None): 1}


def test_import_counts_over_client_over_global_over_the_file(project: ProjectFolder) -> None:
    project.run(feed(["Vente"] * 2))
    for scope, owner in (("global", ""), ("client", "Acme"), ("import", "offers")):
        assert say(project, job("vente", scope, scope, owner)) == {"offers": 2}
        assert codes(project) == {(scope, f"jobs ({scope})"): 2}
    # Below what counts, nothing is touched.
    assert say(project, job("Vente", "other", "client", "Acme")) == {"offers": 0}
    for expected in ("client", "global"):
        scope, owner = ("import", "offers") if expected == "client" else ("client", "Acme")
        assert say(project, job("Vente", None, scope, owner)) == {"offers": 2}
    assert codes(project) == {("global", "jobs (global)"): 2}


def test_another_client_is_not_touched(project: ProjectFolder) -> None:
    other = DEFINITION.replace("import: offers", "import: others").replace("client: Acme", "client: Bolt")
    (project.root / "imports" / "others.yaml").write_text(other)
    project.run(feed(["Salle"] * 3))
    with project.open() as workspace:
        run_import(workspace, "others", progress=Progress(), stop=StopRequest())
    assert say(project, job("Salle", "waiter", "client", "Bolt")) == {"others": 3}
    assert codes(project) == {(None, None): 3}
    assert say(project, job("Salle", "server")) == {"offers": 3, "others": 0}


def test_a_pattern_maps_what_nothing_else_does(project: ProjectFolder) -> None:
    project.run(feed(["Chef de rang", "Chef de salle", "Vente"]))
    assert say(project, job("^chef ", "waiter", is_pattern=True)) == {"offers": 2}
    assert say(project, job("Chef de salle", "head-waiter")) == {"offers": 1}
    assert codes(project)[("waiter", "jobs (global) (pattern)")] == 1


def test_undo_gives_back_what_was(project: ProjectFolder) -> None:
    project.run(feed(["Vente", "Salle", "Plonge"]))
    before = project.contents()
    say(project, job("Vente", "shop"), job("Salle", "waiter"))
    say(project, job("Vente", "store"))
    assert take_back(project) == {"offers": 1}
    assert codes(project)[("shop", "jobs (global)")] == 1
    # The two that were made together.
    assert take_back(project) == {"offers": 2}
    assert project.contents() == before
    with project.open(), pytest.raises(UsageError, match="nothing to undo"):
        undo(project.open(), None, by="bob")


def test_an_undo_can_be_undone_and_one_that_was_overtaken_is_refused(project: ProjectFolder) -> None:
    project.run(feed(["Vente"]))
    say(project, job("Vente", "shop"))
    take_back(project, 1)
    take_back(project, 2)
    assert codes(project) == {("shop", "jobs (global)"): 1}
    take_back(project)
    assert codes(project) == {("sales", "jobs"): 1}
    say(project, job("Vente", "store"))
    with project.open() as workspace, pytest.raises(StaleDecisionError, match="changed again by change 5"):
        undo(workspace, 1, by="bob")


def test_of_two_who_decide_at_once_the_last_counts_and_both_are_in_the_history(project: ProjectFolder) -> None:
    project.run(feed(["Salle"]))
    say(project, job("Salle", "waiter"), by="ann")
    say(project, job("salle", "server"), by="bob")
    assert codes(project) == {("server", "jobs (global)"): 1}
    with project.open():
        found = history(table="jobs", label="SALLE")
    assert [(one.by, one.before, one.after) for one in found] == [("bob", "waiter", "server"), ("ann", None, "waiter")]


def test_a_decision_on_another_revision_is_refused(project: ProjectFolder) -> None:
    project.run(feed(["Salle"]))
    say(project, job("Salle", "waiter", revision=0))
    with pytest.raises(StaleDecisionError, match="changed meanwhile"):
        say(project, job("Salle", "server", revision=0))
    with project.open():
        revision = MappingEntry.objects.get(normalised="salle").revision
    say(project, job("Salle", "server", revision=revision))
    assert codes(project) == {("server", "jobs (global)"): 1}


def test_what_was_decided_already_is_no_change(project: ProjectFolder) -> None:
    project.run(feed(["Salle"]))
    say(project, job("Salle", "waiter"))
    assert say(project, job("Salle", "waiter"), job("Plonge", None)) == {}
    with project.open():
        assert len(history()) == 1


def test_of_several_decisions_all_are_taken_or_none(project: ProjectFolder) -> None:
    with project.open() as workspace, pytest.raises(DefinitionError, match="finds every label"):
        decide(workspace, [job("Salle", "waiter"), job(".*", "x", is_pattern=True)], by="ann")
    with project.open():
        assert history() == []


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(table="job", label="a", value="b"), "did you mean jobs"),
        (job("a", "b", "client", "Acne"), "no import has the client"),
        (job("a", "b", "import", "offer"), "did you mean offers"),
        (job(" ", "b"), "empty label"),
        (job("a", " "), "no code"),
        (Decision(table="definition:contract", label="a", value="permanent"), "--import"),
        (
            Decision(table="definition:contract", label="a", value="permanant", scope="import", owner="offers"),
            "did you mean permanent",
        ),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(project: ProjectFolder, decision: Decision, said: str) -> None:
    project.define(DEFINITION.replace("owners:", "  contract: {from: type, map: {CDI: permanent}}\nowners:"))
    with pytest.raises(UsageError) as caught:
        say(project, decision)
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_table_in_a_definition_is_decided_over_for_its_import(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("map: jobs", "map: {Vente: sales}"))
    project.run(feed(["Vente", "Salle"]))
    mine = Decision(table="definition:category", label="Salle", value="waiter", scope="import", owner="offers")
    assert say(project, mine) == {"offers": 1}
    assert codes(project)[("waiter", "definition:category (import)")] == 1


# The queue ------------------------------------------------------------------------------------------


def test_of_500_labels_200_are_unknown_all_postings_are_there_and_200_are_on_the_list(project: ProjectFolder) -> None:
    known = [f"Connu {number}" for number in range(300)]
    lines = "".join(f"{label},c{number}\n" for number, label in enumerate(known))
    (project.root / "mappings" / "jobs.csv").write_text("label,code\n" + lines)
    unknown = {f"Inconnu {number}": 1 + number % 7 for number in range(200)}
    trades = [*known, *(label for label, count in unknown.items() for _ in range(count))]
    report = project.run(feed(trades))
    assert (report.account["new"], report.live) == (len(trades), len(trades))
    with project.open() as workspace:
        found = unmapped_labels(workspace, ["offers"])
    assert {one.label: one.postings for one in found} == unknown
    assert [one.postings for one in found] == sorted(unknown.values(), reverse=True)
    assert {(one.client, one.table, one.owner, one.first_run) for one in found} == {("Acme", "jobs", "account-team", 1)}
    assert all(one.since and one.samples and one.policy == {"category": "keep"} for one in found)
    # The next day, nothing of it changed.
    project.run(feed(trades))
    with project.open() as workspace:
        assert len(unmapped_labels(workspace, ["offers"])) == 200


def test_whether_kept_defaulted_or_rejected_each_label_is_on_the_list(project: ProjectFolder) -> None:
    # The postings of the days before stay live while their records are rejected.
    for policy, postings, rejected in (("keep", 2, 0), ("default", 2, 0), ("reject", 2, 2)):
        more = ", default: other" if policy == "default" else ""
        project.define(DEFINITION.replace("map: jobs", f"map: jobs, unmapped: {policy}{more}"))
        project.run(feed(["Salle", "SALLE", "Vente"]))
        with project.open() as workspace:
            (one,) = unmapped_labels(workspace, ["offers"])
        assert (one.postings, one.rejected, one.policy) == (postings, rejected, {"category": policy})


def test_a_label_whose_postings_are_gone_is_on_no_list(project: ProjectFolder) -> None:
    project.run(feed(["Vente", "Vente", "Vente", "Salle"]))
    project.run(feed(["Vente", "Vente", "Vente"]))
    with project.open() as workspace:
        assert unmapped_labels(workspace, ["offers"]) == []


def test_a_label_that_was_decided_over_leaves_the_list_at_once(project: ProjectFolder) -> None:
    project.run(feed(["Salle", "Plonge"]))
    with project.open() as workspace:
        decide(workspace, [job("Salle", "waiter")], by="ann")
        assert [one.label for one in unmapped_labels(workspace, ["offers"])] == ["Plonge"]


def test_ten_labels_take_ten_keys_and_an_enter_each(project: ProjectFolder) -> None:
    trades_known = "Boulanger Cuisinier Serveur Plombier Chauffeur Infirmier Comptable Jardinier Vendeur Maçon"
    codes_of = {label: f"code-{label[:3].lower()}" for label in trades_known.split()}
    lines = "".join(f"{label},{code}\n" for label, code in codes_of.items())
    (project.root / "mappings" / "jobs.csv").write_text("label,code\n" + lines)
    trades = [f"{label}s (H/F)" for number, label in enumerate(codes_of) for _ in range(30 - number)]
    project.run(feed(trades))
    out = io.StringIO()
    with project.open() as workspace:
        asked = Asked(name="", client="", table="", scope="", limit=10, by="ann")
        decisions = converse(workspace, asked, io.StringIO("1\n" * 10), out)
        assert applied(workspace, UsedTables(workspace).users(decisions)) == {"offers": len(trades)}
        assert unmapped_labels(workspace, ["offers"]) == []
    assert [one.value for one in decisions] == list(codes_of.values())
    assert {(one.scope, one.owner) for one in decisions} == {("client", "Acme")}


def test_only_who_asks_for_it_gets_sure_suggestions_taken_without_a_question(project: ProjectFolder) -> None:
    (project.root / "mappings" / "jobs.csv").write_text("label,code\nCuisinier,cook\nPlombier,plumber\n")
    project.run(feed(["Cuisiniers (H/F)"] * 3 + ["Zzz 9"]))
    with project.open() as workspace:
        asked = Asked(name="offers", client="", table="", scope="", limit=None, by="ann")
        assert converse(workspace, asked, io.StringIO(""), io.StringIO()) == []
        decisions = converse(workspace, replace(asked, accept_above=0.6), io.StringIO(""), out := io.StringIO())
        assert [(one.label, one.value) for one in decisions] == [("Cuisiniers (H/F)", "cook")]
        assert "surer than 0.6" in out.getvalue()
        assert [change.by.split()[0] for change in history()] == ["suggestion"]


def test_in_the_dialogue_a_code_can_be_written_left_and_taken_back(project: ProjectFolder) -> None:
    project.run(feed(["A label"] * 3 + ["B label"] * 2 + ["C label"]))
    with project.open() as workspace:
        asked = Asked(name="offers", client="", table="", scope="", limit=None, by="ann")
        answers = io.StringIO("wrong\nu\nfirst\n\n9\n=9\n")
        decisions = converse(workspace, asked, answers, out := io.StringIO())
    assert [(one.label, one.value, one.scope) for one in decisions] == [
        ("A label", "first", "import"),
        ("C label", "9", "import"),
    ]
    assert "there is no suggestion 9" in out.getvalue()


# Files ----------------------------------------------------------------------------------------------


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12) | st.sampled_from(
    ("=1+1", "'=x", "@a", "-", "a,b", 'a"b', "a;b", "'", "+33")
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(CELLS, st.tuples(CELLS, st.none() | CELLS, st.sampled_from(Scope.values)), max_size=5))
def test_what_is_exported_is_imported_as_it_was(
    project: ProjectFolder, entries: dict[str, tuple[str, str | None, str]]
) -> None:
    owners = {"global": "", "client": "Acme", "import": "offers"}
    wanted = [
        Decision(
            table="jobs",
            label=label,
            value={"code": code, "taxonomy": taxonomy} if taxonomy else code,
            scope=scope,
            owner=owners[scope],
        )
        for label, (code, taxonomy, scope) in entries.items()
        if label.strip() and code.strip() and (taxonomy is None or taxonomy.strip())
    ]
    with project.open() as workspace:
        for entry in list(MappingEntry.objects.filter(active=True)):
            decide(
                workspace,
                [Decision(table="jobs", label=entry.label, value=None, scope=entry.scope, owner=entry.owner)],
                by="ann",
            )
        decide(workspace, wanted, by="ann")
        written = write_entries(entries_of("", "", ""))
        read = read_decisions(written, "jobs.csv", table="", scope="global", owner="")
        assert decide(workspace, read, by="bob") == []
        assert len(read) == MappingEntry.objects.filter(active=True).count()


def test_a_file_from_a_spreadsheet_is_taken_whole_or_not_at_all(project: ProjectFolder, tmp_path: Path) -> None:
    project.run(feed(["Salle", "Plonge"]))
    path = tmp_path / "decisions.csv"
    path.write_bytes("\ufefflabel;code\r\nSalle;waiter\r\n;x\r\n".encode())
    done = jobpipe("map", "import", path, "--table", "jobs", cwd=project.root)
    assert (done.returncode, "line 3: the row has no label" in done.stderr) == (2, True)
    path.write_bytes("\ufefflabel;code\r\nSalle;waiter\r\nPlonge;washer\r\n".encode())
    done = jobpipe("map", "import", path, "--table", "jobs", "--client", "Acme", "--json", cwd=project.root)
    assert json.loads(done.stdout)["reports"][0]["account"]["updated"] == 2
    assert codes(project) == {("waiter", "jobs (client)"): 1, ("washer", "jobs (client)"): 1}


# Commands -------------------------------------------------------------------------------------------


def test_the_commands_decide_list_undo_and_say_what_became_of_it(project: ProjectFolder) -> None:
    project.run(feed(["Salle", "Salle", "Vente"]))
    found = json.loads(jobpipe("unmapped", "--import", "offers", "--json", cwd=project.root).stdout)
    assert [(one["import"], one["label"], one["postings"]) for one in found] == [("offers", "Salle", 2)]
    done = jobpipe("map", "set", "jobs", "Salle", "waiter", "--by", "ann", "--quiet", cwd=project.root)
    assert "2 postings made again: 2 updated" in done.stdout
    listed = json.loads(jobpipe("map", "list", "--json", cwd=project.root).stdout)
    assert [(one["label"], one["value"], one["by"], one["scope"]) for one in listed] == [
        ("Salle", "waiter", "ann", "global")
    ]
    assert jobpipe("map", "set", "jobs", "Salle", "x", "--revision", "7", cwd=project.root).returncode == 2
    assert jobpipe("map", "--client", "Acme", "set", "jobs", "Salle", "x", cwd=project.root).returncode == 2
    assert jobpipe("map", "remove", "jobs", "salle", "--later", cwd=project.root).returncode == 0
    assert codes(project)[("waiter", "jobs (global)")] == 2
    assert jobpipe("map", "undo", "--quiet", cwd=project.root).returncode == 0
    numbers = [one["number"] for one in json.loads(jobpipe("map", "history", "--json", cwd=project.root).stdout)]
    assert numbers == [3, 2, 1]
    assert "jobs,global,,Salle,,waiter," in jobpipe("map", "export", cwd=project.root).stdout
