"""`jobpipe serve` delivers by itself what its runs bring; whoever hangs delays nobody, and a kill loses nothing."""

from __future__ import annotations

from pathlib import Path

from partner import FEEDING
from processes import kill_family
from project_folder import ProjectFolder, xml_feed
from receiving_server import ReceivingServer
from serve_process import ServeProcess, wait_until

from jobpipe.ledger.models import Delivery, DeliveryState, Import, Run, RunState

MANY = {f"k{number}": f"Job {number}" for number in range(120)}


def test_what_is_run_is_delivered_once_though_one_hangs_and_serve_is_killed_and_one_comes_later(tmp_path: Path) -> None:
    feeding = FEEDING.replace("partner", "[partner, deaf, later]") + "schedule: '@yearly'\n"
    project = ProjectFolder(tmp_path / "project", feeding)
    project.keep_all_in_files()
    (project.root / "destinations").mkdir()
    with ReceivingServer() as partner, ReceivingServer() as deaf, ReceivingServer() as later, project.open():
        deaf.answers.clear()
        for name, server in (("partner", partner), ("deaf", deaf)):
            add_destination(project, name, server)
        ask_for_run(project, MANY)
        with ServeProcess(project.root) as serve:
            wait_until(lambda: len(partner.titles) == len(MANY) and deaf.requests == 1, "not delivered")
            add_destination(project, "later", later)
            wait_until(lambda: len(later.titles) == len(MANY), "the new destination was not found")
            wait_until(lambda: not waiting(), "the deliveries did not end")
            partner.answers.clear()
            ask_for_run(project, {**MANY, "k1": "Mason"})
            # Received, and not yet answered.
            wait_until(lambda: partner.titles["k1"] == "Mason" and later.titles["k1"] == "Mason", "not delivered")
            kill_family(serve.pid)
        partner.answers.set()
        ask_for_run(project, {**MANY, "k1": "Baker"})
        with ServeProcess(project.root) as serve:
            wait_until(lambda: partner.titles["k1"] == later.titles["k1"] == "Baker", "not delivered")
            wait_until(lambda: not waiting(), "the deliveries did not end")
            deaf.answers.set()
            wait_until(lambda: len(deaf.titles) == len(MANY) and deaf.titles["k1"] == "Baker", "it did not catch up")
            assert serve.end() == 0
        assert partner.again >= 1
        for server in (partner, later, deaf):
            assert len(server.done) == len(set(server.done))
            assert server.done == sorted(server.done, key=lambda change: change[1])
        assert len(partner.done) == len(MANY) + 2


def add_destination(project: ProjectFolder, name: str, server: ReceivingServer) -> None:
    text = f"destination: {name}\nto: {{http: '{server.url}'}}\nbatch: 50\n"
    (project.root / "destinations" / f"{name}.yaml").write_text(text)


def ask_for_run(project: ProjectFolder, offers: dict[str, str]) -> None:
    (project.root / "feed.xml").write_bytes(xml_feed(offers))
    owner, _ = Import.objects.get_or_create(name="offers")
    Run.objects.create(
        import_row=owner, state=RunState.QUEUED, started_at="2026-11-29T12:00Z", revision="", definition=""
    )


def waiting() -> bool:
    """Whether a batch is on its way to one that answers."""
    return Delivery.objects.filter(state=DeliveryState.PREPARED).exclude(destination__name="deaf").exists()
