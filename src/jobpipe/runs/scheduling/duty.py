"""Of several processes that could do it, one has the duty: by `flock` on one machine, else by a lease on the server's
clock. What it does is right without this (`timetable`): so the others need not try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import Error, connection

from jobpipe.ledger import leases
from jobpipe.ledger.clock import server_time
from jobpipe.ledger.models import DutyLease
from jobpipe.ledger.opening import drop_dead_connection, is_shared
from jobpipe.runs.file_lock import FileIsHeldError, held, is_held
from jobpipe.runs.keeping import keeper, seconds_awake
from jobpipe.runs.process_mark import is_known_to_be_dead, own_mark, shown

SCHEDULING = "scheduling"
# Seconds for which its holder may be silent.
LENGTH = 20.0


class DutyIsTakenError(Exception):
    """`holder`: which process has it, for a person; "" = not known."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Duty:
    """On one machine: nobody can take it from one that lives."""

    @property
    def is_mine(self) -> bool:
        return True


@contextmanager
def on_duty(locks: Path, name: str = SCHEDULING) -> Iterator[Duty]:
    """Raises DutyIsTakenError at once where another process has it."""
    if not is_shared():
        try:
            with held(lock_of_duty(locks, name)):
                yield Duty()
        except FileIsHeldError as error:
            raise DutyIsTakenError(f"number {error.holder}" if error.holder else "") from error
        return
    duty = _SharedDuty.take(name)
    keeper.keep(duty)
    try:
        yield duty
    finally:
        keeper.drop(duty)
        duty.give_back()


def is_taken(locks: Path, name: str = SCHEDULING) -> bool:
    """Whether some process has it now."""
    if not is_shared():
        return is_held(lock_of_duty(locks, name))
    return DutyLease.objects.filter(duty=name, until__gt=server_time()).exclude(holder="").exists()


def lock_of_duty(locks: Path, name: str) -> Path:
    return locks / "duties" / f"{name}.lock"


class _SharedDuty(Duty):
    """A row of the ledger, renewed by the keeper."""

    def __init__(self, name: str, fence: int, taken: float) -> None:
        self._name = name
        self._fence = fence
        self.length = LENGTH
        self.renewed = taken
        self._is_lost = False

    @classmethod
    def take(cls, name: str) -> _SharedDuty:
        drop_dead_connection()
        taken = seconds_awake()
        fence = leases.take(name, own_mark(), LENGTH, kept=leases.DUTIES)
        if fence is None:
            holder = leases.holder_of(name, kept=leases.DUTIES)
            if is_known_to_be_dead(holder):
                fence = leases.take(name, own_mark(), LENGTH, dead=holder, kept=leases.DUTIES)
            if fence is None:
                raise DutyIsTakenError(shown(holder))
        return cls(name, fence, taken)

    @property
    def is_mine(self) -> bool:
        return not self._is_lost and seconds_awake() - self.renewed < self.length

    def renew(self) -> None:
        asked = seconds_awake()
        if leases.renew(self._name, self._fence, LENGTH, kept=leases.DUTIES):
            self.renewed = asked
        else:
            self._is_lost = True

    def give_back(self) -> None:
        """As well as it can: what is not given back lapses."""
        try:
            leases.give_back(self._name, self._fence, kept=leases.DUTIES)
        except Error:
            connection.close()
