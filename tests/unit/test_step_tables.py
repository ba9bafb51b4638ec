"""Tables of steps: what a house says that wordings mean, above the words that a step knows by itself."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from project_folder import CLIENT_DEFINITION, ProjectFolder
from stepping import built, made, new_bench

from jobpipe.cli.mapping_dialogue import Asked, converse
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.runs.checking import load_checked, warnings_of
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.mappings.deciding import Decision, decide, decision_of
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.mappings.scopes import UsedTables, apply_now
from jobpipe.runs.mappings.unmapped import unmapped_labels
from jobpipe.runs.progress import Progress

DEFINITION = (
    CLIENT_DEFINITION
    + """\
  contract: [type, contract]
"""
)
TYPES = {f"k{number}": ("CDI", "Vertrag A", "Stage", "Vertrag B")[number % 4] for number in range(40)}


def feed(types: dict[str, str]) -> bytes:
    offers = "".join(
        f'<offer id="{key}"><title>Offre {key}</title><type>{kind}</type></offer>\n' for key, kind in types.items()
    )
    return f"<offers>\n{offers}</offers>\n".encode()


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    project.run(feed(TYPES))
    return project


def say(project: ProjectFolder, label: str, value: str | None, scope: str = "client", owner: str = "Acme") -> int:
    """Decide and apply; how many postings were made again."""
    decision = Decision(table="step:contract", label=label, value=value, scope=scope, owner=owner)
    with project.open() as workspace:
        used = UsedTables(workspace)
        used.check([decision])
        changes = decide(workspace, [decision], by="ann")
        names = used.users([decision_of(one) for one in changes])
        (done,) = apply_now(workspace, names, progress=Progress(), stop=StopRequest()).values()
    assert isinstance(done, Remapped)
    return done.report.account["read"] if done.report is not None else 0


def contracts(project: ProjectFolder) -> Counter[str | None]:
    return Counter(one.get("contract") for one in project.postings().values())


def unmapped(project: ProjectFolder) -> dict[str, int]:
    with project.open() as workspace:
        return {one.label: one.postings for one in unmapped_labels(workspace, ["offers"])}


def test_a_wording_that_a_step_does_not_know_is_mapped_like_any_label(project: ProjectFolder) -> None:
    assert unmapped(project) == {"Vertrag A": 10, "Vertrag B": 10}
    assert say(project, "vertrag a", "permanent") == 10
    assert contracts(project) == {"permanent": 20, "internship": 10, None: 10}
    assert unmapped(project) == {"Vertrag B": 10}


def test_the_houses_word_counts_more_than_the_steps_and_can_be_taken_back(project: ProjectFolder) -> None:
    assert say(project, "Stage", "fixed_term") == 10
    assert contracts(project)["fixed_term"] == 10
    assert say(project, "Stage", "other", scope="import", owner="offers") == 10
    assert contracts(project)["other"] == 10
    assert say(project, "Stage", None, scope="import", owner="offers") == 10
    assert say(project, "Stage", None) == 10
    assert contracts(project) == {"permanent": 10, "internship": 10, None: 20}
    assert unmapped(project) == {"Vertrag A": 10, "Vertrag B": 10}


def test_what_was_decided_counts_for_the_next_feed(project: ProjectFolder) -> None:
    say(project, "Vertrag A", "permanent")
    project.run(feed({"n1": "Vertrag A", "n2": "CDD"} | TYPES))
    assert project.postings()["n1"]["contract"] == "permanent"
    assert project.run().account["updated"] == 0


def test_a_file_extends_a_step_and_a_decision_counts_more(project: ProjectFolder) -> None:
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "step-contract.csv").write_text("label,code\nVertrag A,freelance\nStage,other\n")
    project.run()
    assert contracts(project) == {"permanent": 10, "freelance": 10, "other": 10, None: 10}
    assert say(project, "Vertrag A", "temporary") == 10
    assert contracts(project)["temporary"] == 10


def test_a_value_that_the_step_does_not_make_is_refused(project: ProjectFolder) -> None:
    with pytest.raises(UsageError, match="cannot make 'permanet'") as caught:
        say(project, "Vertrag A", "permanet")
    assert "did you mean permanent?" in caught.value.hint
    assert "apprenticeship" in caught.value.hint
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "step-contract.csv").write_text("label,code\nVertrag A,dauerhaft\n")
    with pytest.raises(DefinitionError, match=r"step-contract\.csv.*'dauerhaft' of 'Vertrag A'"):
        project.run()


def test_a_table_of_a_step_that_no_import_uses_is_refused(project: ProjectFolder) -> None:
    with project.open() as workspace:
        used = UsedTables(workspace)
        with pytest.raises(UsageError, match="uses the step remote"):
            used.check([Decision(table="step:remote", label="x", value="remote")])
        with pytest.raises(UsageError, match="file of a table") as caught:
            used.check([Decision(table="step-contract", label="x", value="other")])
    assert "step:contract" in caught.value.hint


def test_the_dialogue_offers_the_values_of_the_step(project: ProjectFolder) -> None:
    out = io.StringIO()
    asked = Asked(name="", client="", table="", scope="", limit=None, by="ann")
    with project.open() as workspace:
        made_ = converse(workspace, asked, io.StringIO("1\n\n"), out)
    assert [(one.label, one.value, one.owner) for one in made_] == [("Vertrag A", "permanent", "Acme")]
    assert "(step:contract, 10 postings, for Acme)" in out.getvalue()
    assert "8  other" in out.getvalue()


def test_prose_is_read_with_care_and_never_listed() -> None:
    bench = new_bench()
    read = built("contract", bench)
    about = (
        "We are an early stage company. Our mission: to build an extra fast and permanent archive of everything. " * 3
    )
    assert read(about) is None
    assert read(about + "Wir bieten eine unbefristete Stelle.") == "permanent"
    assert bench.unmapped == []
    assert bench.labels == []


@pytest.mark.parametrize(
    ("step", "wording", "value"),
    [
        ("contract", "Vast contract", "permanent"),
        ("contract", "Unbefristet", "permanent"),
        ("contract", "6 maanden", "fixed_term"),
        ("contract", "3 à 6 mois", "fixed_term"),
        ("contract", "6 Monate oder länger", "fixed_term"),
        ("contract", "CDI - période d'essai 3 mois", "permanent"),
        ("contract", "Umowa na czas nieokreślony", "permanent"),
        ("contract", "Umowa na czas określony", "fixed_term"),
        ("contract", "Contrato temporal", "fixed_term"),
        ("contract", "Tempo indeterminato", "permanent"),
        ("contract", "Sem termo", "permanent"),
        ("contract", "Staż", "internship"),
        ("working_time", "Niepełny etat", "part_time"),
        ("working_time", "Pełny etat", "full_time"),
        ("working_time", "Jornada completa", "full_time"),
        ("remote", "Praca hybrydowa", "hybrid"),
        ("remote", "Pas_teletravail", "on_site"),
        ("period", "per annum, 37 hours", "year"),
        ("period", "brut annuel sur 13 mois", "year"),
        ("period", "£ an hour", "hour"),
        ("period", "miesięcznie", "month"),
    ],
)
def test_wordings_of_many_languages(step: str, wording: str, value: str) -> None:
    assert made(step, wording) == value


def test_what_says_nothing_is_no_label_to_map() -> None:
    bench = new_bench()
    assert built("{contract: reject}", bench)(["N/A", "Keine Angabe", "CDI"]) == ["permanent"]
    assert bench.unmapped == []
    assert made("contract", "n/a", tables={"step-contract": {"N/A": "other"}}) == "other"


def test_a_table_that_has_no_file_is_filled_by_decisions(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("contract: [type, contract]", "category: {from: type, map: kinds}"))
    project.run(feed(TYPES))
    assert unmapped(project) == {"CDI": 10, "Vertrag A": 10, "Stage": 10, "Vertrag B": 10}
    with project.open() as workspace:
        loaded = load_checked(workspace.project, "offers")
        warning = warnings_of(workspace.project, loaded, {})
    assert warning is not None
    assert "the table kinds has no file" in str(warning)
    decision = Decision(table="kinds", label="cdi", value="K1")
    with project.open() as workspace:
        UsedTables(workspace).check([decision])
        decide(workspace, [decision], by="ann")
        apply_now(workspace, ["offers"], progress=Progress(), stop=StopRequest())
    assert Counter(one["category"][0].get("code") for one in project.postings().values()) == {"K1": 10, None: 30}


def test_a_name_that_is_nearly_that_of_a_table_is_a_mistake(project: ProjectFolder) -> None:
    (project.root / "mappings").mkdir()
    (project.root / "mappings" / "kinds.csv").write_text("label,code\n")
    project.define(DEFINITION.replace("contract: [type, contract]", "category: {from: type, map: kind}"))
    with pytest.raises(DefinitionError, match="no mapping table 'kind'"):
        project.run()
