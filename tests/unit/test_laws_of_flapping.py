"""The law of duplicates over many runs: a posting changes its state at most once a run, and never to and fro."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from client_folder import ClientFolder, Job, job
from engines import ON_A_CLUSTER

from jobpipe.documents.store import Selection
from jobpipe.ledger.models import Import
from jobpipe.runs.journal import LedgerJournal

RUNS = 10 if ON_A_CLUSTER else 30
NAMES = ("one", "two", "three")
JOBS = (job(), job("Fitter (m/w/d)"), job("Senior Fitter"), job(city="Bern"), job("Nurse"), job("Cook"))

# import/key -> status and reason.
States = dict[str, tuple[str, str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[States]:
    """What whoever follows the changes finds whenever a run has got its place among them."""
    found: list[States] = []
    close = LedgerJournal.close

    def closed(self: LedgerJournal) -> None:
        close(self)
        documents = self._workspace.documents
        found.append(
            {
                f"{owner.name}/{row.key}": (row.status.name, row.reason)
                for owner in Import.objects.all()
                for row in documents.select(owner.pk, Selection())
            }
        )

    monkeypatch.setattr(LedgerJournal, "close", closed)
    return found


@pytest.mark.parametrize("policy", ["{keep: richest}", "{keep: first, clients: {Acme: {prefer: [two]}}}"])
def test_a_posting_changes_its_state_at_most_once_a_run(tmp_path: Path, seen: list[States], policy: str) -> None:
    client = ClientFolder(tmp_path / "project", *NAMES)
    client.keep(policy)
    dice = random.Random(policy)
    before: States = {}
    hidden = 0
    for number in range(RUNS):
        seen.clear()
        client.import_(NAMES[number % len(NAMES)], feed(dice))
        changes: Counter[str] = Counter()
        # Of the run, and of those that it brings about in the client's other imports.
        for states in seen:
            changes.update(key for key in states if states[key] != before.get(key))
            before = states
        assert max(changes.values(), default=0) <= 1, f"run {number}: {changes}"
        hidden += sum(reason == "near_duplicate" for _, reason in before.values())
    assert hidden
    seen.clear()
    for name in NAMES:
        client.import_(name, None)
    assert all(states == before for states in seen)


def feed(dice: random.Random) -> dict[str, Job]:
    return {key: dice.choice(JOBS) for key in dice.sample("abcde", dice.randrange(1, 5))}
