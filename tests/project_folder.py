"""A project in a temporary folder, driven as the command line drives it: for tests of whole runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from engines import own_settings, settings_of

from jobpipe.definition.project import find_project
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Role, Selection, StateRow, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.workspace import Workspace, open_workspace

DEFINITION = """\
import: offers
source:
  feed: feed.xml
  record: offer
posting:
  reference: "@id"
  title: title
  description: text
"""
# An import of a client, as far as tests of what people decide agree: each says the rest of the posting.
CLIENT_DEFINITION = """\
import: offers
client: Acme
source:
  feed: feed.xml
  record: offer
posting:
  reference: "@id"
  title: title
"""


def xml_feed(offers: dict[str, str] | list[tuple[str, str]], *, head: str = "", tail: str = "</offers>\n") -> bytes:
    """A feed of (id, title)."""
    pairs = offers.items() if isinstance(offers, dict) else offers
    records = "".join(
        f'<offer id="{key}"><title>{title}</title><text>Texte de {title}</text></offer>\n' for key, title in pairs
    )
    return (head + "<offers>\n" + records + tail).encode()


class ProjectFolder:
    def __init__(self, root: Path, definition: str = DEFINITION) -> None:
        self.root = root
        (root / "imports").mkdir(parents=True)
        self._stores = own_settings(root)
        self.configure("")
        self.define(definition)

    def configure(self, text: str) -> None:
        """What jobpipe.yaml says besides where the stores are."""
        (self.root / "jobpipe.yaml").write_text(self._stores + text or "{}\n")

    def keep_ledger_in(self, url: str, documents: str = "") -> None:
        """From now on, whatever engines the tests run on; `documents`: the URI of theirs, "" = in a file."""
        self._stores = settings_of(url, documents)
        self.configure("")

    def keep_all_in_files(self) -> None:
        self._stores = ""
        self.configure("")

    def define(self, text: str) -> None:
        (self.root / "imports" / "offers.yaml").write_text(text)

    def open(self) -> Workspace:
        return open_workspace(find_project(self.root, {}))

    def run(self, feed: bytes | None = None, **options: Any) -> RunReport:
        """Put the feed in place (None: leave what is there) and run the import."""
        if feed is not None:
            (self.root / "feed.xml").write_bytes(feed)
        options.setdefault("progress", Progress())
        options.setdefault("stop", StopRequest())
        with self.open() as workspace:
            return run_import(workspace, "offers", **options)

    def rows(self, role: Role = Role.POSTING, status: Status | None = None, name: str = "offers") -> list[StateRow]:
        with self.open() as workspace:
            import_id = Import.objects.get(name=name).pk
            return list(workspace.documents.select(import_id, Selection(role=role, status=status)))

    def keys(self, status: Status = Status.LIVE) -> set[str]:
        return {row.key for row in self.rows(status=status)}

    def postings(self, status: Status | None = Status.LIVE, name: str = "offers") -> dict[str, dict[str, Any]]:
        with self.open() as workspace:
            import_id = Import.objects.get(name=name).pk
            bodies = workspace.documents.bodies(import_id, Selection(status=status))
            return {row.key: json.loads(unpack(body).posting or b"{}") for row, body in bodies}

    def contents(self, name: str = "offers") -> Any:
        """All that is stored, without what differs between two honest runs (numbers of rows and runs)."""
        rows = [row for role in (Role.POSTING, Role.DUPLICATE, Role.REJECTED) for row in self.rows(role, name=name)]
        kept = [
            (
                row.key,
                row.role.name,
                row.status.name,
                row.reason,
                row.digest,
                row.posting_digest,
                row.ordinal,
                row.title,
                "missing" if row.missing_since else "",
            )
            for row in rows
        ]
        postings = sorted(self.postings(None, name).items())
        return sorted(kept), {key: msgspec.json.encode(posting) for key, posting in postings}


def adds_up(report: RunReport) -> bool:
    account = report.account
    return account["read"] == sum(count for outcome, count in account.items() if outcome != "read")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
