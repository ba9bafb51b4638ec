"""A project that is open: its files, its ledger, its documents and its archive."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.documents.delivered.opening import FILE as DELIVERIES
from jobpipe.documents.delivered.opening import open_delivered
from jobpipe.documents.mongo_expected import mongo_expected
from jobpipe.documents.opened_once import OpenedOnce
from jobpipe.documents.search.opening import FILE as SEARCH
from jobpipe.documents.search.opening import open_search
from jobpipe.documents.store import Documents
from jobpipe.ledger.opening import open_ledger
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries.feeding import Feeding
from jobpipe.runs.shared_hosts import share_hosts
from jobpipe.sources.site.process import HeadStart

if TYPE_CHECKING:
    from jobpipe.documents.delivered.upkeep import OpenedDelivered
    from jobpipe.documents.search.store import SearchIndex
    from jobpipe.ledger.models import Run
    from jobpipe.runs.executors.executor import Charge, Executor
    from jobpipe.runs.kept_parts import KeptParts
    from jobpipe.runs.lease import Lease
    from jobpipe.runs.verdicts import Verdicts


class Executors(Protocol):
    """Who carries the batches of runs, where that is not this machine."""

    # Of records in a batch.
    most_bytes: int

    def start(self, run: Run, charge: Charge, fence: int, *, alone: bool) -> Executor:
        """`fence`: of the lease that the run's conductor holds; `alone`: there is only one batch."""
        ...


class Journal(Protocol):
    """Where one run says what it has done."""

    # False = nothing outside of this process hears of it: a plan's.
    writes: bool

    def meet(self, row: int, posting: bytes) -> None:
        """A stored record goes on its way: its row, and the posting (JSON) that it made before."""
        ...

    def mark_done(self, batches: list[tuple[Verdicts, str]]) -> None:
        """Batches that are applied: their verdicts, and the chain of digests at their end."""
        ...

    def verdicts(self) -> Iterator[Verdicts]:
        """Of all that was marked, in their order."""
        ...

    def save_part(self, number: int, known: Mapping[str, Any]) -> None:
        """What is known of a part of the source by now, by the names of `PartRead`."""
        ...

    def save_why(self) -> None:
        """Before rows are forgotten."""
        ...

    def begin_ending(self) -> bool:
        """All its records are applied. False = a person has cancelled it; else nobody can any more."""
        ...

    def save_sitting(self) -> None:
        """The run stops here, to be taken up again."""
        ...

    def close(self) -> None:
        """The run is over, as it says itself: it gets its place in the feed of changes."""
        ...


@dataclass(frozen=True, slots=True)
class Workspace:
    project: Project
    documents: Documents
    # Of several runs at the same time: the worker processes that are free. None = this run has its own.
    free_workers: threading.Semaphore | None = None
    # Starts the executors of runs; None = worker processes of this machine.
    executors: Executors | None = None
    # Of the run that is made here; None = the ledger is every run's.
    journal: Journal | None = None
    # Sources are not asked: what the last runs read of them is read instead.
    kept_parts: KeptParts | None = None
    # Where what is read is archived meanwhile; None = in the project's archive, which keeps it.
    archives: Path | None = None
    # Of a run that is tried out: no more records than these are read. None = all.
    most_records: int | None = None
    # Of the import that is being written, while it is: see `jobpipe.runs.lease.hold`.
    lease: Lease | None = None
    # What destinations have, once it is asked for.
    opened_delivered: OpenedOnce[OpenedDelivered] = field(default_factory=OpenedOnce)
    # The index of postings, likewise.
    opened_search: OpenedOnce[SearchIndex] = field(default_factory=OpenedOnce)
    # Which imports feed which destination.
    feeding: Feeding = field(init=False)
    # The process of a crawl, where it was started before the crawl was known.
    head_start: HeadStart = field(default_factory=HeadStart)

    def __post_init__(self) -> None:
        object.__setattr__(self, "feeding", Feeding(self.project))

    @property
    def delivered(self) -> OpenedDelivered:
        """Raises JobpipeError where it cannot be opened."""
        return self.opened_delivered.get(self._open_delivered)

    @property
    def delivered_if_any(self) -> OpenedDelivered | None:
        """None = nothing was ever delivered, as far as is known here. Raises as `delivered`."""
        is_there = self.project.settings.cluster.documents or (self.project.state_dir / DELIVERIES).exists()
        return self.delivered if is_there else None

    def _open_delivered(self) -> OpenedDelivered:
        cluster = self.project.settings.cluster.resolved(os.environ)
        return open_delivered(self.project.state_dir, cluster.documents)

    @property
    def search(self) -> SearchIndex:
        """Raises JobpipeError where it cannot be opened."""
        return self.opened_search.get(self._open_search)

    @property
    def search_if_any(self) -> SearchIndex | None:
        """None = nobody has searched yet, as far as is known here. Raises as `search`."""
        is_there = self.project.settings.cluster.documents or (self.project.state_dir / SEARCH).exists()
        return self.search if is_there else None

    def _open_search(self) -> SearchIndex:
        cluster = self.project.settings.cluster.resolved(os.environ)
        return open_search(self.project.state_dir, cluster.documents)

    @property
    def locks(self) -> Path:
        return self.project.state_dir / "locks"

    def archive_of(self, name: str) -> Path:
        return (self.archives or self.project.state_dir / "archive") / name

    @property
    def scratch(self) -> Path:
        folder = self.project.state_dir / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction of the ledger. Raises StaleFenceError or LeaseLostError where the lease is another's now."""
        with turn_to_write(), transaction.atomic():
            if self.lease is not None:
                self.lease.confirm()
            yield

    def close(self) -> None:
        self.opened_search.close()
        self.opened_delivered.close()
        self.documents.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def open_workspace(project: Project) -> Workspace:
    """Open the ledger and the documents of a project, making them where they are not there yet."""
    state = project.state_dir
    state.mkdir(parents=True, exist_ok=True)
    cluster = project.settings.cluster.resolved(os.environ)
    open_ledger(state / "ledger.sqlite3", cluster.ledger)
    share_hosts(cluster.ledger)
    return Workspace(
        project, _open_documents(state / "documents.sqlite3", cluster.documents, project.settings.keep.revisions)
    )


def _open_documents(path: Path, uri: str, revisions_kept: int) -> Documents:
    """On the server of this URI, else in this file."""
    if not uri:
        from jobpipe.documents.sqlite import SqliteDocuments

        return SqliteDocuments(path, revisions_kept=revisions_kept)
    with mongo_expected():
        from jobpipe.documents.mongo import MongoDocuments
    return MongoDocuments(uri, revisions_kept=revisions_kept)
