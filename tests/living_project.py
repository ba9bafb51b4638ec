"""The demo's project with a second client, a partner and people of each role: for tests in a browser, and pictures."""

from __future__ import annotations

import importlib
import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from serve_process import ServeProcess
from two_clients import TwoClients
from web_addresses import Place, Who, page_of
from web_client import PASSWORD, logged_in

from jobpipe.definition.project import find_project
from jobpipe.ledger.models import Account, AccountRole, ApiToken
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
from jobpipe.web import project as shown_project
from jobpipe.web.audit import note_of
from jobpipe.web.drafts import save_draft
from jobpipe.web.first_definition import Asked, first_draft
from jobpipe.web.making_accounts import make_account
from jobpipe.web.proposals import Proposal
from jobpipe.web.rights import Right
from jobpipe.web.routes import ROUTES, Route
from jobpipe.web.settings import configure

DEMO = Path(__file__).parent.parent / "demo"
BOARD, CLIENT = "board", "A job board"
# Whose records have labels that nobody has given a meaning.
WORDY = "Bolt"
LABELS = [
    f"{word} {more}"
    for more in ("de gestion", "publique", "et conseil", "du quotidien", "à domicile")
    for word in ("Informatique", "Comptabilité", "Santé", "Restauration")
]
# Name of an account -> its role and clients.
PEOPLE = {
    "ann-admin": (AccountRole.ADMIN, ()),
    "ann-developer": (AccountRole.DEVELOPER, ()),
    "ann-operator": (AccountRole.OPERATOR, ()),
    "ann-manager": (AccountRole.ACCOUNT_MANAGER, (CLIENT,)),
    "ann-client": (AccountRole.CLIENT, (CLIENT,)),
    "anne-client": (AccountRole.CLIENT, (CLIENT,)),
    "bob-manager": (AccountRole.ACCOUNT_MANAGER, (WORDY,)),
}
# Who reads French.
FRENCH = ("anne-client",)
_SETTINGS = """\
people:
  ines: {mail: ines@example.com}
owners: {mapping: ines, source: ines}
"""
_SMALL = """\
import: %s
client: Acme
schedule: every 4h
source: {feed: %s.xml, record: offer}
posting: {reference: "@id", title: title, company: {value: Acme}}
"""
_OF_WORDS = """\
import: bolt-jobs
client: Bolt
source: {feed: bolt-jobs.xml, record: offer}
posting: {reference: "@id", title: title, company: {value: Bolt}, category: {from: function, map: functions}}
"""
# Pages that are about something else than the demo's import: a new one, whose draft has questions.
_ELSEWHERE = {"draft_answers.answers": "/imports/drafted/definition/answers"}
_OFFERS = [
    {
        "nr": f"A-{number}",
        "bezeichnung": title,
        "wo": town,
        "parution": f"0{number + 3}/04/2026",
        "text": f"<p>Sie arbeiten als {title} in {town} in einem kleinen Team, an fünf Tagen in der Woche.</p>",
    }
    for number, (title, town) in enumerate([("Koch", "Berlin"), ("Maurer", "Hamburg"), ("Bäcker", "Köln")])
]
_PARTNER = "destination: partner\nto: {file: out/jobs.xml}\nformat: indeed\n"
# Of the demo's table: they are to be mapped.
_NOT_MAPPED = ("Commerce", "Industrie", "Bâtiment")


@dataclass(frozen=True)
class Living:
    url: str
    # Name of an account -> of the pages that it may see, the name of the route and the address.
    pages: dict[str, dict[str, str]]

    @property
    def addresses(self) -> dict[str, list[str]]:
        return {name: list(pages.values()) for name, pages in self.pages.items()}


