"""The law of plans: what a plan says of a change is what the run does that applies it, whatever was before."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from engines import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from planning import apply, changed_fields, figures, plan, postings
from project_folder import ProjectFolder, adds_up

from jobpipe.documents.store import Status
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.overrides.deciding import RuleDecision
from jobpipe.runs.overrides.deciding import decide as decide_rules

HEAD = "import: offers\nclient: Acme\nsource:\n  feed: feed.xml\n  record: offer\n"
LABELS = ("Vente", "Salle", "VENTE", "Chef de rang")
CODES = ("a", "b", None)
# What a definition may say of each of its words; "" = nothing.
CHOICES = {
    "source.closed": ("", "'fini' in posting.title"),
    "reference": ('"@id"', '["@id", upper]', "title"),
    "title": ("title", "[title, upper]", "[title, {replace: {find: e, with: ''}}]", "[text, {truncate: 3}]"),
    "description": ("", "text", "[text, upper]"),
    "category": ("", "{from: metier, map: jobs}", "{from: metier, map: jobs, unmapped: reject}"),
    "industry": ("", "metier", "{from: metier, default: x}"),
    "valid_through": ("", "until"),
    "extra": ("", "{trade: metier}", "{trade: [metier, lower], other: title}"),
    "keep": ("", "'e' in posting.title", "posting.title | length > 4"),
    "key": ("", "[title]", "[reference, title]"),
    "require": ("", "[valid_through]"),
}
TITLES = ("Vente", "vente", "Chef", "Chef fini", "", "Salle et bar")

definitions = st.fixed_dictionaries({word: st.sampled_from(values) for word, values in CHOICES.items()})
offer = st.tuples(
    st.sampled_from(("k", "K", "l", "m", "n", "o")),
    st.sampled_from(TITLES),
    st.sampled_from(("", "Un texte", "un autre <texte")),
    st.sampled_from(LABELS),
    st.sampled_from(("", "2020-01-01", "2090-01-01")),
)
feeds = st.lists(offer, min_size=1, max_size=8)
decisions = st.lists(
    st.builds(
        lambda label, code, scope: Decision(
            table="jobs", label=label, value=code, scope=scope, owner={"global": "", "client": "Acme"}[scope]
        ),
        st.sampled_from(LABELS),
        st.sampled_from(CODES),
        st.sampled_from(("global", "client")),
    ),
    max_size=2,
)
RULES = (
    "drop when posting.title == 'Chef'",
    "set title = 'Chef' when posting.title == 'Vente'",
    "default contract = 'permanent' when posting.description",
    "set positions = posting.title",
)
rules = st.lists(st.sampled_from(RULES), max_size=2)
tables = st.dictionaries(st.sampled_from(LABELS), st.sampled_from(("a", "b")), max_size=2)


def define(words: dict[str, str]) -> str:
    if not words["valid_through"]:
        words = words | {"require": ""}
    closed = f'  closed: "{words["source.closed"]}"\n' if words["source.closed"] else ""
    posting = "".join(
        f"  {word}: {said}\n"
        for word, said in words.items()
        if said and word not in ("source.closed", "keep", "key", "require")
    )
    rest = "".join(
        f'{word}: "{words[word]}"\n' if word == "keep" else f"{word}: {words[word]}\n"
        for word in ("keep", "key", "require")
        if words[word]
    )
    return f"{HEAD}{closed}posting:\n{posting}{rest}"


def feed(offers: list[tuple[str, str, str, str, str]]) -> bytes:
    made = "".join(
        f'<offer id="{key}"><title>{title}</title><text>{text}</text><metier>{trade}</metier><until>{until}</until>'
        "</offer>\n"
        for key, title, text, trade, until in offers
    )
    return f"<offers>\n{made}</offers>\n".encode()


def lay_rules(project: ProjectFolder, texts: list[str]) -> None:
    with project.open() as workspace:
        decide_rules(workspace, [RuleDecision(rule=text, scope="client", owner="Acme") for text in texts], by="ann")


def write_table(project: ProjectFolder, table: dict[str, str]) -> None:
    (project.root / "mappings").mkdir(exist_ok=True)
    lines = [f"{label},{code}" for label, code in {"nobody says this": "x", **table}.items()]
    (project.root / "mappings" / "jobs.csv").write_text("\n".join(["label,code", *lines]) + "\n")


@pytest.fixture(scope="module", autouse=True)
def small_batches() -> Iterator[None]:
    """Each record is written before the next one is made."""
    with mock.patch("jobpipe.runs.comparing.MAX_MISSES", 1), mock.patch("jobpipe.runs.applying.FLUSH_ROWS", 1):
        yield


@settings(max_examples=examples(10), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(feeds, min_size=1, max_size=2),
    definitions,
    definitions,
    tables,
    tables,
    decisions,
    decisions,
    rules,
    rules,
    st.booleans(),
)
def test_a_run_does_what_its_plan_says(
    history: list[list[tuple[str, str, str, str, str]]],
    before: dict[str, str],
    after: dict[str, str],
    table: dict[str, str],
    edited: dict[str, str],
    taken: list[Decision],
    planned: list[Decision],
    ruled: list[str],
    ruled_anew: list[str],
    is_same_definition: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", define(before))
        write_table(project, table)
        lay_rules(project, ruled)
        for offers in history:
            project.run(feed(offers))
        write_table(project, edited)
        with project.open() as workspace:
            decide(workspace, taken, by="ann")
        lay_rules(project, ruled_anew)
        text = define(before if is_same_definition else after)
        with project.open() as workspace:
            stored, states = postings(workspace, "offers"), project.contents()
        made = plan(project, definition=text, decisions=tuple(planned))
        assert project.contents() == states
        if made is None:
            return
        said = figures(made)
        report = apply(project, made)
        assert report.account == said["account"]
        assert (report.live, report.expired) == (said["live"]["after"], said["expired"])
        assert adds_up(report)
        changed = {one["field"]: one["changed"] for one in said["fields"]}
        assert changed == changed_fields(stored, project.postings())
        assert sum(one["records"] for one in said["rejected"]) == report.account["rejected"]
        assert len(project.keys(Status.LIVE)) == report.live
        # Whatever is left to do is nothing.
        assert plan(project) is None
