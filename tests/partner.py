"""A project whose postings go to one receiver: for tests of deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from receivers import Receiver

from jobpipe.documents.delivered.store import Standing
from jobpipe.ledger.models import Destination
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.report import DeliveryReport

FEEDING = CLIENT_DEFINITION + "  description: text\ndeliver: partner\n"
PARTNER = "destination: partner\nto: {http: https://partner.example.org/postings}\n"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Partner:
    """A project whose postings go to one receiver."""

    def __init__(self, root: Path) -> None:
        self.project = ProjectFolder(root, FEEDING)
        self.receiver = Receiver()
        self.now = NOON
        self.describe("")

    def describe(self, more: str) -> None:
        folder = self.project.root / "destinations"
        folder.mkdir(exist_ok=True)
        (folder / "partner.yaml").write_text(PARTNER + more)

    def imports(self, offers: dict[str, str]) -> int:
        return self.project.run(xml_feed(offers), workers=0).run

    def deliver(self, *, at_once: bool = True) -> DeliveryReport:
        with self.project.open() as workspace:
            return deliver(
                workspace,
                "partner",
                open_way=lambda _: self.receiver,
                clock=lambda: self.now,
                at_once=at_once,
            )

    def standings(self) -> dict[str, tuple[Standing, str]]:
        with self.project.open() as workspace:
            row = Destination.objects.get(name="partner")
            found = [
                one
                for number in workspace.delivered.imports(row.pk)
                for one in workspace.delivered.walk(row.pk, number)
            ]
            return {one.key: (one.standing, one.said) for one in found}
