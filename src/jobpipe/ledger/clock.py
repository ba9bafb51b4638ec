"""What time it is: by the server of a shared ledger, whose processes' clocks may differ; else by this machine."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from jobpipe.ledger.opening import is_shared


def server_time() -> datetime:
    """The clock of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def ledger_time() -> datetime:
    return server_time() if is_shared() else datetime.now(UTC)
