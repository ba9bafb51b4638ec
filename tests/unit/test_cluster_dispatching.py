"""Whose turn it is on a cluster: rows of a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cluster_servers import ClusterProject
from django.utils import timezone

from jobpipe.cluster import dispatching
from jobpipe.cluster.dispatching import MOST_SITTINGS, Taken, claim, give_back, server_time
from jobpipe.cluster.member import become_member_in
from jobpipe.cluster.scheduling import request_through
from jobpipe.ledger import leases
from jobpipe.ledger.models import Dispatch, Import, Lease, Run, ScheduledImport
from jobpipe.runs.requesting import request_of_cluster as request
from jobpipe.runs.scheduling.timetable import Timetable
from jobpipe.runs.scheduling.written import WrittenSchedules

DEFINITION = """\
import: {name}
client: {client}
source: {{feed: feed.xml, record: offer}}
posting: {{reference: "@id", title: title}}
"""


@pytest.fixture
def project(tmp_path: Path) -> ClusterProject:
    return ClusterProject(tmp_path / "project", broker="amqp://guest@127.0.0.1:1/none", runs_per_client=2, long_run=60)


def wants(project: ClusterProject, name: str, *, client: str = "", takes: float = 0.0, waits: float = 0.0) -> None:
    (project.root / "imports" / f"{name}.yaml").write_text(DEFINITION.format(name=name, client=client or name))
    member = become_member_in(str(project.root))
    request(member.project, name)
    row = Dispatch.objects.filter(import_row__name=name)
    row.update(expected_seconds=takes, requested_at=server_time() - timedelta(seconds=waits))


def next_one(*, may_be_long: bool = True, queue: str = "fetch") -> str:
    taken = claim(queue, "here", may_be_long=lambda: may_be_long)
    return taken.name if taken is not None else ""


def test_small_imports_pass_large_ones(project: ClusterProject) -> None:
    wants(project, "large", takes=7_200)
    wants(project, "small", takes=2)
    assert [next_one(), next_one(), next_one()] == ["small", "large", ""]


def test_who_has_waited_long_enough_passes_small_ones(project: ClusterProject) -> None:
    wants(project, "large", takes=600, waits=1_000)
    wants(project, "small", takes=2)
    assert next_one() == "large"


def test_a_client_with_many_imports_does_not_keep_another_waiting(project: ClusterProject) -> None:
    for number in range(4):
        wants(project, f"many-{number}", client="Many")
    wants(project, "single", client="Single", takes=30)
    assert {next_one(), next_one()} == {"many-0", "single"}


def test_a_client_never_has_more_runs_than_its_quota(project: ClusterProject) -> None:
    for number in range(3):
        wants(project, f"many-{number}", client="Many")
    assert next_one() and next_one()
    assert next_one() == ""
    Dispatch.objects.filter(import_row__name="many-0").delete()
    assert next_one() == "many-2"


def test_long_runs_leave_places_to_short_ones(project: ClusterProject) -> None:
    wants(project, "long", takes=7_200, waits=10_000)
    wants(project, "short", takes=2)
    assert next_one(may_be_long=False) == "short"
    assert next_one(may_be_long=False) == ""
    assert next_one(may_be_long=True) == "long"


def test_each_queue_has_its_own(project: ClusterProject) -> None:
    wants(project, "feed")
    assert next_one(queue="crawl") == ""
    assert next_one(queue="fetch") == "feed"


def test_an_import_that_waits_or_runs_is_not_asked_for_twice(project: ClusterProject) -> None:
    wants(project, "one")
    again = request(become_member_in(str(project.root)).project, "one")
    assert again.was_there
    assert Run.objects.count() == 1


def test_who_holds_the_lease_keeps_the_run_and_who_is_gone_does_not(project: ClusterProject) -> None:
    wants(project, "one")
    taken = claim("fetch", "here", may_be_long=lambda: True)
    assert taken is not None and next_one() == ""
    owner = Import.objects.get(name="one")
    leases.take(owner.pk, "elsewhere:1:2:3", 30.0)
    Dispatch.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    assert next_one() == ""
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert next_one() == "one"


def test_a_run_that_was_handed_back_waits_and_one_that_is_over_is_forgotten(project: ClusterProject) -> None:
    wants(project, "one")
    taken = claim("fetch", "here", may_be_long=lambda: True)
    assert isinstance(taken, Taken)
    give_back(taken.dispatch, taken.sitting)
    assert next_one() == "one"
    Run.objects.update(state="succeeded")
    give_back(taken.dispatch, taken.sitting)
    assert not Dispatch.objects.exists()


def test_a_run_whose_conductor_always_dies_is_given_up_with_words(project: ClusterProject) -> None:
    wants(project, "one")
    Dispatch.objects.update(sittings=MOST_SITTINGS - 1)
    taken = claim("fetch", "here", may_be_long=lambda: True)
    assert taken is not None
    give_back(taken.dispatch, taken.sitting)
    run = Run.objects.get()
    assert run.state == "failed" and "given up" in run.error
    assert dispatching.waiting_in("fetch") == 0


def test_what_is_due_waits_for_a_worker_and_an_invalid_definition_fails_its_run(project: ClusterProject) -> None:
    (project.root / "imports" / "due.yaml").write_text(
        DEFINITION.format(name="due", client="x") + "schedule: '@daily'\n"
    )
    (project.root / "imports" / "wrong.yaml").write_text("import: wrong\n")
    member = become_member_in(str(project.root))
    table = Timetable(WrittenSchedules(project.root), server_time, request_through(member.project))
    table.tick()
    past = server_time() - timedelta(hours=1)
    row = ScheduledImport.objects.get(import_row__name="wrong")
    row.schedule, row.zone, row.next_due = "@daily", "UTC", past
    row.save()
    ScheduledImport.objects.filter(import_row__name="due").update(next_due=past)
    assert sorted(table.tick().asked) == ["due", "wrong"]
    assert next_one() == "due"
    assert next_one() == ""
    failed = Run.objects.get(import_row__name="wrong")
    assert failed.state == "failed" and "source" in failed.error
    assert table.tick().asked == []
