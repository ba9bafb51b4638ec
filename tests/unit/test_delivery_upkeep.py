"""Keeping house in deliveries: what goes, who compares anew for it, and whoever is behind is told all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from partner import Partner

from jobpipe.errors import UsageError
from jobpipe.ledger.models import ChangeList, Delivery, Run
from jobpipe.runs.deliveries.change_lists import pruned_to
from jobpipe.runs.deliveries.deciding import replay_since
from jobpipe.runs.housekeeping.erasing import erase
from jobpipe.runs.housekeeping.pruning import prune

LONG_AFTER = datetime.now(UTC) + timedelta(days=1_000)


@pytest.fixture
def partner(tmp_path: Path) -> Partner:
    return Partner(tmp_path / "project")


def prune_all(partner: Partner, *, dry_run: bool = False) -> dict[str, int]:
    with partner.project.open() as workspace:
        return {one.what: one.count for one in prune(workspace, now=LONG_AFTER, dry_run=dry_run).freed}


def lists() -> list[int]:
    return list(ChangeList.objects.values_list("sequence", flat=True))


def test_whoever_is_further_behind_than_the_lists_that_are_kept_gets_the_net_changes_all_the_same(
    partner: Partner,
) -> None:
    partner.imports({"1": "Mason", "2": "Baker", "3": "Nurse"})
    partner.deliver()
    before = len(partner.receiver.done)
    first = partner.imports({"1": "Bricklayer", "2": "Baker", "3": "Nurse"})
    partner.imports({"1": "Bricklayer", "2": "Pastry cook", "3": "Nurse"})
    partner.imports({"1": "Bricklayer", "2": "Pastry cook", "3": "Midwife"})
    with partner.project.open():
        there = lists()
    assert prune_all(partner, dry_run=True)["lists of changes"] == len(there) - 1
    assert prune_all(partner)["lists of changes"] == len(there) - 1
    with partner.project.open() as workspace:
        # The newest stays: by it others count on.
        assert lists() == there[-1:] and pruned_to() == there[-2]
        with pytest.raises(UsageError, match="not kept any more"):
            replay_since(workspace, "partner", first)
    assert partner.deliver().upserts == 3
    assert partner.receiver.titles == {"1": "Bricklayer", "2": "Pastry cook", "3": "Midwife"}
    assert [one.key for one in partner.receiver.done[before:]] == ["1", "2", "3"]
    assert partner.deliver().deliveries == 0


def test_old_deliveries_go_but_the_last_ones_and_what_is_on_its_way(partner: Partner) -> None:
    partner.describe("batch: 1\n")
    partner.imports({str(number): f"Job {number}" for number in range(30)})
    partner.deliver()
    partner.receiver.fails = lambda: "dropped"
    partner.imports({str(number): f"Job {number}" for number in range(29)} | {"29": "Mason"})
    assert partner.deliver().state == "waiting"
    with partner.project.open():
        Delivery.objects.filter(ended_at__isnull=False).update(ended_at=datetime(2026, 1, 1, tzinfo=UTC))
        kept = set(Delivery.objects.values_list("pk", flat=True)[:20])
        assert Delivery.objects.count() == 31
    assert prune_all(partner)["deliveries"] == 11
    with partner.project.open():
        assert set(Delivery.objects.values_list("pk", flat=True)) == kept
    partner.receiver.fails = lambda: ""
    partner.deliver()
    assert partner.receiver.titles["29"] == "Mason"


def test_what_is_erased_here_is_masked_at_those_who_have_it(partner: Partner) -> None:
    partner.imports({"1": "Ask Jeanne Dupont", "2": "Baker"})
    partner.deliver()
    before = len(partner.receiver.done)
    with partner.project.open() as workspace:
        runs = Run.objects.count()
        erase(workspace, ["Jeanne Dupont"], by="ana", reason="asked", dry_run=False)
        assert Run.objects.count() == runs
    report = partner.deliver()
    assert (report.state, report.upserts) == ("done", 1)
    assert [one.key for one in partner.receiver.done[before:]] == ["1"]
    assert "Jeanne" not in str(partner.receiver.titles) and partner.receiver.titles["2"] == "Baker"


def test_a_changed_selection_counts_though_a_batch_was_on_its_way(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.receiver.fails = lambda: "dropped"
    assert partner.deliver().state == "waiting"
    partner.describe("select: {where: \"posting.title != 'Baker'\"}\n")
    partner.receiver.fails = lambda: ""
    assert partner.deliver().state == "done"
    assert partner.receiver.titles == {"1": "Mason"}
