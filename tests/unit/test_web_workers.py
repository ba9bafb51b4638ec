"""The page of workers: who has what in hand, and what waits, on one machine and in a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, Dispatch, DutyLease, Import, Lease, Run, RunState
from jobpipe.runs import working
from jobpipe.runs.file_lock import held
from jobpipe.runs.lease import lock_of
from jobpipe.runs.requesting import queue_run
from jobpipe.runs.scheduling.duty import on_duty
from jobpipe.runs.working import work_now
from jobpipe.runs.workspace import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Workspace]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason"}), workers=0)
    with shown(folder) as workspace:
        yield workspace


def run_that_goes() -> Run:
    return Run.objects.create(
        import_row=Import.objects.get(name="offers"), started_at=datetime.now(UTC), revision="0", definition=""
    )


def page() -> str:
    return logged_in(account()).get("/workers/").content.decode()


def test_it_is_said_where_nobody_schedules(project: Workspace) -> None:
    assert "Nobody schedules." in page() and "<code>jobpipe serve</code>" in page()


def test_a_lock_of_this_machine_says_who_has_a_run(project: Workspace) -> None:
    run = run_that_goes()
    queue_run(run.import_row)
    with on_duty(project.locks), held(lock_of(project.locks, "offers")):
        work = work_now(project, datetime.now(UTC))
        seen = page()
    assert work.scheduler is not None and work.scheduler.process.startswith("number ")
    (one,) = work.runs
    assert one.run == run and one.holder is not None and one.holder.since is not None
    assert (work.queues[0].name, work.queues[0].number) == ("runs", 1)
    assert "Nobody schedules." not in seen and f'href="/runs/{run.pk}/"' in seen


def test_a_run_that_nobody_has_is_shown_as_such(project: Workspace) -> None:
    run_that_goes()
    (one,) = work_now(project, datetime.now(UTC)).runs
    assert one.holder is None
    assert "it is taken up with the next look" in page()


def test_leases_of_a_cluster_say_it_with_their_last_sign(project: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "is_shared", lambda: True)
    now = datetime.now(UTC)
    run, waits = run_that_goes(), Import.objects.create(name="waits", client="Acme")
    asked = Run.objects.create(import_row=waits, state=RunState.QUEUED, started_at=now, revision="", definition="")
    Lease.objects.create(import_row=run.import_row, holder="far:17:1:w", fence=2, until=now + timedelta(seconds=25))
    Dispatch.objects.create(
        import_row=run.import_row, run=run, queue="fetch", requested_at=now, claimed_at=now, sittings=2
    )
    Dispatch.objects.create(import_row=waits, run=asked, queue="crawl", requested_at=now - timedelta(hours=1))
    DutyLease.objects.create(duty="scheduling", holder="near:5:1:w", fence=1, until=now + timedelta(seconds=15))
    work = work_now(project, now)
    assert work.scheduler is not None
    assert work.scheduler.process == "number 5 on near" and work.scheduler.last_sign == now - timedelta(seconds=5)
    (one,) = work.runs
    assert one.holder is not None and one.holder.process == "number 17 on far" and one.sittings == 2
    assert one.holder.last_sign == now - timedelta(seconds=5)
    counted = {queue.name: (queue.number, queue.oldest) for queue in work.queues}
    assert counted["fetch"] == (0, None) and counted["crawl"] == (1, now - timedelta(hours=1))
    Lease.objects.update(until=now - timedelta(seconds=1))
    assert work_now(project, now).runs[0].holder is None


def test_only_those_who_see_all_clients_see_it(project: Workspace) -> None:
    assert logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme")).get("/workers/").status_code == 404
    assert logged_in(account(AccountRole.DEVELOPER)).get("/workers/").status_code == 200
