"""A project with an import of each of two clients, and one of everything that pages are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from planning import working
from project_folder import ProjectFolder

from jobpipe.definition.project import find_project
from jobpipe.ledger.models import Import, Incident, Plan, Run
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.mappings.deciding import Decision
from jobpipe.runs.mappings.deciding import decide as decide_labels
from jobpipe.runs.overrides.deciding import RuleDecision
from jobpipe.runs.overrides.deciding import decide as decide_rules
from jobpipe.runs.plans.making import make_plan
from jobpipe.runs.preparing import Change
from jobpipe.runs.progress import Progress
from jobpipe.runs.workspace import Workspace, open_workspace

# Import -> its client.
CLIENTS = {"acme-jobs": "Acme", "bolt-jobs": "Bolt"}
_SETTINGS = """\
people:
  ines: {mail: ines@example.com}
owners: {mapping: ines}
"""
_DEFINITION = """\
import: %(name)s
client: %(client)s
source:
  feed: %(name)s.xml
  record: offer
posting:
  reference: "@id"
  title: title
  company: company
  description: [text, sanitize_html]
  category: {from: function, map: functions}
  url: url
require: [title]
deliver: partner
"""
_PARTNER = "destination: partner\nto: {file: out/jobs.jsonl}\nformat: jsonl\n"


@dataclass(frozen=True)
class TwoClients:
    root: Path
    workspace: Workspace

    def run(self, name: str) -> int:
        """The last one, which is held."""
        return Run.objects.filter(import_row__name=name).latest("pk").pk

    def first_run(self, name: str) -> int:
        return Run.objects.filter(import_row__name=name).earliest("pk").pk

    def incident(self, name: str) -> int:
        return Incident.objects.filter(import_name=name).earliest("pk").pk

    def plan(self, name: str) -> int:
        return Plan.objects.get(import_row__name=name).pk

    def import_id(self, name: str) -> int:
        return Import.objects.get(name=name).pk


@contextmanager
def two_clients(root: Path, *, mark: str = "", extra: str = "") -> Iterator[TwoClients]:
    """`mark`: stands in every text that a source says; `extra`: further lines of each definition."""
    _write(root, extra)
    with open_workspace(find_project(root, {})) as workspace:
        for name, client in CLIENTS.items():
            for feed in _feeds(name, mark):
                (root / f"{name}.xml").write_bytes(feed)
                run_import(workspace, name, progress=Progress(), stop=StopRequest(), workers=0)
            cook = Decision(table="functions", label="Cook", value="F1", scope="client", owner=client)
            decide_labels(workspace, [cook], by="ines")
            rule = RuleDecision(scope="client", owner=client, rule='drop when posting.title == "Clown"')
            decide_rules(workspace, [rule], by="ines")
            text = (
                (root / "imports" / f"{name}.yaml").read_text().replace("url: url", "url: url\n  language: {value: en}")
            )
            make_plan(workspace, name, Change((text, "new.yaml")), by="ines", working=working())
        deliver(workspace, "partner", at_once=True)
        yield TwoClients(root, workspace)


def _write(root: Path, extra: str) -> None:
    folder = ProjectFolder(root)
    folder.configure(_SETTINGS)
    (root / "imports" / "offers.yaml").unlink()
    for name, client in CLIENTS.items():
        text = _DEFINITION % {"name": name, "client": client}
        (root / "imports" / f"{name}.yaml").write_text(text + extra)
    for sub in ("destinations", "out"):
        (root / sub).mkdir()
    (root / "destinations" / "partner.yaml").write_text(_PARTNER)


def _feeds(name: str, mark: str) -> Iterator[bytes]:
    """Ten offers and one that is refused; one new, one other; seven gone, which is held."""
    everything = {str(number): f"Job {number}" for number in range(10)}
    yield _feed(name, mark, {**everything, "bad": ""})
    yield _feed(name, mark, {**everything, "0": "Other job", "new": "New job", "bad": ""})
    yield _feed(name, mark, {key: everything[key] for key in ("1", "2", "3")})


def _feed(name: str, mark: str, titles: dict[str, str]) -> bytes:
    offers = []
    for number, (key, title) in enumerate(titles.items()):
        said = escape(mark, quote=True)
        function = "Cook" if number % 2 else f"Odd job{said}"
        key_said = escape(f"{name} {key}{mark}" if number == 1 else f"{name}-{key}", quote=True)
        offers.append(
            f'<offer id="{key_said}"><title>{title and title + said}</title><company>{name}{said}</company>'
            f"<text>{escape('<p>To be done</p>')}{said}</text><function>{function}</function>"
            f"<url>https://example.com/{name}/{key}?{said}</url></offer>\n"
        )
    return ("<offers>\n" + "".join(offers) + "</offers>\n").encode()
