"""The law of near-duplicates: who is marked and hidden depends on what the imports hold, not on how it came there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from client_folder import ClientFolder, Job, job
from engines import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobpipe.ledger.models import NearDuplicate
from jobpipe.runs.near_duplicates.deciding import keep, split, undo
from jobpipe.runs.near_duplicates.groups import groups

NAMES = ("one", "two", "three")
JOBS = (
    *(job(), job("Fitter (m/w/d)"), job("Senior Fitter"), job(city="Bern"), job("Nurse"), job("Nurse", "Bern")),
    job(text="Too little.", city="Lyon"),
)
feeds = st.dictionaries(st.sampled_from("abc"), st.sampled_from(JOBS), min_size=1, max_size=3)
rounds = st.lists(st.tuples(st.sampled_from(NAMES), feeds), min_size=1, max_size=5)


def project(folder: str, name: str) -> ClientFolder:
    made = ClientFolder(Path(folder) / name, *NAMES)
    made.keep("{prefer: [two, three, one]}")
    return made


def state(client: ClientFolder, names: list[str]) -> tuple[set[str], set[tuple[str, ...]]]:
    """What is delivered, and what hangs together."""
    with client.open() as workspace:
        found = {tuple(sorted(f"{one.name}/{one.row.key}" for one in group.postings)) for group in groups(workspace)}
        assert not NearDuplicate.objects.filter(is_gone=True).exists()
    return client.live(*names), found


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds, st.permutations(NAMES))
def test_who_is_hidden_depends_on_what_is_there_and_not_on_what_was(
    history: list[tuple[str, dict[str, Job]]], order: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lived = project(folder, "lived")
        for name, jobs in history:
            lived.import_(name, jobs)
        last = dict(history)
        fresh = project(folder, "fresh")
        for name in order:
            if name in last:
                fresh.import_(name, last[name])
        # A run that found an import held by nobody has settled it; nothing is left for later.
        assert state(lived, list(last)) == state(fresh, list(last))


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feeds, feeds, st.sampled_from(("split", "keep")))
def test_an_undone_decision_leaves_no_trace(first: dict[str, Job], second: dict[str, Job], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        client = project(folder, "client")
        client.import_("one", first)
        client.import_("two", second)
        before = state(client, ["one", "two"])
        with client.open() as workspace:
            numbers = [group.number for group in groups(workspace)]
            for number in numbers[:1]:
                (split if kind == "split" else keep)(workspace, number, "one", by="Kim")
                undo(workspace, None, by="Kim")
        assert state(client, ["one", "two"]) == before
