"""Keeping house in deliveries: what goes, who compares anew for it, and whoever is behind is told all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import jobpipe
from partner import Partner
from project_folder import xml_feed

from jobpipe.errors import UsageError
from jobpipe.health.doctor import examine
from jobpipe.health.metrics import Metrics
from jobpipe.ledger.models import ChangeList, Delivery, Run
from jobpipe.runs.deliveries.change_lists import pruned_to
from jobpipe.runs.deliveries.deciding import replay_since
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.forgetting import forget, gone_destinations
from jobpipe.runs.deliveries.overview import destination_overviews
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


def test_a_file_that_was_sent_is_named_where_it_has_what_is_erased_and_the_next_one_has_it_masked(
    partner: Partner,
) -> None:
    path = partner.project.root / "destinations" / "partner.yaml"
    path.write_text("destination: partner\nto: {served: jobs.jsonl}\n")
    partner.imports({"1": "Ask Jeanne Dupont", "2": "Baker"})
    with partner.project.open() as workspace:
        state = workspace.project.state_dir
        assert deliver(workspace, "partner").state == "done"
        found = erase(workspace, ["Jeanne Dupont"], by="ana", reason="asked", dry_run=False)
        assert f"{state.name}/deliveries/partner/current/jobs.jsonl" in found.files
        assert deliver(workspace, "partner").state == "done"
        found = erase(workspace, ["Jeanne Dupont"], by="ana", reason="asked", dry_run=True)
        # What is handed out is there for a while longer, for those who have begun to fetch it.
        assert not [name for name in found.files if "/deliveries/" in name]


def test_a_changed_selection_counts_though_a_batch_was_on_its_way(partner: Partner) -> None:
    partner.imports({"1": "Mason", "2": "Baker"})
    partner.receiver.fails = lambda: "dropped"
    assert partner.deliver().state == "waiting"
    partner.describe("select: {where: \"posting.title != 'Baker'\"}\n")
    partner.receiver.fails = lambda: ""
    assert partner.deliver().state == "done"
    assert partner.receiver.titles == {"1": "Mason"}


def test_a_destination_whose_file_is_gone_is_told_until_it_is_forgotten(partner: Partner) -> None:
    partner.imports({"1": "Mason"})
    partner.deliver()
    (partner.project.root / "destinations" / "partner.yaml").rename(partner.project.root / "partner.yaml")
    with partner.project.open() as workspace:
        (known,) = destination_overviews(workspace, gone_destinations(workspace.project))
        assert (known.name, known.state, known.there) == ("partner", "gone", 1)
        said = {(one.name, one.level): one for one in examine(workspace.project)}
        assert "no destinations/partner.yaml" in said["partner", "wrong"].said
        assert "forget partner" in said["partner", "warning"].advice
    forgotten = jobpipe("-C", partner.project.root, "destinations", "forget", "partner", "--yes")
    assert (forgotten.returncode, forgotten.stdout) == (0, "partner is forgotten\n"), forgotten.stderr
    with partner.project.open() as workspace:
        assert gone_destinations(workspace.project) == [] and not Delivery.objects.exists()
        assert workspace.delivered.upkeep().destinations() == []
    # Whoever comes under its name later is new.
    (partner.project.root / "partner.yaml").rename(partner.project.root / "destinations" / "partner.yaml")
    with partner.project.open() as workspace, pytest.raises(UsageError, match="is there"):
        forget(workspace, "partner")
    assert partner.deliver().upserts == 1


def test_figures_say_what_a_destination_has_how_far_behind_it_is_and_how_it_fails(partner: Partner) -> None:
    partner.receiver.refuses = {"Wizard"}
    partner.imports({"1": "Mason", "2": "Wizard"})
    partner.deliver()
    with partner.project.open() as workspace:
        metrics = Metrics(workspace)
        figures = metrics.text().decode()
        assert 'jobpipe_destination_postings{destination="partner",standing="there"} 1.0' in figures
        assert 'jobpipe_destination_postings{destination="partner",standing="refused"} 1.0' in figures
        assert 'jobpipe_destination_lists_behind{destination="partner"} 0.0' in figures
        assert "jobpipe_destination_seconds_since_success{" in figures
    partner.receiver.fails = lambda: "unreached"
    partner.imports({"1": "Mason", "2": "Witch", "3": "Baker"})
    partner.deliver()
    with partner.project.open() as workspace:
        figures = Metrics(workspace).text().decode()
        assert 'jobpipe_destinations{state="down"} 1.0' in figures
        assert 'jobpipe_destination_lists_behind{destination="partner"} 1.0' in figures
        assert 'jobpipe_destination_failures{destination="partner"} 1.0' in figures
    status = jobpipe("-C", partner.project.root, "status")
    assert "1 destination: 1 down" in status.stdout and "no connection" in status.stdout, status.stdout


def test_a_secret_that_is_not_set_is_found_before_anything_is_delivered(partner: Partner) -> None:
    partner.describe("")
    path = partner.project.root / "destinations" / "partner.yaml"
    path.write_text(path.read_text().replace("postings}", "postings, secret: '${PARTNERS_SECRET}'}"))
    with partner.project.open() as workspace:
        (found,) = [one for one in examine(workspace.project) if one.name == "partner"]
    assert found.level == "wrong" and "PARTNERS_SECRET" in found.said


def test_a_run_by_hand_ends_with_who_waits_for_what_it_brought(partner: Partner) -> None:
    (partner.project.root / "feed.xml").write_bytes(xml_feed({"1": "Mason"}))
    ran = jobpipe("-C", partner.project.root, "run", "offers", "--workers", "0")
    assert ran.stderr.rstrip().endswith("1 destination gets the changes: jobpipe deliver"), ran.stderr
