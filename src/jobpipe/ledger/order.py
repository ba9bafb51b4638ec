"""One transaction after the other, where what one reads decides what it writes."""

from __future__ import annotations

from django.db import connection

# Of this database; any number besides those of `jobpipe.ledger.postgresql`.
_FEED_OF_CHANGES = 0x6A6F_6270_6970_66


def one_at_a_time_in_the_feed_of_changes() -> None:
    """Within a transaction: whoever asks too waits until it is over.

    So numbers are seen in the order in which they were given: SQLite's transactions are one at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FEED_OF_CHANGES])
