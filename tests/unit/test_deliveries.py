"""Changes reach a destination: the net difference, once, in order, whatever fails."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from partner import FEEDING, NOON, Partner

from jobpipe.documents.delivered.store import Standing
from jobpipe.ledger.models import ChangeList, Delivery, DeliveryState, Incident
from jobpipe.runs.deliveries.deciding import replay_all, replay_since, resync, retry_refused


@pytest.fixture
def partner(tmp_path: Path) -> Partner:
    return Partner(tmp_path / "project")


def test_a_new_destination_gets_all_there_is_and_then_only_what_changes(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker", "3": "Nurse"})
    first = partner.deliver()
    assert (first.state, first.upserts, first.removals) == ("done", 3, 0)
    assert partner.receiver.titles == {"1": "Mason", "2": "Baker", "3": "Nurse"}
    partner.imports({"1": "Mason", "2": "Pastry cook", "4": "Cook", "3": "Nurse"})
    second = partner.deliver()
    assert (second.upserts, second.removals) == (2, 0)
    partner.imports({"1": "Mason", "2": "Pastry cook", "4": "Cook"})
    third = partner.deliver()
    assert (third.upserts, third.removals) == (0, 1)
    assert partner.receiver.titles == {"1": "Mason", "2": "Pastry cook", "4": "Cook"}
    requests = partner.receiver.requests
    assert partner.deliver().deliveries == 0
    assert partner.receiver.requests == requests


def test_whoever_was_away_gets_the_net_changes_only(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.deliver()
    before = len(partner.receiver.done)
    partner.receiver.fails = lambda: "unreached"
    for hour, offers in enumerate(
        [{"1": "a", "2": "Baker", "3": "x"}, {"1": "b", "2": "c"}, {"1": "c", "2": "Baker"}] * 8
    ):
        partner.now = NOON + timedelta(hours=hour)
        partner.imports(offers)
        assert partner.deliver(at_once=False).state == "waiting"
    partner.receiver.fails = lambda: ""
    partner.now = NOON + timedelta(hours=25)
    assert partner.deliver(at_once=False).state == "done"
    changes = partner.receiver.done[before:]
    assert [(change.key, change.action) for change in changes] == [("1", "upsert")]
    assert partner.receiver.titles == {"1": "c", "2": "Baker"}


def test_what_may_have_been_received_is_sent_again_with_its_keys_before_anything_else(partner: Partner) -> None:
    partner.imports({"1": "Mason"})
    partner.receiver.fails = lambda: "dropped"
    assert partner.deliver().state == "waiting"
    partner.imports({"1": "Bricklayer"})
    partner.receiver.fails = lambda: ""
    partner.deliver()
    assert [(change.number, change.body[:0]) for change in partner.receiver.done] == [(1, b""), (2, b"")]
    assert partner.receiver.titles == {"1": "Bricklayer"}
    assert partner.receiver.out_of_order() == []


def test_a_posting_that_comes_back_as_it_was_is_another_change(partner: Partner) -> None:
    several = {str(number): "Baker" for number in range(9)}
    for offers in ({**several, "x": "Mason"}, several, {**several, "x": "Mason"}):
        partner.imports(offers)
        partner.deliver()
    of_x = [change for change in partner.receiver.done if change.key == "x"]
    assert [(change.action, change.number) for change in of_x] == [("upsert", 1), ("remove", 2), ("upsert", 3)]
    assert len({change.idempotency_key for change in of_x}) == 3


def test_one_refused_posting_holds_up_nobody_and_is_an_incident_that_ends_with_it(partner: Partner) -> None:
    partner.receiver.refuses = {"Wizard"}
    partner.imports({"1": "Mason", "2": "Wizard", "3": "Baker"})
    report = partner.deliver()
    assert (report.state, report.upserts, report.refused) == ("done", 2, 1)
    assert partner.standings()["2"][0] is Standing.REFUSED
    with partner.project.open():
        incident = Incident.objects.get(kind="delivery-refused")
        assert incident.import_name == "offers"
        assert "not this title" in incident.message
    # It is not sent again and again.
    assert partner.deliver().deliveries == 0
    partner.imports({"1": "Mason", "2": "Witch", "3": "Baker"})
    partner.deliver()
    assert partner.receiver.titles["2"] == "Witch"
    with partner.project.open():
        assert Incident.objects.get(kind="delivery-refused").state == "resolved"


def test_a_batch_that_is_refused_as_a_whole_is_halved_until_the_guilty_one_is_found(partner: Partner) -> None:
    partner.receiver.refuses, partner.receiver.names_guilty = {"Wizard"}, False
    partner.imports({str(number): "Wizard" if number == 11 else f"Job {number}" for number in range(20)})
    report = partner.deliver()
    assert (report.upserts, report.refused) == (19, 1)
    assert partner.standings()["11"] == (Standing.REFUSED, "one of them is wrong")


def test_what_was_refused_is_sent_again_when_a_person_says_so(partner: Partner) -> None:
    partner.receiver.refuses = {"Wizard"}
    partner.imports({"1": "Wizard", "2": "Mason"})
    partner.deliver()
    partner.receiver.refuses = set()
    with partner.project.open() as workspace:
        assert retry_refused(workspace, "partner") == 1
    assert partner.deliver().upserts == 1
    assert partner.receiver.titles == {"1": "Wizard", "2": "Mason"}


def test_a_changed_selection_withdraws_what_leaves_it(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.deliver()
    partner.describe("select: {where: \"posting.title != 'Baker'\"}\n")
    report = partner.deliver()
    assert (report.upserts, report.removals) == (0, 1)
    assert partner.receiver.titles == {"1": "Mason"}


def test_an_import_that_names_the_destination_no_more_is_withdrawn(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.deliver()
    partner.project.define(FEEDING.replace("deliver: partner", "deliver: []"))
    assert partner.deliver().removals == 2
    assert partner.receiver.titles == {}


def test_what_would_be_refused_is_held_back_with_its_reason_and_withdrawn_where_it_was(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.deliver()
    partner.describe("require: [url]\n")
    report = partner.deliver()
    assert (report.removals, report.held_back) == (2, 2)
    assert {standing for standing, _ in partner.standings().values()} == {Standing.HELD}
    assert all("url" in said for _, said in partner.standings().values())
    with partner.project.open():
        incident = Incident.objects.get(kind="held-back-source")
        assert (incident.state, incident.count) == ("open", 2)
    partner.describe("")
    assert partner.deliver().upserts == 2
    with partner.project.open():
        assert Incident.objects.get(kind="held-back-source").state == "resolved"


def test_a_destination_that_takes_so_many_gets_no_more_and_is_filled_up_again(partner: Partner) -> None:
    partner.describe("limit: 3\n")
    offers = {str(number): f"Job {number}" for number in range(9)}
    partner.imports(offers)
    partner.deliver()
    assert len(partner.receiver.titles) == 3
    del offers["0"]
    partner.imports(offers)
    partner.deliver()
    assert len(partner.receiver.titles) == 3
    assert "0" not in partner.receiver.titles


def test_a_resync_does_not_double_and_a_replay_sends_again(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.deliver()
    with partner.project.open() as workspace:
        resync(workspace, "partner")
    assert partner.deliver().deliveries == 0
    partner.receiver.postings.clear()
    with partner.project.open() as workspace:
        replay_all(workspace, "partner")
    assert partner.deliver().upserts == 2
    assert partner.receiver.titles == {"1": "Mason", "2": "Baker"}
    run = partner.imports({"1": "Mason", "2": "Pastry cook"})
    partner.deliver()
    with partner.project.open() as workspace:
        assert replay_since(workspace, "partner", run) == 1
    assert partner.deliver().upserts == 1
    assert partner.deliver().deliveries == 0


def test_a_destination_that_fails_is_left_alone_longer_each_time_and_then_told(partner: Partner) -> None:
    partner.imports({"1": "Mason"})
    partner.receiver.fails = lambda: "unreached"
    waits = []
    for _ in range(4):
        report = partner.deliver(at_once=False)
        assert report.next_try is not None
        waits.append(report.next_try - partner.now)
        requests = partner.receiver.requests
        assert partner.deliver(at_once=False).state == "waiting"
        assert partner.receiver.requests == requests
        partner.now = report.next_try
    assert waits == sorted(waits)
    with partner.project.open():
        assert Incident.objects.get(kind="destination-down").state == "open"
    partner.receiver.fails = lambda: ""
    partner.deliver(at_once=False)
    with partner.project.open():
        assert Incident.objects.get(kind="destination-down").state == "resolved"


def test_a_source_without_a_change_leaves_no_list_of_changes(partner: Partner) -> None:
    partner.imports({"1": "Mason"})
    partner.imports({"1": "Mason"})
    with partner.project.open():
        assert ChangeList.objects.count() == 1


def test_a_delivery_that_is_over_keeps_no_postings(partner: Partner) -> None:
    partner.imports({"1": "Mason"})
    partner.deliver()
    with partner.project.open():
        delivery = Delivery.objects.get()
        assert (delivery.state, bytes(delivery.payload), delivery.upserts) == (DeliveryState.ACKNOWLEDGED, b"", 1)
