"""Sources of one client that change from day to day, by a seed: feeds over HTTP in every format, a service, a site.

What happens to jobs: they come, change, go, come back, end by their own day or by the source's word; records are
rejected, broken, filtered, or share a key; on a bad day most of a source is missing, which the guard holds.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from api_service import ApiService, Asked
from job_site import JobSite, job_posting, json_ld_page, list_page

PAGE = 40
SITE_PAGES = 12
CITIES = ("Leeds", "Bern", "Lille", "Gent")
CONTRACTS = ("CDI", "CDD", "Vertrag A", "Vertrag B", "stage")
TITLES = ("Fitter", "Nurse", "Cook", "Senior Fitter (m/w/d)", "Développeur – C++", "filtrée", "Chauffeur 🚚")
# Seconds between two pieces of a feed, so that it is not over at once.
SLOW = 0.01
PIECE = 16 * 1024


@dataclass(frozen=True)
class Job:
    title: str
    city: str
    contract: str
    text: str
    until: str = ""
    state: str = "open"


class Board:
    """The jobs of one import: key -> job, and the records that are listed today."""

    def __init__(self, name: str, dice: random.Random, size: int) -> None:
        self._name, self._dice, self._size = name, dice, size
        self._jobs: dict[str, Job] = {}
        self._gone: dict[str, Job] = {}
        self._next = 0
        # Of today: (key, job, what is wrong with it).
        self.listed: list[tuple[str, Job, str]] = []

    def next_day(self, day: int) -> None:
        dice = self._dice
        if not day:
            self._add(self._size)
        else:
            for key in dice.sample(sorted(self._jobs), len(self._jobs) // 12):
                self._gone[key] = self._jobs.pop(key)
            for key in dice.sample(sorted(self._gone), min(len(self._gone), 5)):
                self._jobs[key] = self._gone.pop(key)
            for key in dice.sample(sorted(self._jobs), len(self._jobs) // 8):
                self._jobs[key] = replace(self._jobs[key], contract=dice.choice(CONTRACTS), city=dice.choice(CITIES))
            for key in dice.sample(sorted(self._jobs), 6):
                self._jobs[key] = replace(self._jobs[key], state="filled")
            self._add(self._size // 10)
        listed = list(self._jobs.items())
        if day and dice.random() < 0.25:
            listed = dice.sample(listed, len(listed) // 3)
        self.listed = [(key, job, self._fault()) for key, job in listed]
        for key, job, _ in dice.sample(self.listed, 4):
            self.listed.insert(dice.randrange(len(self.listed)), (key, replace(job, city="Wien"), ""))

    def _add(self, number: int) -> None:
        dice = self._dice
        for _ in range(number):
            # Some jobs are those of other imports of the client, too.
            of_all = random.Random(f"{self._next} of all") if dice.random() < 0.3 else dice
            text = " ".join(f"word{of_all.randrange(900)}" for _ in range(90))
            job = Job(of_all.choice(TITLES), of_all.choice(CITIES), of_all.choice(CONTRACTS), text)
            until = dice.choice(("2020-01-31", "2090-12-31")) if dice.random() < 0.1 else ""
            self._jobs[f"{self._name}{self._next}"] = replace(job, until=until)
            self._next += 1

    def _fault(self) -> str:
        return self._dice.choice(("no title", "broken")) if self._dice.random() < 0.02 else ""

    # As it is served ---------------------------------------------------------------------------------

    def records(self, faults: bool = True) -> list[dict[str, Any]]:
        found = []
        for key, job, fault in self.listed:
            title = "" if fault and faults else job.title
            found.append({"id": key, "title": title, "city": job.city, "contract": job.contract, "text": job.text})
            found[-1] |= {"until": job.until, "state": job.state}
        return found

    def xml(self, start: int = 0, step: int = 1) -> bytes:
        lines = ["<offers>"]
        for key, job, fault in self.listed[start::step]:
            end = "</titel>" if fault == "broken" else "</title>"
            title = "" if fault == "no title" else job.title
            lines.append(
                f'<offer id="{key}"><title>{title}{end}<city>{job.city}</city><contract>{job.contract}</contract>'
                f"<text>{job.text}</text><until>{job.until}</until><state>{job.state}</state></offer>"
            )
        return "\n".join([*lines, "</offers>"]).encode()

    def json(self) -> bytes:
        return json.dumps({"jobs": self.records()}, ensure_ascii=False).encode()

    def zipped_csv(self, comment: bytes) -> bytes:
        table = io.StringIO()
        writer = csv.DictWriter(table, ["id", "title", "city", "contract", "text", "until", "state"], delimiter=";")
        writer.writeheader()
        writer.writerows(self.records())
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("offers.csv"), table.getvalue())
            archive.comment = comment
        return made.getvalue()


_POSTING = """\
record: {record}
  closed: {closed}
