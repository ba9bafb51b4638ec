"""Leases on the server's clock: one statement takes one, renews it or gives it back, so that no two have the same."""

from __future__ import annotations

from django.db import connection

_TAKE = """
    INSERT INTO ledger_lease AS held (import_id, holder, fence, until)
    VALUES (%(import)s, %(holder)s, 1, clock_timestamp() + %(length)s * interval '1 second')
    ON CONFLICT (import_id) DO UPDATE
    SET holder = excluded.holder, fence = held.fence + 1,
        until = clock_timestamp() + %(length)s * interval '1 second'
    WHERE held.until <= clock_timestamp() OR (held.holder = %(dead)s AND held.holder <> '')
    RETURNING fence
"""
_RENEW = """
    UPDATE ledger_lease SET until = clock_timestamp() + %(length)s * interval '1 second'
    WHERE import_id = %(import)s AND fence = %(fence)s AND holder <> ''
"""
_GIVE_BACK = """
    UPDATE ledger_lease SET until = clock_timestamp(), holder = '' WHERE import_id = %(import)s AND fence = %(fence)s
"""
# Whoever would take over waits until the transaction that asks this is over.
_IS_CURRENT = "SELECT 1 FROM ledger_lease WHERE import_id = %(import)s AND fence = %(fence)s FOR SHARE"


def take(import_id: int, holder: str, length: float, *, dead: str = "") -> int | None:
    """The fence of the lease, now held for `length` seconds; None where another holds it.

    `dead`: a holder that is known to be no more, whose lease need not lapse first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"import": import_id, "holder": holder, "length": length, "dead": dead})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def renew(import_id: int, fence: int, length: float) -> bool:
    """Whether the lease is still this one's, from now on for `length` seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"import": import_id, "fence": fence, "length": length})
        return bool(cursor.rowcount)


def give_back(import_id: int, fence: int) -> None:
    """Nothing happens where another has taken it over."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"import": import_id, "fence": fence})


def holder_of(import_id: int) -> str:
    """Whoever holds it, or held it last and died; "" = nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT holder FROM ledger_lease WHERE import_id = %s", [import_id])
        row = cursor.fetchone()
    return row[0] if row else ""


def is_current(import_id: int, fence: int) -> bool:
    """Whether nobody has taken over since; within a transaction it stays so until its end."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_CURRENT, {"import": import_id, "fence": fence})
        return cursor.fetchone() is not None
