"""A ledger that cannot be reached, told to a person: which one, what its server says, what to do.

And what it says of a statement told apart: somebody else has it now, it is away, or the statement is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from django.db import InterfaceError, OperationalError, connection

from jobpipe.errors import OutOfReachError, Place

# By a word of what SQLite says.
_FILE_HINTS = {
    "locked": "another process has been writing for a long time; try again when it has ended",
    "is full": "its disk is full: make room; runs that were under way go on with the next `jobpipe run`",
    "readonly": "the file or its folder may not be written",
}
_OTHER_FILE_HINT = "is it on a disk that is full, read-only, or shared over a network?"


# Of SQLite, by what it calls them: of all others of its errors the statement is to blame.
_BUSY_FILE = ("SQLITE_BUSY", "SQLITE_LOCKED")
_LOST_FILE = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CORRUPT", "SQLITE_NOTADB")
# Of PostgreSQL, codes and classes: waits for locks and deadlocks; connections, resources, a server that shuts down.
_BUSY_SERVER = ("55P03", "40001", "40P01", "57014")
_LOST_SERVER = ("08", "53", "57P", "58")


class Trouble(StrEnum):
    BUSY = "busy"
    AWAY = "away"
    # A fault of job-pipe: it asked for something that cannot be.
    FAULT = "fault"


def trouble_of(error: BaseException) -> Trouble:
    """Of an error that Django's database layer raised."""
    said = error.__cause__ or error
    if (name := getattr(said, "sqlite_errorname", "")) or connection.vendor == "sqlite":
        if name.startswith(_BUSY_FILE):
            return Trouble.BUSY
        return Trouble.AWAY if name.startswith(_LOST_FILE) else Trouble.FAULT
    code = getattr(said, "sqlstate", None) or ""
    if code in _BUSY_SERVER:
        return Trouble.BUSY
    if code.startswith(_LOST_SERVER) or (not code and isinstance(error, (OperationalError, InterfaceError))):
        return Trouble.AWAY
    return Trouble.FAULT


class LedgerUnavailableError(OutOfReachError):
    """The ledger cannot be reached now. A run that meets this is left as it is, to be taken up again."""

    code = "JP3002"


@contextmanager
def ledger_expected() -> Iterator[None]:
    """Within it, a ledger that is lost raises LedgerUnavailableError."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise unavailable(error) from error


def unavailable(error: BaseException) -> LedgerUnavailableError:
    settings = connection.settings_dict
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    if connection.vendor != "postgresql":
        return LedgerUnavailableError(
            f"the ledger cannot be used: {said}",
            place=Place(source=str(settings["NAME"])),
            hint=next((hint for word, hint in _FILE_HINTS.items() if word in said), _OTHER_FILE_HINT),
        )
    host = settings["HOST"] or "localhost"
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return LedgerUnavailableError(
        f"the ledger cannot be reached: {said}",
        place=Place(source=f"postgresql://{'' if host.startswith('/') else host + port}/{settings['NAME']}"),
        hint=_hint(said),
    )


def _hint(said: str) -> str:
    if "authentication failed" in said or "no password supplied" in said:
        return "look at user and password of `cluster: ledger` in jobpipe.yaml"
    if "database" in said and "does not exist" in said:
        return "create the database: job-pipe makes its tables itself"
    if "too many" in said or "remaining connection slots" in said:
        return "raise its max_connections, or run fewer imports at once"
    return "is the server running, and reached from here? Runs that were under way go on with the next `jobpipe run`"
