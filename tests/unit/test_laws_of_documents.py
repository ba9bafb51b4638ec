"""The law of documents: whatever is done, a store answers as a few dicts would."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from documents_model import ModelDocuments
from documents_stores import STORES
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobpipe.documents.store import Role, Selection, StateRow, Status, Written, before_run, pack_prior

IMPORT = 3
NEIGHBOUR = 4
KEPT = 2
KEYS = ("a", "b", "c", "É", "0")
REASONS = ("absent", "ended", "rule")
TITLES = ("", "Été", "ÉTÉ comme hiver", "e\u0301té", "Straße", "été%")
ENDS = ("", "2026-11-23", "2026-11-24", "2026-11-24T11:00:00+02:00", "2026-11-25T00:30:00+14:00")
LABELS = ("", "", "t\tvente\t1", "t\tvente\t1\nt\tchef\t", "t\tchef\t")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

digests = st.integers(0, 9).map(lambda number: bytes([number]) * 16)
numbers = st.lists(st.integers(1, 30), max_size=6)
records = st.fixed_dictionaries(
    {
        "key": st.sampled_from(KEYS),
        "status": st.sampled_from((Status.LIVE, Status.LIVE, Status.EXPIRED, Status.EXCLUDED)),
        "digest": digests,
        "title": st.sampled_from(TITLES),
        "valid_through": st.sampled_from(ENDS),
        "is_new_revision": st.booleans(),
        "labels": st.sampled_from(LABELS),
        "body": st.none() | st.binary(max_size=8),
    }
)
side_records = st.fixed_dictionaries(
    {
        "key": st.sampled_from(("", *KEYS)),
        "role": st.sampled_from((Role.DUPLICATE, Role.REJECTED)),
        "digest": digests,
        "reason": st.sampled_from(("", "invalid")),
        "labels": st.sampled_from(LABELS),
        "body": st.none() | st.binary(max_size=8),
    }
)
selections = st.builds(
    Selection,
    role=st.sampled_from(Role),
    status=st.none() | st.sampled_from(Status),
    changed_since_run=st.integers(0, 4),
    changed_in_run=st.just(0) | st.integers(1, 4),
    reason=st.sampled_from(("", "", "invalid", *REASONS)),
    text=st.sampled_from(("", "", "été", "SS", "%")),
    keys=st.lists(st.sampled_from(KEYS), max_size=3).map(tuple),
    labels=st.sampled_from(((), (), ("t\tchef\t",), ("t\tvente\t1", "t\tnone\t"))),
)


class DocumentsMachine(RuleBasedStateMachine):
    """Runs follow each other and write as a conductor does: postings by key, with what was before the run."""

    store = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.documents = STORES[self.store](Path(self.folder.name), KEPT)
        self.documents.write(NEIGHBOUR, [Written(StateRow(key="a", digest=b"n" * 16, revision=1), b"neighbour")])
        self.model = ModelDocuments(KEPT)
        self.run = 1
        self.ordinal = 0

    def teardown(self) -> None:
        neighbours = list(self.documents.bodies(NEIGHBOUR, Selection()))
        self.documents.close()
        self.folder.cleanup()
        assert [(row.key, body) for row, body in neighbours] == [("a", b"neighbour")]

    @rule(batch=st.lists(records | side_records, max_size=6), times=st.integers(1, 2))
    def write(self, batch: list[dict], times: int) -> None:
        made = [self.posting(record) if "title" in record else self.side_row(record) for record in batch]
        # Postings may be written again: repeated calls give one row.
        again = [one for one in made if one.state.role is Role.POSTING] * (times - 1)
        for some in (made, again):
            assert self.documents.write(IMPORT, some) == self.model.write(some)

    def posting(self, record: dict) -> Written:
        self.ordinal += 1
        found = self.model.posting_of(record["key"])
        before = before_run(found, self.run) if found else None
        revision = before.revision + record["is_new_revision"] if before else 1
        state = StateRow(
            row=found.row if found else 0,
            key=record["key"],
            status=record["status"],
            reason="" if record["status"] is Status.LIVE else REASONS[self.ordinal % 3],
            digest=record["digest"],
            ordinal=self.ordinal,
            first_run=before.first_run if before else self.run,
            changed_run=self.run,
            written_run=self.run,
            revision=revision,
            title=record["title"],
            valid_through=record["valid_through"],
            labels=record["labels"],
            facts=record["labels"].encode(),
            prior=pack_prior(before) if before else b"",
        )
        return Written(state, record["body"])

    def side_row(self, record: dict) -> Written:
        self.ordinal += 1
        runs = {"first_run": self.run, "changed_run": self.run, "written_run": self.run}
        state = StateRow(
            key=record["key"],
            role=record["role"],
            status=Status.NONE,
            reason=record["reason"],
            digest=record["digest"],
            ordinal=self.ordinal,
            labels=record["labels"],
            facts=record["labels"].encode(),
            **runs,
        )
        return Written(state, record["body"])

    @rule()
    def next_run(self) -> None:
        self.run += 1
        self.ordinal = 0
        self.model.start_run()

    @rule()
    def reopen(self) -> None:
        self.documents.close()
        self.documents = STORES[self.store](Path(self.folder.name), KEPT)

    @rule(rows=numbers)
    def mark_missing(self, rows: list[int]) -> None:
        self.documents.mark_missing(IMPORT, self.run, rows)
        self.model.mark_missing(self.run, rows)

    @rule(rows=numbers)
    def clear_missing(self, rows: list[int]) -> None:
        self.documents.clear_missing(IMPORT, rows)
        self.model.clear_missing(rows)

    @rule(rows=numbers, reason=st.sampled_from(REASONS))
    def expire(self, rows: list[int], reason: str) -> None:
        assert self.documents.expire(IMPORT, self.run, rows, reason) == self.model.expire(self.run, rows, reason)

    @rule(rows=numbers)
    def delete_rows(self, rows: list[int]) -> None:
        self.documents.delete_rows(IMPORT, rows)
        self.model.delete_rows(rows)

    @rule(after=st.integers(0, 10), back=st.integers(0, 1))
    def delete_side_rows(self, after: int, back: int) -> None:
        self.documents.delete_side_rows_of(IMPORT, self.run - back, after_ordinal=after)
        self.model.delete_side_rows_of(self.run - back, after)

    @precondition(lambda self: self.run > 3)
    @rule()
    def delete_import(self) -> None:
        self.documents.delete_import(IMPORT)
        self.model = ModelDocuments(KEPT)

    @rule(selection=selections)
    def select(self, selection: Selection) -> None:
        assert list(self.documents.select(IMPORT, selection)) == self.model.select(selection)
        assert list(self.documents.bodies(IMPORT, selection)) == self.model.bodies(selection)

    @invariant()
    def answers_are_the_model_s(self) -> None:
        documents, model = self.documents, self.model
        for role in Role:
            assert list(documents.select(IMPORT, Selection(role=role))) == model.select(Selection(role=role))
        known = [one for chunk in documents.known(IMPORT, before_run=self.run) for one in chunk]
        assert known == model.known(self.run)
        assert list(documents.missing(IMPORT)) == model.missing()
        assert documents.counts(IMPORT) == model.counts()
        uses = {one.label: one for one in documents.labels(IMPORT)}
        counted = {one.label: (one.live, one.rejected, one.rows, one.first_run, one.first_day) for one in uses.values()}
        assert counted == model.labels()
        assert documents.label_lines(IMPORT) == counted.keys()
        for use in uses.values():
            assert use.samples
            assert all(use.label in model.states[number].labels.split("\n") for number in use.samples)
        assert documents.ended(IMPORT, NOW.isoformat()) == model.ended(NOW)
        for number in model.states:
            assert documents.revisions(IMPORT, number) == sorted(model.frames[number])


@pytest.mark.parametrize("store", STORES)
def test_a_store_answers_as_its_model_does(store: str) -> None:
    machine = type("Machine", (DocumentsMachine,), {"store": store})
    # A server answers a hundred times as slowly as a file.
    examples, steps = (40, 30) if store == "sqlite" else (6, 20)
    machine.TestCase.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    machine.TestCase("runTest").runTest()
