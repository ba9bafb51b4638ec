"""A run belongs to one process: a lease says to which.

    with hold(workspace, owner) as workspace:
        ...
        with workspace.writing():
            ...  # one transaction of the ledger

On one machine the kernel gives it (`flock`), and takes it back with the process: nobody can take over from one that
lives.  In a cluster it is a row on PostgreSQL's clock that must be renewed.  Who takes over raises its fence; what is
written with an older one is refused, in the ledger and in the documents, so that a process that only slept does no
harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from django.db import Error, connection, transaction

from jobpipe.documents.store import StaleFenceError
from jobpipe.errors import JobpipeError, OutOfReachError
from jobpipe.ledger import leases
from jobpipe.ledger.clock import server_time
from jobpipe.ledger.models import Import
from jobpipe.ledger.models import Lease as LeaseRow
from jobpipe.ledger.opening import drop_dead_connection, is_shared
from jobpipe.runs.file_lock import FileIsHeldError, held, is_held
from jobpipe.runs.keeping import keeper, seconds_awake
from jobpipe.runs.process_mark import is_known_to_be_dead, own_mark, shown
from jobpipe.runs.workspace import Workspace

# Seconds for which a process of a cluster may be silent before another may take its imports over.
LENGTH = 30.0


class ImportIsRunningError(JobpipeError):
    """Another process holds this import."""

    code = "JP3006"


class LeaseLostError(OutOfReachError):
    """This process could not renew its lease in time: another may hold the import by now."""

    code = "JP3007"


class Lease(Protocol):
    # 0 = the kernel guards it, and there is no other.
    fence: int

    def check(self) -> None:
        """Raises LeaseLostError where it may have gone to another."""
        ...

    def confirm(self) -> None:
        """Within a transaction of the ledger. Raises StaleFenceError where another has taken over."""
        ...


@contextmanager
def hold(workspace: Workspace, owner: Import) -> Iterator[Workspace]:
    """The workspace, whose writing goes by the lease of this import.

    Raises ImportIsRunningError at once where another process holds it.
    """
    if not is_shared():
        with _flock(workspace.locks, owner.name):
            yield replace(workspace, lease=_LocalLease())
        return
    lease = _SharedLease.take(owner)
    keeper.keep(lease)
    try:
        workspace.documents.hold(owner.pk, lease.fence)
        yield replace(workspace, lease=lease)
    finally:
        keeper.drop(lease)
        lease.give_back()


def is_conducted(workspace: Workspace, owner: Import) -> bool:
    """Whether some process holds the import now, as far as can be known from here."""
    if not is_shared():
        return is_held(lock_of(workspace.locks, owner.name))
    row = LeaseRow.objects.filter(import_row=owner).exclude(holder="").first()
    return row is not None and row.until > server_time() and not is_known_to_be_dead(row.holder)


@contextmanager
def writing_with_fence(import_id: int, fence: int) -> Iterator[None]:
    """One transaction of the ledger, for whoever writes for the holder. Raises StaleFenceError as `Lease.confirm`."""
    with transaction.atomic():
        _confirm(import_id, fence)
        yield


def _confirm(import_id: int, fence: int) -> None:
    if not leases.is_current(import_id, fence):
        raise StaleFenceError(import_id, fence)


class _LocalLease:
    fence = 0

    def check(self) -> None:
        pass

    def confirm(self) -> None:
        pass


@contextmanager
def _flock(folder: Path, name: str) -> Iterator[None]:
    try:
        with held(lock_of(folder, name)):
            yield
    except FileIsHeldError as error:
        raise _is_running(name, f"number {error.holder}" if error.holder else "") from error


def lock_of(folder: Path, name: str) -> Path:
    """The file by which a process of this machine holds the import of this name."""
    return folder / f"{name}.lock"


class _SharedLease:
    """A row of the ledger, renewed by the keeper."""

    def __init__(self, owner: Import, fence: int, *, length: float, taken: float) -> None:
        self._import_id: int = owner.pk
        self._name = owner.name
        self.fence = fence
        self.length = length
        self.renewed = taken
        self._is_lost = False

    @classmethod
    def take(cls, owner: Import) -> _SharedLease:
        drop_dead_connection()
        length, taken = LENGTH, seconds_awake()
        fence = leases.take(owner.pk, own_mark(), length)
        if fence is None:
            holder = leases.holder_of(owner.pk)
            if is_known_to_be_dead(holder):
                taken = seconds_awake()
                fence = leases.take(owner.pk, own_mark(), length, dead=holder)
            if fence is None:
                raise _is_running(owner.name, shown(holder))
        lease = cls(owner, fence, length=length, taken=taken)
        if seconds_awake() - taken > length / 3:
            # It was waited for, until a transaction of the last holder was over.
            lease.renew()
        return lease

    def renew(self) -> None:
        if self._is_lost:
            return
        asked = seconds_awake()
        if leases.renew(self._import_id, self.fence, self.length):
            self.renewed = asked
        else:
            self._is_lost = True

    def check(self) -> None:
        if self._is_lost or seconds_awake() - self.renewed >= self.length:
            raise LeaseLostError(
                f"the lease of {self._name} was not renewed for {self.length:.0f} s: this process writes no more of it",
                hint="nothing is lost: whoever holds the import now goes on with the run, or the next `jobpipe run`",
            )

    def confirm(self) -> None:
        self.check()
        _confirm(self._import_id, self.fence)

    def give_back(self) -> None:
        """As well as it can: what is not given back lapses."""
        try:
            leases.give_back(self._import_id, self.fence)
        except Error:
            connection.close()


def _is_running(name: str, holder: str) -> ImportIsRunningError:
    return ImportIsRunningError(
        f"{name} is being imported by another process" + (f" ({holder})" if holder else ""),
        hint="wait for its end: one run at a time per import",
    )
