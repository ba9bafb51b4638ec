"""A table of a PostgreSQL database, with psycopg (the extra `sql`): a batch is one transaction."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from jobpipe.definition.targets import SqlTarget
from jobpipe.destinations.ways.reaching import addresses_of, library, said_by
from jobpipe.destinations.ways.sql_rows import creation, quoted, row_of, upsert
from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    NotReachedError,
    RejectedLoginError,
    UnknownFateError,
    WayError,
)
from jobpipe.errors import DefinitionError, Place
from jobpipe.safety.secrets import redact

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT = 15
# Classes of SQLSTATE for which a person is needed: a login, a right, a name, a server that may only be read.
_PERSON = ("25", "28", "3D", "3F", "42")
# The fault of one row: its values, a constraint of theirs, a limit of the server.
_OF_A_ROW = ("22", "23", "54")
# libpq says no SQLSTATE of a connection that was refused.
_REFUSED_LOGIN = re.compile(
    r"authentication failed|no password supplied|pg_hba|does not exist|permission denied|not permitted|certificate"
)
# What would lead elsewhere than the address says.
_NOT_HERE = ("service", "servicefile", "hostaddr", "passfile")


class PostgresWay:
    def __init__(self, target: SqlTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._place = Place(source=redact(target.sql).partition("?")[0])
        self._psycopg = library("psycopg", what="postgresql://", extra="sql", place=self._place)
        try:
            self._options = dict(self._psycopg.conninfo.conninfo_to_dict(target.sql))
        except self._psycopg.Error as error:
            raise DefinitionError(f"is no address: {said_by(error)}", place=self._place) from error
        for word in _NOT_HERE:
            if word in self._options:
                raise DefinitionError(f"{word} is not taken here", place=self._place, hint="name host and port")
        if not self._options.get("host"):
            raise DefinitionError("names no host", place=self._place, hint="postgresql://user:password@host/database")
        self._table = quoted(target.table)
        self._statement = upsert(self._table, mark="%s", now="now()").encode()
        self._timeout = target.timeout
        self._connection: psycopg.Connection[Any] | None = None
        self._is_committing = False

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        self._is_committing = False
        with self._errors():
            connection = self._opened()
            with self._in_time(connection):
                refused = self._written(connection, batch)
                self._is_committing = True
                connection.commit()
            return Answer(items=refused)
        raise AssertionError("unreachable")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(self._psycopg.Error):
                connection.close()

    # Writing ----------------------------------------------------------------------------------------

    def _written(self, connection: psycopg.Connection[Any], batch: Sequence[Change]) -> dict[str, ItemAnswer]:
        """Those that were refused: all go at once, and one by one where a row of them is at fault."""
        try:
            with connection.cursor() as cursor:
                cursor.executemany(self._statement, [row_of(change) for change in batch])
            return {}
        except Exception as error:
            if not self._is_of_a_row(error):
                raise
        connection.rollback()
        refused: dict[str, ItemAnswer] = {}
        for change in batch:
            try:
                with connection.transaction():
                    connection.execute(self._statement, row_of(change))
            except Exception as error:
                if not self._is_of_a_row(error):
                    raise
                refused[change.idempotency_key] = ItemAnswer(fate=Fate.REFUSED, said=said_by(error))
        return refused

    def _is_of_a_row(self, error: Exception) -> bool:
        if isinstance(error, (UnicodeError, OverflowError, msgspec.DecodeError)):
            return True
        if not isinstance(error, self._psycopg.Error):
            return False
        # psycopg itself refuses a text with NUL, without a SQLSTATE.
        return (error.sqlstate or "")[:2] in _OF_A_ROW or (
            error.sqlstate is None and isinstance(error, self._psycopg.DataError)
        )

    # Connecting -------------------------------------------------------------------------------------

    def _opened(self) -> psycopg.Connection[Any]:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        self._connection = self._psycopg.connect(**{**self._options, **self._reached()})
        with self._in_time(self._connection):
            self._make_table(self._connection)
        return self._connection

    def _make_table(self, connection: psycopg.Connection[Any]) -> None:
        """Not asked for where it is there: that alone would need the right to make tables."""
        found = connection.execute("SELECT to_regclass(%s)", (self._table,)).fetchone()
        if found is None or found[0] is None:
            connection.execute(creation(self._table, json="jsonb", moment="timestamptz").encode())
        connection.commit()

    def _reached(self) -> dict[str, Any]:
        """To the very addresses that the network guard has seen; certificates are still checked against the names."""
        hosts = str(self._options["host"]).split(",")
        ports = str(self._options.get("port") or 5432).split(",")
        ports = ports * len(hosts) if len(ports) == 1 else ports
        names: list[str] = []
        addresses: list[str] = []
        for host, port in zip(hosts, ports, strict=False):
            # A folder is that of a socket of this machine.
            found = addresses_of("127.0.0.1" if host.startswith("/") else host, int(port or 5432), self._place)
            names += [host] * (1 if host.startswith("/") else len(found))
            addresses += [""] if host.startswith("/") else found
        milliseconds = int(self._timeout * 1000)
        given = {"connect_timeout": min(CONNECT_TIMEOUT, max(2, int(self._timeout))), "application_name": "job-pipe"}
        return {**given, "tcp_user_timeout": milliseconds, **_hosts(names, addresses, hosts, ports)}

    @contextmanager
    def _in_time(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """A server that says nothing more is hung up on: libpq itself would wait for ever."""
        timer = threading.Timer(self._timeout, _hang_up, (connection,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    # Errors -----------------------------------------------------------------------------------------

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Whatever fails before the commit was surely not written."""
        try:
            yield
        except self._psycopg.Error as error:
            raise self._told(error) from error
        finally:
            connection = self._connection
            if connection is not None and not connection.closed and connection.info.transaction_status:
                self.close()

    def _told(self, error: Any) -> WayError:
        said, state = said_by(error), error.sqlstate or ""
        if state[:2] in _PERSON or (not state and _REFUSED_LOGIN.search(said)):
            hint = "check the user, the password, the database, and the rights on the table"
            return RejectedLoginError(f"does not let us write: {said}", place=self._place, hint=hint)
        if self._is_committing:
            what = f"broke off while the batch was committed: {said}"
            return UnknownFateError(what, place=self._place, hint="it is sent again, which changes nothing twice")
        hint = "is it up, and may this machine reach it? Nothing was written"
        return NotReachedError(f"cannot be written: {said}", place=self._place, hint=hint)


def _hosts(names: list[str], addresses: list[str], hosts: list[str], ports: list[str]) -> dict[str, str]:
    port_of = dict(zip(hosts, ports, strict=False))
    given = {"host": ",".join(names), "port": ",".join(port_of[name] for name in names)}
    return given if not any(addresses) else {**given, "hostaddr": ",".join(addresses)}


def _hang_up(connection: psycopg.Connection[Any]) -> None:
    # It may be closed by now, or just being so.
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
