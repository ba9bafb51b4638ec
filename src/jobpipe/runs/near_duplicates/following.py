"""The near-duplicates of a client after one of its runs, and on demand."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jobpipe.ledger.models import Import, NearDuplicate, Run
from jobpipe.runs.notices import note
from jobpipe.runs.workspace import Workspace

if TYPE_CHECKING:
    from jobpipe.lifecycle.near_duplicates import Member


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What has changed."""

    # Pairs.
    found: int = 0
    # Postings, in all imports of the client.
    hidden: int = 0
    released: int = 0


def follow_run(workspace: Workspace, run: Run, client: str) -> None:
    """Compare what the run has changed, which has written all that it will; a notice says what came of it."""
    owner = run.import_row
    if owner.client != client:
        owner.client = client
        with workspace.writing():
            owner.save(update_fields=["client"])
    if not client:
        return
    done = follow_client(workspace, client, own=run)
    said = []
    if done.found:
        said.append(f"{done.found:,} {_postings(done.found)} also in another import of {client}")
    if done.hidden:
        said.append(f"{done.hidden:,} hidden")
    if done.released:
        said.append(f"{done.released:,} delivered again")
    if said:
        note(run, "near_duplicates", f"{', '.join(said)}: jobpipe near-duplicates list --client {client!r}")


def follow_client(
    workspace: Workspace, client: str, *, own: Run | None = None, again: Collection[Member] = ()
) -> Followed:
    """Bring pairs, and what is hidden for them, up to date with what runs have changed.

    `own`: a run that is being finished, whose import is held; `again`: postings to be judged anew whatever has changed.
    """
    if not _has_work(workspace, client):
        return Followed()
    with one_at_a_time(workspace, client):
        return follow_alone(workspace, client, own=own, again=again)


def follow_alone(
    workspace: Workspace, client: str, *, own: Run | None = None, again: Collection[Member] = ()
) -> Followed:
    """The same within `one_at_a_time`."""
    # Every run comes by here, and few have anything to compare.
    from jobpipe.runs.near_duplicates.decisions import decisions_of
    from jobpipe.runs.near_duplicates.finding import Finding
    from jobpipe.runs.near_duplicates.index import SignIndex
    from jobpipe.runs.near_duplicates.pairs import forget_others
    from jobpipe.runs.near_duplicates.policy import Keeping
    from jobpipe.runs.near_duplicates.settling import Settling
    from jobpipe.runs.near_duplicates.writing import Writers

    policy = workspace.project.settings.near_duplicates.policy_of(client)
    parts = _takers(workspace, client)
    numbers = [owner.pk for owner in parts]
    decisions = decisions_of(client)
    forget_others(workspace, client, numbers)
    with closing(SignIndex(index_of(workspace, client))) as index:
        finding = Finding(workspace, index, client, decisions)
        for import_id in set(index.imports()).difference(numbers):
            finding.forget(import_id)
        finding.judge_again(again)
        found = finding.read(parts, current=own.pk if own is not None else 0)
    keeping = Keeping(policy, {owner.pk: owner.name for owner in parts}, decisions)
    with Writers(workspace, own) as writers:
        settling = Settling(workspace, keeping, writers)
        settling.settle(client)
    return Followed(found=found, hidden=settling.counted["hidden"], released=settling.counted["released"])


def index_of(workspace: Workspace, client: str) -> Path:
    """A file a client: of two that are compared at the same time none waits for the other."""
    from jobpipe.runs.near_duplicates.index import FOLDER

    return workspace.project.state_dir / FOLDER / f"{_mark(client)}.sqlite3"


def _has_work(workspace: Workspace, client: str) -> bool:
    """A client with one import costs two queries."""
    return len(_takers(workspace, client)) > 1 or NearDuplicate.objects.filter(client=client).exists()


def _takers(workspace: Workspace, client: str) -> list[Import]:
    settings = workspace.project.settings.near_duplicates
    if settings.policy_of(client).keep == "off":
        return []
    return list(Import.objects.filter(client=client).exclude(name__in=settings.except_).order_by("id"))


@contextmanager
def one_at_a_time(workspace: Workspace, client: str) -> Iterator[None]:
    """Of the processes and threads of this machine."""
    workspace.locks.mkdir(parents=True, exist_ok=True)
    with (workspace.locks / f"near-duplicates-{_mark(client)}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _mark(client: str) -> str:
    """Its name as the name of a file."""
    return hashlib.blake2b(client.encode(), digest_size=8).hexdigest()


def _postings(count: int) -> str:
    return "posting is" if count == 1 else "postings are"
