"""Renewing what this process holds on the ledger's clock, on a thread of its own with a connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from django.db import connections

_log = logging.getLogger(__name__)

# Of the length of what is held: how often it is looked at, and how old it is when it is renewed.
_LOOK = 1 / 10
_RENEW = 1 / 3


def seconds_awake() -> float:
    """A clock that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Held(Protocol):
    # Seconds for which one renewal is good.
    length: float
    # By `seconds_awake`, before the last renewal that succeeded was asked for.
    renewed: float

    def renew(self) -> None:
        """May raise what says that the ledger is lost: it is tried again soon."""
        ...


class Keeper:
    """Renews all that is kept with it, as long as there is something."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._held: list[Held] = []
        self._thread: threading.Thread | None = None

    def keep(self, held: Held) -> None:
        with self._change:
            self._held.append(held)
            self._change.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
                self._thread.start()

    def drop(self, held: Held) -> None:
        """At most one renewal that has begun already comes after this."""
        with self._change:
            if held in self._held:
                self._held.remove(held)
            self._change.notify_all()

    # The keeper's thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (due := self._next_due()) is not None:
                for held in due:
                    self._renew(held)
        finally:
            connections.close_all()

    def _next_due(self) -> list[Held] | None:
        """What is to be renewed, when it is time; None = nothing is held any more, and this thread ends."""
        with self._change:
            if self._held:
                self._change.wait(min(held.length for held in self._held) * _LOOK)
            if not self._held:
                self._thread = None
                return None
            now = seconds_awake()
            return [held for held in self._held if now - held.renewed >= held.length * _RENEW]

    def _renew(self, held: Held) -> None:
        try:
            held.renew()
        except Exception as error:
            # Whoever holds it knows by the clock when it is too late.
            _log.info("not renewed, to be tried again: %s", error)
            connections.close_all()


# Of this process: one connection for all that it holds.
keeper = Keeper()
