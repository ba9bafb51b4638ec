"""`make chaos`: imports, exports and decisions are killed at random moments, on one machine, day after day.

Two projects read the same sources.  Nothing disturbs the one; what the other does is killed and begun again, until it
is done.  After each import the documents, the account and the export of both must be the same, to the last row and
byte.  What is killed: the whole command with its workers (SIGKILL), its main process alone, one worker process, or it
is asked to end (SIGTERM, SIGINT).

    python tests/chaos.py --kills 200 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chaos_sources import Sources
from processes import family_of, marked
from project_folder import ProjectFolder
from same_stored import account_of, difference
from started_ahead import Command, Starter

from jobpipe.ledger.models import Run, RunKind, RunState
from jobpipe.runs.history import SUPERSEDED
from jobpipe.runs.report import report_of

# Jobs of an import on its first day.
SIZE = 500
# What is killed how often, in proportion.
WEIGHTS = {"all at once": 6, "the main process": 4, "a worker": 4, "SIGTERM": 1, "SIGINT": 1}
# Where a run is to be killed, in proportion; and how long it stays there, seconds: the moment is anywhere within.
STAGES = {"starting": (1, 0.2), "extraction": (3, 0.4), "applying": (6, 0.2), "finishing": (4, 0.2)}
MOST_KILLS_OF_A_RUN = 4
# Seconds for anything that nobody disturbs.
PATIENCE = 120.0
LOOK_EVERY = 0.003
# In the environment of all that comes of this process.
MARK = "JOBPIPE_CHAOS"
# Said where what was killed had been done.
ALREADY_DECIDED = "waits with nothing"
POLICY = "near_duplicates: {keep: first, clients: {Acme: {prefer: [list]}}}\n"


class ChaosError(AssertionError):
    """Something was lost, doubled, or told wrongly."""


class Chaos:
    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        size: int = SIZE,
        most_kills: int = MOST_KILLS_OF_A_RUN,
        with_site: bool = True,
        tell: Callable[[str], None] = print,
    ) -> None:
        """`size`: jobs of an import on its first day; `most_kills`: of one run."""
        self._folder = folder
        self._dice = random.Random(seed)
        self._most_kills = most_kills
        self._tell = tell
        self._began = time.monotonic()
        self.sources = Sources(seed, size=size, with_site=with_site)
        # What was killed, and in which stage it was.
        self.killed: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self.days = 0
        self.compared = 0
        self._alone = ProjectFolder(folder / "alone")
        self._project = ProjectFolder(folder / "disturbed")
        for project in (self._alone, self._project):
            project.keep_all_in_files()
            project.configure(POLICY)
            (project.root / "imports/offers.yaml").unlink()
            (project.root / "mappings").mkdir()

    def run(self, kills: int) -> None:
        """Day after day, until so much was killed. Raises ChaosError."""
        os.environ[MARK] = self._folder.name
        self._wanted = kills
        with self.sources.served(), Starter(self._folder, small_batches=True) as self._starter:
            while self.killed.total() < kills:
                self._day(kills)
                self.days += 1
        deadline = time.monotonic() + PATIENCE
        while left := marked(f"{MARK}={self._folder.name}"):
            if time.monotonic() > deadline:
                raise ChaosError("still running: " + "; ".join(left))
            time.sleep(0.2)

    def _day(self, kills: int) -> None:
        self.sources.next_day(self.days)
        for project in (self._alone, self._project):
            self._write_files(project)
        for name in self.sources.names:
            most = min(kills - self.killed.total(), self._dice.randint(1, self._most_kills))
            self._import(name, most)
        self._decide(kills)
        # What one import's run means for another, and was killed, is left to the next run of that one; in the order of
        # a decision that touches all, by which the first of near-duplicates is found.  Both read their sources: who
        # does so once more forgets what is gone of it, and sees which of two records with one key comes first.
        self.sources.next_edition()
        for name in sorted(self.sources.names):
            for project in (self._alone, self._project):
                self._calmly(project, "run", name, "--quiet", "--workers", "0")
        for name in self.sources.names:
            self._compare(name)

    def _write_files(self, project: ProjectFolder) -> None:
        for name in self.sources.names:
            (project.root / "imports" / f"{name}.yaml").write_text(self.sources.definition(name))
        lines = ["label,code", "CDI,permanent", "CDD,fixed_term"]
        lines += ["Vertrag A,permanent"] if self.days % 3 == 1 else ["Vertrag A,temporary"]
        (project.root / "mappings/contracts.csv").write_text("\n".join(lines) + "\n")

    # One import ---------------------------------------------------------------------------------------

    def _import(self, name: str, kills: int) -> None:
        expected = self._undisturbed(name)
        last = self._last_run(name)
        self._until_done(["run", name, "--quiet", "--json", "--workers", str(self._dice.choice((1, 2)))], kills, name)
        first, *more = self._finished(name, last)
        if account_of(first) != account_of(expected):
            raise ChaosError(
                f"day {self.days}, {name}: the account is\n{account_of(first)}\ninstead of\n{account_of(expected)}"
            )
        for again in more:
            self._compare_once_more(name, again)
        self._compare(name)
        if expected["state"] == "held":
            self._settle_hold(name)
        self._export(name)
        self._say(
            f"day {self.days}  {name:8} {expected['account']['read']:5,} records: {self.killed.total()} kills so far"
        )

    def _undisturbed(self, name: str) -> dict[str, Any]:
        runs: list[dict[str, Any]] = json.loads(
            self._calmly(self._alone, "run", name, "--quiet", "--json", "--workers", "0")
        )
        return runs[0]

    def _compare_once_more(self, name: str, again: dict[str, Any]) -> None:
        """What was killed when it was over was run once more, which has nothing new to say: but whoever misses a
        posting misses it a second time. Where the source was read again, the other project reads it again."""
        if not again["evidence"]["unchanged"]:
            expected = self._undisturbed(name)
            news = {outcome for outcome, count in again["account"].items() if count} & {"new", "updated"}
            if news or again["expired"] != expected["expired"]:
                raise ChaosError(
                    f"day {self.days}, {name}: a run after the first one did {again['account']} and expired "
                    f"{again['expired']} instead of {expected['expired']}"
                )

    def _compare(self, name: str) -> None:
        mine, theirs = (_contents(one, name) for one in (self._alone, self._project))
        if mine != theirs:
            raise ChaosError(f"day {self.days}: {name} differs: {difference(mine, theirs)}")
        self.compared += len(mine[0])

    def _finished(self, name: str, after: int) -> list[dict[str, Any]]:
        over = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)
        with self._project.open():
            runs = Run.objects.filter(import_row__name=name, pk__gt=after, kind=RunKind.IMPORT, state__in=over)
            return [
                report_of(run).as_dict() | ({"state": RunState.HELD} if run.decided_by == SUPERSEDED else {})
                for run in runs.order_by("pk")
            ]

    def _last_run(self, name: str) -> int:
        with self._project.open():
            return Run.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    # What people do between ---------------------------------------------------------------------------

    def _settle_hold(self, name: str) -> None:
        word = self._dice.choice(("accept", "dismiss"))
        said: list[Any] = []
        for project in (self._alone, self._project):
            with project.open():
                held = Run.objects.filter(import_row__name=name, state=RunState.HELD).order_by("-pk").first()
            if held is None:
                raise ChaosError(f"day {self.days}, {name}: nothing is held any more")
            if project is self._alone:
                self._calmly(project, word, str(held.pk))
            else:
                self._until_done([word, str(held.pk)], 1)
            with project.open():
                said.append(Run.objects.values_list("state", "expired", "absent", "live", "decided_by").get(pk=held.pk))
        if said[0] != said[1]:
            raise ChaosError(f"day {self.days}, {name}: after {word} {said[1]} instead of {said[0]}")
        self._compare(name)

    def _export(self, name: str) -> None:
        kind = self._dice.choice(("jsonl", "csv"))
        made = {project: project.root / f"{name}.{kind}" for project in (self._alone, self._project)}
        before = made[self._project].read_bytes() if made[self._project].exists() else None
        self._calmly(self._alone, "export", name, "--as", kind, "--to", made[self._alone])
        whole = made[self._alone].read_bytes().splitlines()
        arguments = ["export", name, "--as", kind, "--to", str(made[self._project])]
        if self._dice.random() < 0.5:
            command = self._starter.start("-C", self._project.root, *arguments)
            self._sleep(command, self._dice.uniform(0.0, 0.15))
            if not command.is_over() and self._kill(command, "all at once", "exporting"):
                there = made[self._project].read_bytes() if made[self._project].exists() else None
                if there != before and sorted((there or b"").splitlines()) != sorted(whole):
                    raise ChaosError(f"day {self.days}, {name}: half an export was left")
        self._calmly(self._project, *arguments)
        if sorted(made[self._project].read_bytes().splitlines()) != sorted(whole):
            raise ChaosError(f"day {self.days}, {name}: the exports differ")

    def _decide(self, kills: int) -> None:
        """Decisions of people, the same in both projects; those that may be made twice are killed as well."""
        dice = self._dice
        label, code = dice.choice(("stage", "Vertrag B", "CDI")), dice.choice(("internship", "temporary"))
        key = dice.choice(sorted(self._alone.postings(name="parts")))
        number = self.days
        once = [
            ("override", "add", f"set title = posting.title ~ ' {number}' when posting.locations[0].city == 'Bern'"),
            ("override", "add", f"drop when posting.title == 'Cook' and {number} % 2 == 0", "--import", "list"),
            ("posting", "exclude", key, "--import", "parts"),
        ]
        again = [("map", "set", "contracts", label, code), ("reprocess", "table"), ("reprocess", "list")]
        for arguments in (dice.choice(once), dice.choice(again)):
            self._calmly(self._alone, *arguments)
            if arguments in again:
                self._until_done(list(arguments), min(1, kills - self.killed.total()))
            else:
                self._calmly(self._project, *arguments)

    # Commands -----------------------------------------------------------------------------------------

    def _calmly(self, project: ProjectFolder, *arguments: str | Path) -> str:
        command = self._starter.start("-C", project.root, *arguments)
        self._join(command, arguments)
        return command.said

    def _join(self, command: Command, arguments: Any) -> None:
        if not command.is_over(PATIENCE):
            os.killpg(command.pid, signal.SIGKILL)
            raise ChaosError(f"{arguments} did not end within {PATIENCE:.0f} s")
        if command.code not in (0, 3) or "Traceback" in command.complained:
            raise ChaosError(f"{arguments} ended with {command.code}: {command.complained[-2000:]}")

    def _until_done(self, arguments: list[str], kills: int, name: str = "") -> None:
        was_killed = False
        while True:
            command = self._starter.start("-C", self._project.root, *arguments)
            what = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0] if kills > 0 else ""
            if what and self._kill_at_random(command, what, name):
                kills -= 1
                if what != "a worker":
                    command.is_over(PATIENCE)
                    self._check_end(command, what)
                    if command.code not in (0, 3):
                        was_killed = True
                        continue
            command.is_over(PATIENCE)
            if not (was_killed and command.code == 2 and ALREADY_DECIDED in command.complained):
                self._join(command, arguments)
            return

    def _check_end(self, command: Command, what: str) -> None:
        """What was asked to end said so, or was done already."""
        fair = {"SIGINT": (0, 3, 130, -signal.SIGINT), "SIGTERM": (0, 3, -signal.SIGTERM, 143)}
        if command.code not in fair.get(what, (0, 3, -signal.SIGKILL)):
            raise ChaosError(f"after {what} it ended with {command.code}: {command.complained[-2000:]}")

    # Killing ------------------------------------------------------------------------------------------

    def _kill_at_random(self, command: Command, what: str, name: str) -> bool:
        if not name:
            self._sleep(command, self._dice.uniform(0.0, 0.4))
            return self._kill(command, what, "deciding")
        wanted = self._dice.choices(list(STAGES), [weight for weight, _ in STAGES.values()])[0]
        ledger = Stages(self._project.root / ".jobpipe/ledger.sqlite3", name)
        while ledger.stage() not in _from(wanted) and not command.is_over():
            time.sleep(LOOK_EVERY)
        self._sleep(command, self._dice.uniform(0.0, STAGES[wanted][1]))
        return self._kill(command, what, ledger.stage())

    def _sleep(self, command: Command, seconds: float) -> None:
        command.is_over(seconds)

    def _kill(self, command: Command, what: str, stage: str) -> bool:
        victim = command.pid
        if what == "a worker":
            workers = [one for one in family_of(command.pid)[1:] if "executors.worker" in _command_of(one)]
            if not workers:
                return False
            victim = self._dice.choice(workers)
        number = {"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}.get(what, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            if command.is_over() or self.killed.total() >= self._wanted:
                return False
            (os.killpg if what == "all at once" else os.kill)(victim, number)
            self.killed[what] += 1
            self.stages[stage] += 1
            return True
        return False

    def _say(self, text: str) -> None:
        self._tell(f"{time.monotonic() - self._began:6.1f} s  {text}")


def _contents(project: ProjectFolder, name: str) -> Any:
    """Without places: a reprocess counts from what it has to make, and that is less where another was interrupted; a
    site's pages come in the order in which they answer; a run that was taken up does not know a zip again."""
    rows, postings = project.contents(name)
    return [(*row[:6], *row[7:]) for row in rows], postings