posting:
  reference: {reference}
  title: [title, {step}]
  description: text
  company: {{value: Acme}}
  locations: {{parts: {{city: city}}}}
  contract: {{from: contract, map: contracts, unmapped: keep}}
  valid_through: {{from: until}}
keep: posting.title != 'filtrée'
expire: {{guard: 30, misses: 1}}
"""


class Sources:
    """All of them, served. `names`: the imports, of which each has a definition."""

    def __init__(self, seed: int, *, size: int, with_site: bool) -> None:
        self._dice = random.Random(seed)
        self.names = ("parts", "list", "table", "service", *(("site",) if with_site else ()))
        self._boards = {
            name: Board(name[0], random.Random(f"{seed} {name}"), SITE_PAGES if name == "site" else size)
            for name in self.names
        }
        self._step = "clean"
        # Of today: each is told apart by its bytes, though its records are the same.
        self._edition = 0

    @contextmanager
    def served(self) -> Iterator[None]:
        with JobSite() as self._files, ApiService() as self._service:
            self._service.on("/jobs", self._page)
            yield

    def next_day(self, day: int) -> None:
        if day and self._dice.random() < 0.4:
            # Another revision: everything is made anew.
            self._step = "trim" if self._step == "clean" else "clean"
        for board in self._boards.values():
            board.next_day(day)
        self.next_edition()

    def next_edition(self) -> None:
        """The same records in other bytes, so that everybody reads them."""
        self._edition += 1
        for name, board in self._boards.items():
            getattr(self, f"_serve_{name}")(board)

    def definition(self, name: str) -> str:
        head = f"import: {name}\nclient: Acme\nsource:\n"
        if name == "site":
            return head + f"  site: {{start: '{self._files.url('/jobs')}', postings: /job/*, throttle: false}}\n"
        record, reference, closed = "jobs[*]", "id", "record.state == 'filled'"
        if name == "parts":
            record, reference = "offer", '"@id"'
            source = f"  parts: ['{self._files.url('/north.xml.gz')}', '{self._files.url('/south.xml')}']\n"
        elif name == "list":
            source = f"  feed: {self._files.url('/jobs.json')}\n"
        elif name == "table":
            source = f"  feed: {self._files.url('/offers.csv.zip')}\n"
        else:
            source = (
                f"  api:\n    url: {self._service.url('/jobs')}\n"
                '    params: {page: "{page}"}\n' + f"    page: {{by: number, size: {PAGE}}}\n  total: total\n"
            )
        posting = _POSTING.format(record=record, closed=closed, reference=reference, step=self._step)
        if name == "table":
            posting = posting.removeprefix(f"record: {record}\n")
            return head + source + posting
        return head + source + "  " + posting

    def _serve(self, path: str, body: bytes, **more: Any) -> None:
        self._files.serve(path, body, pause=SLOW, chunk=PIECE, **more)

    def _serve_parts(self, board: Board) -> None:
        tail = b"\n" * self._edition
        self._serve("/north.xml.gz", gzip.compress(board.xml(0, 2) + tail, mtime=0))
        self._serve("/south.xml", board.xml(1, 2) + tail, chunked=True)

    def _serve_list(self, board: Board) -> None:
        self._serve("/jobs.json", board.json() + b"\n" * self._edition, gzipped=True)

    def _serve_table(self, board: Board) -> None:
        self._serve("/offers.csv.zip", board.zipped_csv(f"edition {self._edition}".encode()))

    def _serve_service(self, board: Board) -> None:
        self._records = board.records()

    def _page(self, asked: Asked) -> Any:
        start = (asked.number("page", 1) - 1) * PAGE
        jobs = self._records[start : start + PAGE]
        return {"jobs": jobs, "total": len(self._records), "edition": self._edition}

    def _serve_site(self, board: Board) -> None:
        links = []
        for record in board.records(faults=False):
            number = int(record["id"][1:])
            links.append(f"/job/{number}")
            self._files.page(links[-1], json_ld_page(job_posting(number, title=record["title"])))
        self._files.page("/jobs", list_page(list(dict.fromkeys(links))))
