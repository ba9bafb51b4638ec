"""What every store of what was delivered holds to, and its law: it answers as a dict would."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from mongo_server import documents_uri
from msgspec import structs

from jobpipe.documents.delivered.mongo import MongoDelivered
from jobpipe.documents.delivered.sqlite import SqliteDelivered
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.delivered.upkeep import OpenedDelivered
from jobpipe.errors import InternalError

Opener = Callable[[Path], OpenedDelivered]
STORES: dict[str, Opener] = {
    "sqlite": lambda folder: SqliteDelivered(folder / "deliveries.sqlite3"),
    "mongo": lambda folder: MongoDelivered(documents_uri(folder)),
}
DAY = "2026-11-{:02}T08:00:00+00:00"


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], OpenedDelivered]]:
    stores: list[OpenedDelivered] = []

    def again() -> OpenedDelivered:
        stores.append(STORES[request.param](tmp_path))
        return stores[-1]

    yield again
    for store in stores:
        store.close()


def row(named: int, *, import_id: int = 3, standing: Standing = Standing.THERE, **more: Any) -> Delivered:
    return Delivered(import_id=import_id, row=named, key=f"k{named}", standing=standing, **more)


def receipt(named: int, *, of: int = 1, destination: int = 5, import_id: int = 3, **more: Any) -> Receipt:
    values: dict[str, Any] = {"action": "upsert", "fate": "accepted", **more}
    return Receipt(destination=destination, import_id=import_id, row=named, number=of, **values)


def test_what_was_saved_is_there_for_whoever_opens_it_next(opened: Callable[[], OpenedDelivered]) -> None:
    whole = row(
        7,
        number=4,
        revision=9,
        digest=b"d" * 16,
        tried=b"t" * 16,
        delivery=12,
        at=DAY.format(2),
        said="418 « théière »",
        standing=Standing.REFUSED,
    )
    told = receipt(7, of=4, action="remove", fate="refused", revision=9, delivery=12, at=DAY.format(2), said="non")
    opened().save(5, [whole], [told])

    store = opened()
    assert store.known(5, 3, [6, 7]) == {7: whole}
    assert store.receipts(3, 7) == [told]
    assert store.standings(3, 7) == {5: whole}


def test_a_process_that_slept_takes_nothing_back(opened: Callable[[], OpenedDelivered]) -> None:
    sleeper, store = opened(), opened()
    store.save(5, [row(1, number=3, at="new")], [receipt(1, of=3, said="first")])
    sleeper.save(5, [row(1, number=2, at="old"), row(2, number=1)], [receipt(1, of=3, said="later")])

    assert store.known(5, 3, [1])[1].at == "new"
    assert [one.said for one in store.receipts(3, 1)] == ["first"]
    sleeper.save(5, [row(1, number=3, standing=Standing.HELD, at="same")])
    assert store.known(5, 3, [1])[1].at == "same"
    assert list(store.known(5, 3, [1, 2])) == [1, 2]


def test_going_through_rows_holds_nobody_up_and_none_is_seen_twice(opened: Callable[[], OpenedDelivered]) -> None:
    store, other = opened(), opened()
    store.save(5, [row(number) for number in range(1, 6_001)])
    store.save(5, [row(1, import_id=4)])
    seen = []
    for one in store.walk(5, 3, after=100):
        seen.append(one.row)
        if one.row % 2_000 == 101:
            other.save(5, [row(one.row, number=1), row(6_000 + one.row)])
    assert seen[:5_900] == list(range(101, 6_001))
    assert seen == sorted(set(seen))


def test_numbers_that_no_id_can_hold_are_refused(opened: Callable[[], OpenedDelivered]) -> None:
    store = opened()
    for destination, number in ((0, 1), (1 << 17, 1), (5, 1 << 29)):
        with pytest.raises(InternalError):
            store.save(destination, [row(number)])
    # Just above and below others.
    store.save((1 << 17) - 2, [row((1 << 29) - 1, import_id=(1 << 17) - 1)])
    store.save(1, [row(1, import_id=1)])
    assert store.upkeep().destinations() == [1, (1 << 17) - 2]
    assert store.imports((1 << 17) - 2) == [(1 << 17) - 1]


def test_what_destinations_said_is_masked_and_all_else_stays(opened: Callable[[], OpenedDelivered]) -> None:
    store, upkeep = opened(), opened().upkeep()
    store.save(5, [row(1, said="no Jeanne here"), row(2, said="no")], [receipt(1, said="Jeanne"), receipt(2)])

    def mask(text: str) -> tuple[str, int]:
        return text.replace("Jeanne", "***"), text.count("Jeanne")

    assert upkeep.mask_said(mask, dry_run=True) == 2
    assert store.known(5, 3, [1])[1].said == "no Jeanne here"
    assert upkeep.mask_said(mask, dry_run=False) == 2
    assert store.known(5, 3, [1, 2]) == {1: row(1, said="no *** here"), 2: row(2, said="no")}
    assert store.receipts(3, 1) == [receipt(1, said="***")]
    assert upkeep.mask_said(mask, dry_run=False) == 0


numbers = st.integers(1, 5)
destinations = st.sampled_from((1, 2, 7))
imports = st.sampled_from((1, 3))
saved = st.builds(
    Delivered,
    import_id=imports,
    row=numbers,
    key=st.sampled_from(("a", "é")),
    standing=st.sampled_from(Standing),
    number=st.integers(0, 5),
    digest=st.sampled_from((b"", b"d" * 16)),
    said=st.sampled_from(("", "no")),
)
told = st.builds(
    Receipt,
    destination=destinations,
    import_id=imports,
    row=numbers,
    number=numbers,
    action=st.sampled_from(("upsert", "remove")),
    fate=st.sampled_from(("accepted", "refused")),
    at=st.integers(1, 9).map(DAY.format),
)


class DeliveredMachine(RuleBasedStateMachine):
    store = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.opened = STORES[self.store](Path(self.folder.name))
        self.rows: dict[tuple[int, int, int], Delivered] = {}
        self.told: dict[tuple[int, int, int, int], Receipt] = {}

    def teardown(self) -> None:
        for destination in (1, 2, 7):
            self.opened.forget(destination)
        assert not self.opened.upkeep().destinations()
        self.opened.close()
        self.folder.cleanup()

    @rule(destination=destinations, changed=st.lists(saved, max_size=6), receipts=st.lists(told, max_size=6))
    def save(self, destination: int, changed: list[Delivered], receipts: list[Receipt]) -> None:
        self.opened.save(destination, changed, receipts)
        for one in changed:
            name = (destination, one.import_id, one.row)
            if name not in self.rows or self.rows[name].number <= one.number:
                self.rows[name] = one
        for receipt in receipts:
            self.told.setdefault((receipt.import_id, receipt.row, receipt.destination, receipt.number), receipt)

    @rule(destination=destinations, import_id=imports, rows=st.lists(numbers, max_size=3))
    def delete(self, destination: int, import_id: int, rows: list[int]) -> None:
        self.opened.delete_rows(destination, import_id, rows)
        for number in rows:
            self.rows.pop((destination, import_id, number), None)

    @rule(destination=destinations)
    def forget(self, destination: int) -> None:
        self.opened.forget(destination)
        self.rows = {name: one for name, one in self.rows.items() if name[0] != destination}
        self.told = {name: one for name, one in self.told.items() if one.destination != destination}

    @rule()
    def raise_numbers(self) -> None:
        self.opened.upkeep().raise_numbers(2)
        self.rows = {name: structs.replace(one, number=one.number + 2) for name, one in self.rows.items()}

    @rule(day=st.integers(1, 9))
    def prune(self, day: int) -> None:
        left = {name: one for name, one in self.told.items() if one.at >= DAY.format(day)}
        assert self.opened.prune_receipts(DAY.format(day), dry_run=True) == len(self.told) - len(left)
        assert self.opened.prune_receipts(DAY.format(day)) == len(self.told) - len(left)
        self.told = left

    @rule(
        destination=destinations,
        standing=st.sampled_from(Standing),
        import_id=st.none() | imports,
        limit=st.integers(0, 3),
    )
    def select(self, destination: int, standing: Standing, import_id: int | None, limit: int) -> None:
        expected = [
            one
            for (its, number, _), one in sorted(self.rows.items())
            if its == destination and one.standing == standing and import_id in (None, number)
        ]
        assert self.opened.select(destination, standing, import_id=import_id, limit=limit) == expected[:limit]

    @rule(import_id=imports, number=numbers)
    def look_at_one(self, import_id: int, number: int) -> None:
        assert self.opened.standings(import_id, number) == {
            its: one for (its, *name), one in self.rows.items() if name == [import_id, number]
        }
        expected = [one for (*name, _, _), one in sorted(self.told.items()) if name == [import_id, number]]
        assert self.opened.receipts(import_id, number) == expected

    @invariant()
    def it_answers_as_a_dict_would(self) -> None:
        for destination in (1, 2, 7):
            mine = {name[1:]: one for name, one in sorted(self.rows.items()) if name[0] == destination}
            assert self.opened.imports(destination) == sorted({number for number, _ in mine})
            assert self.opened.counts(destination) == Counter(
                (number, one.standing) for (number, _), one in mine.items()
            )
            for import_id in (1, 3):
                expected = [one for (number, _), one in mine.items() if number == import_id]
                assert list(self.opened.walk(destination, import_id)) == expected
        assert self.opened.upkeep().destinations() == sorted({name[0] for name in self.rows})
        highest = max((name[2] for name in self.rows if name[1] == 3), default=0)
        assert self.opened.upkeep().highest_row(3) == highest


def machine(name: str, most: int) -> type[DeliveredMachine]:
    made = type(f"{name.title()}Machine", (DeliveredMachine,), {"store": name})
    made.TestCase.settings = settings(max_examples=examples(most), stateful_step_count=12, deadline=None)
    return made


TestSqlite = machine("sqlite", 25).TestCase
TestMongo = machine("mongo", 8).TestCase
