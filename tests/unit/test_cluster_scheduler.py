"""`jobpipe scheduler` twice, RabbitMQ and a worker: what is due is run once, whoever of the two has the duty."""

from __future__ import annotations

from pathlib import Path

from cluster_servers import ClusterProject, fall_due, wait_until, worker_of
from project_folder import DEFINITION, xml_feed
from serve_process import ServeProcess

from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Run, ScheduledImport


def test_of_two_schedulers_one_lets_an_import_run_that_is_due_and_the_other_takes_over(tmp_path: Path) -> None:
    project = ClusterProject(tmp_path / "project", DEFINITION + "schedule: '0 3 1 1 *'\n")
    (project.root / "feed.xml").write_bytes(xml_feed({"k1": "Une", "k2": "Deux"}))
    with project.open(), ServeProcess(project.root, "scheduler") as first, worker_of(project.root):
        first.wait_for("scheduling")
        with ServeProcess(project.root, "scheduler") as second:
            second.wait_for("standing by")
            fall_due()
            wait_until(lambda: ended() == ["succeeded"], what="a run of what was due")
            assert first.end() == 0
            second.wait_for("scheduling")
            assert ended() == ["succeeded"]
            fall_due()
            wait_until(lambda: ended() == ["succeeded"] * 2, what="a run of what was due under the other one")
            assert second.end() == 0
        assert not ScheduledImport.objects.filter(next_due__lt=ledger_time()).exists()
    assert project.keys() == {"k1", "k2"}


def ended() -> list[str]:
    return list(Run.objects.order_by("id").values_list("state", flat=True))
