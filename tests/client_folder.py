"""A client with several imports in one project: for tests of what happens between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from project_folder import ProjectFolder

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, StateRow, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport

TEXT = (
    "Acme makes measuring instruments for laboratories and has done so for sixty years. You wire cabinets after a "
    "plan, test them before they leave the works, look for faults in machines that have run for years and mend them."
)
# Parts of a record, with what most have.
Job = dict[str, str]
_DEFINITION = """\
import: {name}
client: {client}
source:
  feed: {name}.xml
  record: job
posting:
  reference: "@id"
  title: title
  description: text
  company: company
  locations: {{parts: {{city: city}}}}
  valid_through: {{from: until}}
expire: {{guard: 100, misses: 1}}
"""


def job(title: str = "Fitter", city: str = "Leeds", **parts: str) -> Job:
    return {"title": title, "city": city, "company": "Acme", "text": f"{TEXT} {title}.", **parts}


class ClientFolder(ProjectFolder):
    """Imports `one`, `two` and so on, all of the client Acme."""

    def __init__(self, root: Path, *names: str) -> None:
        super().__init__(root)
        (root / "imports" / "offers.yaml").unlink()
        for name in names:
            self.define_import(name)

    def define_import(self, name: str, client: str = "Acme") -> None:
        (self.root / "imports" / f"{name}.yaml").write_text(_DEFINITION.format(name=name, client=client))

    def keep(self, policy: str) -> None:
        self.configure(f"near_duplicates: {policy}\n")

    def import_(self, name: str, jobs: dict[str, Job] | None) -> RunReport:
        """None: the feed as it is."""
        if jobs is not None:
            records = "".join(
                f'<job id="{key}">' + "".join(f"<{part}>{text}</{part}>" for part, text in one.items()) + "</job>\n"
                for key, one in jobs.items()
            )
            (self.root / f"{name}.xml").write_text(f"<jobs>\n{records}</jobs>\n")
        with self.open() as workspace:
            return run_import(workspace, name, progress=Progress(), stop=StopRequest())

    def rows_of(self, name: str) -> dict[str, StateRow]:
        with self.open() as workspace:
            import_id = Import.objects.get(name=name).pk
            return {row.key: row for row in workspace.documents.select(import_id, Selection())}

    def live(self, *names: str) -> set[str]:
        """`import/key` of all that is delivered."""
        return {
            f"{name}/{key}" for name in names for key, row in self.rows_of(name).items() if row.status is Status.LIVE
        }

    def delivered(self, name: str) -> dict[str, dict[str, Any]]:
        """By key."""
        return self._postings(name, Selection(status=Status.LIVE))

    def stored(self, name: str) -> dict[str, dict[str, Any]]:
        """The same, with what is hidden or gone."""
        return self._postings(name, Selection())

    def _postings(self, name: str, selection: Selection) -> dict[str, dict[str, Any]]:
        with self.open() as workspace:
            import_id = Import.objects.get(name=name).pk
            bodies = workspace.documents.bodies(import_id, selection)
            return {row.key: json.loads(unpack(body).posting) for row, body in bodies}
