"""Turns at hosts that all processes of a cluster count together, in the ledger and on its clock.

What a process holds lapses where it dies: it is renewed by the keeper, with the numbers as the process knows them.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection, connections, transaction

from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.keeping import keeper, seconds_awake
from jobpipe.runs.process_mark import own_mark
from jobpipe.sources.hosts import HostLimits, set_shared, shared
from jobpipe.sources.shared_turns import Resting

# Seconds after which the turns of a process that is silent are no more.
LENGTH = 30.0
_LONGEST_HOST = 300
# Any number: its locks are those of hosts.
_LOCKS_OF_HOSTS = 0x6A6F_6270_6970_67

_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%(host)s, %(locks)s))"
_TROUBLE = """
    SELECT count, to_char(since AT TIME ZONE 'UTC', 'HH24:MI:SS "UTC"'), reasons::text,
           extract(epoch FROM rests_until - clock_timestamp())::float8
    FROM ledger_hosttrouble WHERE host = %(host)s
"""
_OTHERS = """
    SELECT coalesce(sum(turns), 0) FROM ledger_hostturns
    WHERE host = %(host)s AND holder <> %(holder)s AND until > clock_timestamp()
"""
_SET = """
    INSERT INTO ledger_hostturns (host, holder, turns, until)
    VALUES (%(host)s, %(holder)s, %(turns)s, clock_timestamp() + %(length)s * interval '1 second')
    ON CONFLICT (host, holder) DO UPDATE SET turns = excluded.turns, until = excluded.until
"""
_DROP = "DELETE FROM ledger_hostturns WHERE host = %(host)s AND (holder = %(holder)s OR until <= clock_timestamp())"
_LET_ONE_TRY = """
    UPDATE ledger_hosttrouble SET rests_until = clock_timestamp() + %(pause)s * interval '1 second'
    WHERE host = %(host)s
"""
_FAILED = """
    INSERT INTO ledger_hosttrouble AS known (host, count, since, reasons, rests_until)
    VALUES (
        %(host)s, 1, clock_timestamp(), jsonb_build_array(%(why)s::text),
        CASE WHEN %(failures)s <= 1 THEN clock_timestamp() + %(pause)s * interval '1 second' END
    )
    ON CONFLICT (host) DO UPDATE SET
        count = known.count + 1,
        reasons = CASE
            WHEN known.reasons @> jsonb_build_array(%(why)s::text) THEN known.reasons
            WHEN jsonb_array_length(known.reasons) >= 3 THEN (known.reasons - 0) || jsonb_build_array(%(why)s::text)
            ELSE known.reasons || jsonb_build_array(%(why)s::text)
        END,
        rests_until = CASE
            WHEN known.count + 1 >= %(failures)s THEN clock_timestamp() + %(pause)s * interval '1 second'
            ELSE known.rests_until
        END
"""
_ANSWERED = "DELETE FROM ledger_hosttrouble WHERE host = %(host)s"


def share_hosts(ledger: str) -> None:
    """Let this process count its turns in the open ledger of this URL; "" = by itself."""
    current = shared()
    if ledger:
        if not isinstance(current, LedgerTurns) or current.ledger != ledger:
            set_shared(LedgerTurns(ledger))
    elif current is not None:
        set_shared(None)


class LedgerTurns:
    """`jobpipe.sources.shared_turns.SharedTurns`"""

    def __init__(self, ledger: str, *, holder: str = "") -> None:
        """`ledger`: the URL of the one that is open; `holder`: this process, unless it is to stand for several."""
        self.ledger = ledger
        self.length = LENGTH
        self.renewed = seconds_awake()
        self._holder = holder or own_mark()
        self._lock = threading.Lock()
        self._own: Counter[str] = Counter()
        self._troubled: set[str] = set()
        self._is_kept = False

    def take(self, host: str, limits: HostLimits) -> bool | Resting:
        is_counted = False
        try:
            with self._asking(host) as ask:
                trouble = self._trouble(ask, host)
                is_down = trouble is not None and trouble.failures >= limits.failures
                if trouble is not None and is_down and trouble.seconds > 0:
                    return trouble
                (others,) = ask(_OTHERS)
                if not self._count_up(host, most=limits.per_host - others):
                    return False
                is_counted = True
                ask(_SET, turns=self._own[host])
                if is_down:
                    ask(_LET_ONE_TRY, pause=limits.pause)
        except BaseException:
            if is_counted:
                self._count_down(host)
            raise
        self._be_kept()
        return True

    def give_back(self, host: str) -> None:
        self._count_down(host)
        with self._asking(host) as ask:
            self._write(ask, host)

    def failed(self, host: str, why: str, limits: HostLimits) -> None:
        with self._asking(host) as ask:
            ask(_FAILED, why=why, failures=limits.failures, pause=limits.pause)

    def answered(self, host: str) -> None:
        with self._asking(host) as ask:
            ask(_ANSWERED)
        with self._lock:
            self._troubled.discard(host)

    def knows_trouble(self, host: str) -> bool:
        return host in self._troubled

    def close(self) -> None:
        keeper.drop(self)
        connections.close_all()

    def renew(self) -> None:
        asked = seconds_awake()
        for host in list(self._own):
            with self._asking(host) as ask:
                self._write(ask, host)
        self.renewed = asked

    # ------------------------------------------------------------------------------------------------

    @contextmanager
    def _asking(self, host: str) -> Iterator[Any]:
        """A transaction in which nobody else counts this host. Gives a function that asks for one row."""

        def ask(query: str, **more: Any) -> Any:
            cursor.execute(query, self._words(host, **more))
            return cursor.fetchone() if cursor.description else None

        with ledger_expected():
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    ask(_ALONE)
                    yield ask
            except (OperationalError, InterfaceError):
                # This thread's next question goes over a new one.
                connection.close()
                raise

    def _words(self, host: str, **more: Any) -> dict[str, Any]:
        own = {"host": host[:_LONGEST_HOST], "holder": self._holder, "length": self.length, "locks": _LOCKS_OF_HOSTS}
        return {**own, **more}

    def _write(self, ask: Any, host: str) -> None:
        """How many turns this process has at the host, as it knows itself."""
        if turns := self._own[host]:
            ask(_SET, turns=turns)
        else:
            ask(_DROP)

    def _trouble(self, ask: Any, host: str) -> Resting | None:
        row = ask(_TROUBLE)
        with self._lock:
            (self._troubled.discard if row is None else self._troubled.add)(host)
        if row is None:
            return None
        failures, since, reasons, seconds = row
        return Resting(failures=failures, since=since, reasons=tuple(json.loads(reasons)), seconds=seconds or 0.0)

    def _count_up(self, host: str, *, most: int) -> bool:
        with self._lock:
            if self._own[host] >= most:
                return False
            self._own[host] += 1
            return True

    def _count_down(self, host: str) -> None:
        with self._lock:
            self._own[host] -= 1
            if not self._own[host]:
                del self._own[host]

    def _be_kept(self) -> None:
        with self._lock:
            if self._is_kept:
                return
            self._is_kept = True
        keeper.keep(self)