def _from(wanted: str) -> tuple[str, ...]:
    """It may be past the wanted stage before anybody looks."""
    names = (*STAGES, "over")
    return names[names.index(wanted) :]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class Stages:
    """In which stage the newest run of an import is, by what the ledger shows at the moment."""

    _QUERY = """
        SELECT run.id, run.state,
               (SELECT max(last_ordinal) FROM ledger_batch WHERE run_id = run.id),
               (SELECT count(*) FROM ledger_partread WHERE run_id = run.id AND digest = ''),
               (SELECT sum(records) FROM ledger_partread WHERE run_id = run.id)
        FROM ledger_run run JOIN ledger_import ON ledger_import.id = run.import_id
        WHERE ledger_import.name = ? AND run.kind = 'import' ORDER BY run.id DESC LIMIT 1
    """

    def __init__(self, ledger: Path, name: str) -> None:
        self._ledger, self._name = ledger, name
        self._first = self._row()

    def stage(self) -> str:
        row = self._row()
        if row is None or (self._first and row[0] == self._first[0] and self._first[1] != "running"):
            return "starting"
        _, state, applied, unread, records = row
        if state != "running":
            return "over"
        if not unread and applied and applied >= (records or 0):
            return "finishing"
        began = self._first[2] or 0 if self._first and self._first[0] == row[0] else 0
        return "applying" if (applied or 0) > began else "extraction"

    def _row(self) -> Any:
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True, timeout=1)) as ledger:
                return ledger.execute(self._QUERY, [self._name]).fetchone()
        except sqlite3.Error:
            return None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--size", type=int, default=SIZE, help="jobs of an import on its first day")
    parser.add_argument("--most-kills", type=int, default=MOST_KILLS_OF_A_RUN, help="of one run")
    parser.add_argument("--no-site", action="store_true", help="crawl nothing, which takes longest")
    given = parser.parse_args()
    print(f"seed {given.seed}: the same choices again with --seed {given.seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-chaos-"))
    chaos = Chaos(
        folder,
        given.seed,
        size=given.size,
        most_kills=given.most_kills,
        with_site=not given.no_site,
        tell=lambda text: print(text, flush=True),
    )
    try:
        chaos.run(given.kills)
    except ChaosError as error:
        sys.exit(f"seed {given.seed}: {error}\nwhat was stored is in {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    for counted in (chaos.killed, chaos.stages):
        print(", ".join(f"{what} {number} times" for what, number in counted.most_common()))
    print(
        f"{chaos.killed.total()} kills in {chaos.days} days, {chaos.compared:,} rows compared: "
        "nothing was lost, nothing was doubled"
    )


if __name__ == "__main__":
    main()
