"""The law of mappings: after any history of edits, runs and kills, the postings are those of a fresh import."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from engines import examples
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from project_folder import CLIENT_DEFINITION, ProjectFolder, adds_up

from jobpipe.errors import UsageError
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.mappings.deciding import Decision, decide, undo
from jobpipe.runs.progress import Progress
from jobpipe.runs.reprocessing import remap_import

DEFINITION = (
    CLIENT_DEFINITION
    + """\
  category: {from: metier, map: jobs}
  industry: {from: secteur, map: sectors, unmapped: reject}
keep: "not posting.category or posting.category[0].code != 'left out'"
expire: {guard: 100, misses: 1}
"""
)
LABELS = ("Vente", "Salle", "VENTE", "Chef de rang")
CODES = ("a", "b", "left out", None)
OWNERS = {"global": "", "client": "Acme", "import": "offers"}

records = st.dictionaries(
    st.sampled_from("klmn"), st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=4
)
edits = st.tuples(
    st.just("edit"),
    st.sampled_from(("jobs", "jobs", "sectors")),
    st.sampled_from((*LABELS, "^chef")),
    st.sampled_from(CODES),
    st.sampled_from(tuple(OWNERS)),
)
# A feed or yesterday's, a run to its end or a stopped one, edits, and what is done with them at once.
rounds = st.tuples(
    st.none() | records, st.booleans(), st.lists(edits, max_size=3), st.sampled_from(("", "apply", "undo"))
)


def feed(offers: dict[str, tuple[str, str]]) -> bytes:
    made = "".join(
        f'<offer id="{key}"><title>{key}</title><metier>{job}</metier><secteur>{sector}</secteur></offer>\n'
        for key, (job, sector) in offers.items()
    )
    return f"<offers>\n{made}</offers>\n".encode()


def new_project(folder: Path) -> ProjectFolder:
    project = ProjectFolder(folder, DEFINITION)
    (project.root / "mappings").mkdir()
    for table in ("jobs", "sectors"):
        (project.root / "mappings" / f"{table}.csv").write_text("label,code\nVente,file\n")
    return project


def act(project: ProjectFolder, action: tuple[Any, ...]) -> None:
    word, *given = action
    if word == "feed":
        (project.root / "feed.xml").write_bytes(feed(given[0]))
    elif word == "run":
        report = project.run(stop=StopRequest(requested=given[0]))
        assert report.state == "running" or adds_up(report)
    else:
        with project.open() as workspace:
            if word == "edit":
                table, label, code, scope = given
                is_pattern = label.startswith("^")
                one = Decision(
                    table=table, label=label, value=code, scope=scope, owner=OWNERS[scope], is_pattern=is_pattern
                )
                decide(workspace, [one], by="ann")
                return
            try:
                if word == "undo":
                    undo(workspace, None, by="ann")
                else:
                    remap_import(workspace, "offers", progress=Progress(), stop=StopRequest())
            except UsageError:
                pass  # nothing to undo; or a run waits to go on


@settings(max_examples=examples(25), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(records, st.lists(rounds, min_size=1, max_size=4))
# A record that was rejected for want of a label is newer than the posting which has its key.
@example(
    {"n": ("Vente", "VENTE")},
    [
        ({"n": ("Salle", "Chef de rang")}, True, [("edit", "sectors", "VENTE", None, "client")], ""),
        (
            None,
            True,
            [("edit", "sectors", "VENTE", "b", "global"), ("edit", "sectors", "Chef de rang", "b", "global")],
            "",
        ),
    ],
)
# A record that a rule filters, and that is gone when a label makes it a posting.
@example(
    {"n": ("VENTE", "Vente"), "l": ("Salle", "Vente")},
    [
        (None, False, [("edit", "jobs", "VENTE", "left out", "global")], "apply"),
        ({"l": ("Salle", "Vente")}, False, [("edit", "jobs", "VENTE", "a", "global")], "apply"),
    ],
)
def test_after_any_history_the_postings_are_those_of_a_fresh_import(
    offers: dict[str, tuple[str, str]], history: list[tuple[Any, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = new_project(Path(folder) / "project")
        act(project, ("feed", offers))
        act(project, ("run", False))
        for new, is_stopped, edited, then in history:
            if new is not None:
                offers = new
                act(project, ("feed", offers))
            act(project, ("run", is_stopped))
            for edit in edited:
                act(project, edit)
            if then:
                act(project, (then,))
        while project.run().state == "running":
            pass
        made = project.postings()
        # The same decisions, and nothing stored.
        with project.open() as workspace:
            workspace.documents.delete_import(1)
        act(project, ("feed", offers | {"another": ("Vente", "Vente")}))
        project.run()
        fresh = project.postings()
        fresh.pop("another", None)
    # What was a posting once stays one while its record is rejected.
    assert {key: one for key, one in made.items() if key in fresh} == fresh
    assert made.keys() <= offers.keys()
