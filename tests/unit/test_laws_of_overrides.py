"""The law of overrides: after any history of rules, postings, feeds and runs, all is as a fresh import makes it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from engines import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from project_folder import ProjectFolder, adds_up, xml_feed

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Override
from jobpipe.runs.conducting import StopRequest
from jobpipe.runs.overrides.deciding import RuleDecision, decide, decide_posting, roll_back, undo
from jobpipe.runs.overrides.scopes import apply_now
from jobpipe.runs.overrides.single_postings import settle_now
from jobpipe.runs.progress import Progress

DEFINITION = """\
import: offers
client: Acme
source: {feed: feed.xml, record: offer}
posting:
  reference: "@id"
  title: title
keep: posting.title != 'secret'
expire: {guard: 100, misses: 1}
"""
TITLES = ("chef", "stage", "secret")
RULES = (
    "drop when posting.title == 'stage'",
    "set title = 'stage' when posting.title == 'chef'",
    "allow when posting.reference == 'k'",
    "keep when posting.contract",
    "default contract = 'permanent' when posting.title != 'chef'",
    "set positions = posting.title",
)
OWNERS = {"global": "", "client": "Acme", "import": "offers"}
VALUES: dict[str, Any] = {"override": {"values": {"title": "mine"}, "until": "", "reason": ""}}
OUT: dict[str, Any] = {"exclude": {"until": "", "reason": ""}}

feeds = st.dictionaries(st.sampled_from("klmn"), st.sampled_from(TITLES), min_size=1)
steps = st.one_of(
    st.tuples(st.just("rule"), st.sampled_from(RULES), st.sampled_from(tuple(OWNERS))),
    st.tuples(st.just("change"), st.integers(1, 3), st.sampled_from(("disable", "enable", "remove", *RULES[:2]))),
    st.tuples(st.just("posting"), st.sampled_from("klm"), st.sampled_from((None, OUT, VALUES, OUT | VALUES))),
    st.tuples(st.just("undo"), st.booleans()),
    st.tuples(st.just("roll back"), st.integers(0, 3)),
    st.tuples(st.just("feed"), feeds),
    st.tuples(st.just("run"), st.booleans()),
    st.tuples(st.just("apply")),
)


def act(project: ProjectFolder, step: tuple[Any, ...]) -> None:
    word, *given = step
    if word == "feed":
        (project.root / "feed.xml").write_bytes(xml_feed(given[0]))
    elif word == "run":
        report = project.run(stop=StopRequest(requested=given[0]), workers=0)
        assert report.state == "running" or adds_up(report)
    else:
        # No such rule, nothing to undo, or changed again since.
        with contextlib.suppress(UsageError):
            decide_something(project, word, given)


def decide_something(project: ProjectFolder, word: str, given: list[Any]) -> None:
    with project.open() as workspace:
        if word == "rule":
            decide(workspace, [RuleDecision(rule=given[0], scope=given[1], owner=OWNERS[given[1]])], by="ann")
        elif word == "change":
            number, what = given
            said: dict[str, Any] = {"removed": True} if what == "remove" else {"rule": what}
            if what in ("disable", "enable"):
                said = {"enabled": what == "enable"}
            decide(workspace, [RuleDecision(number=number, **said)], by="ben")
        elif word == "posting":
            decide_posting(workspace, "offers", given[0], given[1], by="ann")
        elif word == "undo":
            undo(workspace, None, by="ben", postings=given[0])
        elif word == "roll back":
            roll_back(workspace, given[0], by="ben")
        else:
            apply_now(workspace, ["offers"], progress=Progress(), stop=StopRequest())
            settle_now(workspace, "offers", progress=Progress(), stop=StopRequest())


@settings(max_examples=examples(12), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(feeds, st.lists(steps, max_size=8), feeds)
def test_after_any_history_the_postings_are_those_of_a_fresh_import(
    first: dict[str, str], history: list[tuple[Any, ...]], last: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", DEFINITION)
        for step in (("feed", first), ("run", False), *history, ("feed", last)):
            act(project, step)
        while project.run(workers=0).state == "running":
            pass
        # What was rejected or interrupted meanwhile is settled by the next one.
        project.run(workers=0)
        made = project.postings()
        with project.open() as workspace:
            workspace.documents.delete_import(1)
            Override.objects.update(applied="")
        project.run(xml_feed(last | {"another": "chef"}), workers=0)
        fresh = project.postings()
        fresh.pop("another", None)
    assert made == fresh


@settings(max_examples=examples(5), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(feeds, st.lists(steps.filter(lambda step: step[0] in ("rule", "change", "posting")), max_size=5))
def test_undoing_everything_gives_the_state_before(offers: dict[str, str], history: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", DEFINITION)
        project.run(xml_feed(offers), workers=0)
        before = project.postings(None)
        for step in history:
            act(project, step)
        act(project, ("apply",))
        with project.open() as workspace:
            roll_back(workspace, 0, by="ben")
            for row in Override.objects.filter(scope="posting"):
                decide_posting(workspace, row.owner, row.key, None, by="ben")
        act(project, ("apply",))
        assert project.postings(None) == before
