"""What was before the pictures are taken: three days of imports that do not exist, every four hours."""

from __future__ import annotations

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.workspace import Workspace

_RUNS = 18
_EVERY = timedelta(hours=4)
# The day of the living project's first run, before now.
_DAYS = timedelta(days=2)
_TITLES = ("Nurse", "Cook", "Electrician", "Accountant", "Baker", "Driver", "Gardener", "Teacher", "Welder", "Clerk")
_TOWNS = ("Lyon", "Nantes", "Lille", "Rennes", "Dijon", "Brest", "Grenoble")
_DEFINITION = """\
import: %s
client: %s
schedule: every 4h
source: {feed: %s, record: offer}
posting: {reference: "@id", title: title, company: {value: %s}, locations: {from: town, each: place}}
"""
# Read over a slow line: its run is seen while it goes.
SLOW = "harbour-logistics"


@dataclass(frozen=True)
class _Import:
    name: str
    client: str
    offers: int
    # Offers that come and go from run to run, at most.
    stir: int
    # Minutes before now of its last run.
    last: int
    # Runs of which the source is not there.
    away: tuple[int, ...] = ()


_IMPORTS = (
    _Import("north-clinics", "North Clinics", 164, 6, 12),
    _Import("morel-bakeries", "Morel Bakeries", 48, 3, 31),
    _Import("rail-works", "Rail Works", 236, 14, 47, (5, 6)),
    _Import("school-service", "School Service", 92, 2, 58, (11,)),
)


def make_past(root: Path, workspace: Workspace, slow_feed: str) -> None:
    """`slow_feed`: the address of the one that is read over a line."""
    dice = random.Random(20)
    for one in _IMPORTS:
        _define(root, one.name, one.client, f"{one.name}.xml")
    _define(root, SLOW, "Harbour Logistics", slow_feed)
    now = datetime.now(UTC)
    stock = {one.name: list(range(one.offers)) for one in _IMPORTS}
    for number in range(_RUNS):
        for one in _IMPORTS:
            offers = stock[one.name] = _stirred(stock[one.name], one.stir, dice)
            feed = root / f"{one.name}.xml"
            if number in one.away:
                feed.unlink(missing_ok=True)
            else:
                feed.write_bytes(document(offers))
            _run(workspace, one.name, now - timedelta(minutes=one.last) - (_RUNS - 1 - number) * _EVERY)
    _run(workspace, SLOW, now - timedelta(minutes=70))


def day(number: int) -> AbstractContextManager[object]:
    """The moment of a day of the living project; the third is now."""
    return time_machine.travel(datetime.now(UTC) - _DAYS + timedelta(days=number), tick=True)


def document(offers: list[int], *, turn: int = 0) -> bytes:
    """`turn`: each moves all towns on by one."""
    made = (
        f'<offer id="{number}"><title>{_TITLES[number % 10]}</title><town>{_TOWNS[(number + turn) % 7]}</town></offer>'
        for number in offers
    )
    return ("<offers>\n" + "\n".join(made) + "\n</offers>\n").encode()


def _define(root: Path, name: str, client: str, feed: str) -> None:
    (root / "imports" / f"{name}.yaml").write_text(_DEFINITION % (name, client, feed, client))


def _stirred(offers: list[int], stir: int, dice: random.Random) -> list[int]:
    gone = set(dice.sample(offers, dice.randint(0, stir)))
    newest = max(offers) + 1
    return [number for number in offers if number not in gone] + list(range(newest, newest + dice.randint(0, stir)))


def _run(workspace: Workspace, name: str, at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        run_import(workspace, name, progress=Progress(), stop=StopRequest(), workers=0)
