"""The law of deliveries: whatever fails and whoever dies, a destination has what it should, once and in order."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from engines import examples
from partner import FEEDING, Partner
from project_folder import ProjectFolder, xml_feed
from receivers import Drop, Receiver, at_random

from jobpipe.destinations.ways.way import Answer, Change
from jobpipe.documents.delivered.store import Standing
from jobpipe.ledger.models import Delivery, DeliveryState, Destination
from jobpipe.runs.deliveries import changes, settling, sitting, snapshots
from jobpipe.runs.deliveries.delivering import deliver

RUNS = examples(50)


class Killed(BaseException):
    """The process died here."""


class Death:
    """Dies at one of the moments that it is asked about, now and then."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.is_on = True

    def __call__(self) -> None:
        if self.is_on and self._chance.random() < 0.15:
            raise Killed


@pytest.fixture
def death(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Death]:
    """Before and after each step between which a process may die."""
    death = Death(request.node.callspec.params["seed"])

    def around(module: object, name: str) -> None:
        step = getattr(module, name)

        def mortal(*given: object, **named: object) -> object:
            death()
            done = step(*given, **named)
            death()
            return done

        monkeypatch.setattr(module, name, mortal)

    around(changes, "settle")
    around(changes, "_created")
    around(settling, "_receipt")
    around(changes.ChangesSitting, "_acknowledge")
    around(sitting.Sitting, "save_delivery")
    around(changes.ChangesSitting, "_save_position")
    around(snapshots, "keep_books")
    around(snapshots.SnapshotSitting, "_acknowledge")
    around(snapshots.SnapshotSitting, "_keep_as_current")
    yield death


def some_offers(chance: random.Random) -> dict[str, str]:
    return {
        str(number): chance.choice(["Mason", "Baker", "Nurse", "Wizard"])
        for number in range(12)
        if chance.random() < 0.8
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_each_change_comes_once_and_in_order_and_in_the_end_all_is_there(
    tmp_path: Path, seed: int, death: Death
) -> None:
    chance = random.Random(seed)
    partner = Partner(tmp_path / "project")
    partner.describe("batch: 4\n")
    partner.project.define(FEEDING.replace("source:", "expire: {guard: 100%, misses: 1}\nsource:"))
    partner.receiver = Receiver(fails=at_random(seed, 0.3), refuses={"Wizard"}, names_guilty=bool(seed % 2))
    offers: dict[str, str] = {}
    for _ in range(RUNS):
        offers = some_offers(chance)
        partner.imports(offers)
        partner.now += timedelta(hours=2)
        # What was in memory is gone then; another process goes on some time.
        with contextlib.suppress(Killed):
            partner.deliver()
    death.is_on, partner.receiver.fails = False, lambda: ""
    for _ in range(2):
        partner.now += timedelta(hours=2)
        assert partner.deliver().state == "done"
    live = partner.project.postings()
    titles = partner.receiver.titles
    assert titles.keys() <= live.keys()
    assert {key for key in live if live[key]["title"] != "Wizard"} <= titles.keys()
    # What it refused it has as it was before, or not at all.
    assert all(live[key]["title"] in (title, "Wizard") for key, title in titles.items())
    wrong = partner.receiver.out_of_order()
    assert not wrong, [
        (c.id, c.number, c.action, c.revision, c.body[:80]) for c in partner.receiver.done if c.id == wrong[0][0]
    ]
    with partner.project.open():
        assert not Delivery.objects.filter(state=DeliveryState.PREPARED).exists()


def test_a_destination_without_keys_gets_each_change_at_least_once(tmp_path: Path) -> None:
    partner = Partner(tmp_path / "project")

    class Forgetful(Receiver):
        def send(self, batch: list[Change], idempotency_key: str) -> Answer:  # type: ignore[override]
            self.seen.clear()
            return super().send(batch, idempotency_key)

    partner.receiver = Forgetful(fails=at_random(5, 0.5))
    for number in range(6):
        partner.imports({"1": f"Title {number}"})
        partner.now += timedelta(hours=2)
        partner.deliver()
    partner.receiver.fails = lambda: ""
    partner.deliver()
    assert partner.receiver.titles == {"1": "Title 5"}


@pytest.mark.parametrize("seed", [3, 4])
def test_a_file_is_whole_and_its_books_agree_with_it_whoever_dies(tmp_path: Path, seed: int, death: Death) -> None:
    chance = random.Random(seed)
    project = ProjectFolder(
        tmp_path / "project", FEEDING.replace("source:", "expire: {guard: 100%, misses: 1}\nsource:")
    )
    (project.root / "destinations").mkdir()
    (project.root / "destinations" / "partner.yaml").write_text(
        "destination: partner\nto: {file: out/jobs.jsonl}\nguard: 100%\n"
    )
    drop = Drop(fails=at_random(seed, 0.2))
    for _ in range(examples(20)):
        project.run(xml_feed(some_offers(chance)), workers=0)
        with contextlib.suppress(Killed), project.open() as workspace:
            deliver(workspace, "partner", open_way=lambda _: drop, at_once=True)
    death.is_on, drop.fails = False, lambda: ""
    with project.open() as workspace:
        assert deliver(workspace, "partner", open_way=lambda _: drop, at_once=True).state == "done"
        row = Destination.objects.get()
        delivered = workspace.delivered
        there = {
            one.key
            for number in delivered.imports(row.pk)
            for one in delivered.walk(row.pk, number)
            if one.standing is Standing.THERE
        }
    lines = drop.files["jobs.jsonl"].decode().splitlines()
    assert len(lines) == len(there)
    assert there == project.keys()