@contextmanager
def living(
    root: Path,
    *,
    past: Callable[[Path, Workspace], None] = lambda root, workspace: None,
    day: Callable[[int], AbstractContextManager[object]] = lambda number: nullcontext(),
) -> Iterator[Living]:
    """`past`: what was before; `day`: the moment of each of its three days, else now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMO_FEED", "offres.xml")
        _write(root)
        with open_workspace(find_project(root, {"DEMO_FEED": "offres.xml"})) as workspace:
            configure(workspace.project)
            shown_project.show(workspace)
            past(root, workspace)
            _live_through(root, workspace, day)
            importlib.import_module("jobpipe.web.urls")
            pages = {name: _pages(TwoClients(root, workspace), name) for name in PEOPLE}
        with ServeProcess(root) as server:
            server.wait_for("serving")
            yield Living(f"http://127.0.0.1:{server.port}", pages)


def _write(root: Path) -> None:
    shutil.copytree(DEMO / "project", root)
    (root / "imports" / "live-board.yaml").unlink()
    (root / "jobpipe.yaml").write_text(_SETTINGS)
    board = root / "imports" / f"{BOARD}.yaml"
    board.write_text(board.read_text() + "deliver: partner\n")
    for name in ("acme-jobs", "acme-away"):
        (root / "imports" / f"{name}.yaml").write_text(_SMALL % (name, name))
    (root / "imports" / "bolt-jobs.yaml").write_text(_OF_WORDS)
    table = root / "mappings" / "functions.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(line for line in lines if not line.startswith(_NOT_MAPPED)))
    for sub in ("destinations", "out"):
        (root / sub).mkdir()
    (root / "destinations" / "partner.yaml").write_text(_PARTNER)


def _live_through(root: Path, workspace: Workspace, day: Callable[[int], AbstractContextManager[object]]) -> None:
    """Three days: on the third the export has lost three fifths of its offers, and the run is held."""
    days = _days()
    offers = "".join(f'<offer id="{number}"><title>Job {number}</title></offer>' for number in range(8))
    (root / "acme-jobs.xml").write_text(f"<offers>{offers}</offers>")
    worded = "".join(
        f'<offer id="{number}"><title>Offer {number}</title><function>{label}</function></offer>'
        for number, label in enumerate(LABELS)
    )
    (root / "bolt-jobs.xml").write_text(f"<offers>{worded}</offers>")
    run_import(workspace, "bolt-jobs", progress=Progress(), stop=StopRequest(), workers=0)
    for number in range(3):
        (root / "offres.xml").write_bytes(days[number])
        with day(number):
            for name in (BOARD, "acme-jobs", "acme-away"):
                run_import(workspace, name, progress=Progress(), stop=StopRequest(), workers=0)
            if number == 1:
                deliver(workspace, "partner", at_once=True)
    label = Decision(table="functions", label="Transport", value="logistics", scope="client", owner=CLIENT)
    decide_labels(workspace, [label], by="ann-manager")
    rule = RuleDecision(scope="client", owner=CLIENT, rule='drop when posting.contract == "internship"')
    decide_rules(workspace, [rule], by="ann-manager")
    text = (root / "imports" / f"{BOARD}.yaml").read_text().replace("value: fr", "value: en")
    make_plan(workspace, BOARD, Change((text, "new.yaml")), by="ann-developer", working=_working())
    for name, (role, clients) in PEOPLE.items():
        language = "fr" if name in FRENCH else "en"
        made = make_account(name, PASSWORD, role, clients=clients, language=language)
        ApiToken.objects.create(
            account=made, name="statistics", prefix="jp_a1b2c3", digest=name, created_at=datetime.now(UTC)
        )
        note_of(name, "login", address="127.0.0.1")
    make_account("somebody", "", AccountRole.OPERATOR)
    _draft_one(root, workspace)


def _draft_one(root: Path, workspace: Workspace) -> None:
    """A new import, whose questions are still open."""
    (root / "drafted.json").write_text(json.dumps({"jobs": _OFFERS}))
    asked = Asked(name="drafted", client="", feed="drafted.json")
    proposal = Proposal(draft=first_draft(workspace.project, asked))
    for name in ("ann-admin", "ann-developer"):
        save_draft(workspace.project, "drafted", Account.objects.get(name=name), proposal.text, proposal)


def _working() -> object:
    return importlib.import_module("planning").working(0)


def _days() -> list[bytes]:
    sys.path.insert(0, str(DEMO))
    board = importlib.import_module("board")
    sys.path.remove(str(DEMO))
    return [board.day_one(), board.day_two(), board.day_three()]


def _pages(project: TwoClients, name: str) -> dict[str, str]:
    """Those that answer this account, about the import of its client; who may see what is tried elsewhere."""
    found = Account.objects.get(name=name)
    who = Who(name, found, False, "")
    client = logged_in(found)
    pages = {
        route.name: _ELSEWHERE.get(route.name) or page_of(route, Place(project, BOARD, who))
        for route in ROUTES
        if is_page(route) and route.needs is not Right.NOBODY
    }
    refusals = logging.getLogger("django.request")
    refusals.disabled = True
    seen = {route: address for route, address in pages.items() if client.get(address).status_code == 200}
    refusals.disabled = False
    # An admin sees them all.
    assert found.role != AccountRole.ADMIN or seen.keys() == pages.keys(), pages.keys() - seen.keys()
    return seen


# Files, pictures, pieces of pages, and an address that leads on.
_NO_PAGES = (".csv", "/badge.svg", "/badge.json", "/<int:part>", "/<str:name>", "/codes", "/patch", "/<int:incident>")


def is_page(route: Route) -> bool:
    return "GET" in route.methods and not route.path.endswith(_NO_PAGES)
