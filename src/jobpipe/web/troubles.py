"""What went wrong while somebody was answered: whether it passes by itself, and what developers are told of it."""

from __future__ import annotations

import contextlib
import logging

from django.db import DatabaseError, InterfaceError, connections

from jobpipe.errors import OutOfReachError
from jobpipe.ledger.unavailable import Trouble, trouble_of
from jobpipe.runs.recording_failures import record_failure
from jobpipe.web.project import workspace

log = logging.getLogger("jobpipe.web")


def passing_trouble(error: Exception) -> Trouble | None:
    """`busy` or `away`; None = it will be no better in a minute."""
    if isinstance(error, OutOfReachError):
        found = Trouble.AWAY
    elif isinstance(error, (DatabaseError, InterfaceError)):
        found = trouble_of(error)
    else:
        return None
    connections.close_all()
    if found is Trouble.FAULT:
        return None
    log.error("a store is %s: %s", found, error)
    return found


def tell_developers(error: Exception) -> None:
    """An incident, as well as that can be."""
    with contextlib.suppress(Exception):
        record_failure(workspace().project, error)
