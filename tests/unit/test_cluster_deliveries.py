"""Deliveries in a cluster: `jobpipe scheduler`, RabbitMQ, PostgreSQL, a worker, and servers of partners."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import mongo_server
from cluster_servers import ClusterProject, fall_due, wait_until, worker_of
from partner import FEEDING
from processes import family_of
from project_folder import xml_feed
from receiving_server import ReceivingServer
from serve_process import ServeProcess

from jobpipe.ledger.models import Delivery, DeliveryState, Destination, DutyLease

MANY = {f"k{number}": f"Job {number}" for number in range(300)}


def test_whoever_is_due_gets_its_changes_once_though_its_process_is_killed_and_another_one_hangs(
    tmp_path: Path,
) -> None:
    root = tmp_path / "project"
    project = ClusterProject(
        root,
        FEEDING.replace("partner", "[partner, deaf]") + "schedule: '0 3 1 1 *'\n",
        documents=mongo_server.documents_uri(root),
    )
    with ReceivingServer() as partner, ReceivingServer() as deaf:
        deaf.answers.clear()
        partner.answers.clear()
        (root / "destinations").mkdir()
        for name, server in (("partner", partner), ("deaf", deaf)):
            text = f"destination: {name}\nto: {{http: '{server.url}'}}\nbatch: 100\n"
            (root / "destinations" / f"{name}.yaml").write_text(text)
        with project.open(), ServeProcess(root, "scheduler"), worker_of(root, conductors=1) as worker:
            (root / "feed.xml").write_bytes(xml_feed(MANY))
            fall_due()
            wait_until(lambda: bool(partner.requests and deaf.requests), what="a batch on its way to both")
            kill_delivery(worker.pid, "partner")
            partner.answers.set()
            wait_until(lambda: len(partner.titles) == len(MANY), what="the delivery of all")
            wait_until(lambda: not waits("partner"), what="the end of the delivery")
            assert partner.again == 100
            # The one that hangs holds up neither the next run nor what it brings to the other.
            (root / "feed.xml").write_bytes(xml_feed({**MANY, "k1": "Mason"}))
            fall_due()
            wait_until(lambda: partner.titles["k1"] == "Mason" and not waits("partner"), what="the change")
            assert deaf.requests == 1
    assert sorted(partner.done) == sorted([*((f"offers/{key}", 1) for key in MANY), ("offers/k1", 2)])


def waits(name: str) -> bool:
    row = Destination.objects.get(name=name)
    return bool(row.sweep) or Delivery.objects.filter(destination=row, state=DeliveryState.PREPARED).exists()


def kill_delivery(worker: int, name: str) -> None:
    """The process that has the destination, by the mark that it left with its duty."""
    duty = DutyLease.objects.get(duty=f"deliver-{Destination.objects.get(name=name).pk}")
    pid = next(pid for pid in family_of(worker) if f":{pid}:" in duty.holder)
    os.kill(pid, signal.SIGKILL)
