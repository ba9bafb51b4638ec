"""Leases on the server's clock: one statement takes one, renews it or gives it back, so that no two have the same."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

_TAKE = """
    INSERT INTO {table} AS held ({key}, holder, fence, until)
    VALUES (%(of)s, %(holder)s, 1, clock_timestamp() + %(length)s * interval '1 second')
    ON CONFLICT ({key}) DO UPDATE
    SET holder = excluded.holder, fence = held.fence + 1,
        until = clock_timestamp() + %(length)s * interval '1 second'
    WHERE held.until <= clock_timestamp() OR (held.holder = %(dead)s AND held.holder <> '')
    RETURNING fence
"""
_RENEW = """
    UPDATE {table} SET until = clock_timestamp() + %(length)s * interval '1 second'
    WHERE {key} = %(of)s AND fence = %(fence)s AND holder <> ''
"""
_GIVE_BACK = """
    UPDATE {table} SET until = clock_timestamp(), holder = '' WHERE {key} = %(of)s AND fence = %(fence)s
"""
# Whoever would take over waits until the transaction that asks this is over.
_IS_CURRENT = "SELECT 1 FROM {table} WHERE {key} = %(of)s AND fence = %(fence)s FOR SHARE"
_HOLDER = "SELECT holder FROM {table} WHERE {key} = %(of)s"


@dataclass(frozen=True, slots=True)
class Kept:
    """What there are leases of: a table, and the column that says of which."""

    table: str
    key: str

    def sql(self, statement: str) -> str:
        return statement.format(table=self.table, key=self.key)


# By the number of the import.
IMPORTS = Kept("ledger_lease", "import_id")
# By the name of the duty.
DUTIES = Kept("ledger_dutylease", "duty")


def take(of: int | str, holder: str, length: float, *, dead: str = "", kept: Kept = IMPORTS) -> int | None:
    """The fence of the lease, now held for `length` seconds; None where another holds it.

    `dead`: a holder that is known to be no more, whose lease need not lapse first.
    """
    with connection.cursor() as cursor:
        cursor.execute(kept.sql(_TAKE), {"of": of, "holder": holder, "length": length, "dead": dead})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def renew(of: int | str, fence: int, length: float, *, kept: Kept = IMPORTS) -> bool:
    """Whether the lease is still this one's, from now on for `length` seconds."""
    with connection.cursor() as cursor:
        cursor.execute(kept.sql(_RENEW), {"of": of, "fence": fence, "length": length})
        return bool(cursor.rowcount)


def give_back(of: int | str, fence: int, *, kept: Kept = IMPORTS) -> None:
    """Nothing happens where another has taken it over."""
    with connection.cursor() as cursor:
        cursor.execute(kept.sql(_GIVE_BACK), {"of": of, "fence": fence})


def holder_of(of: int | str, *, kept: Kept = IMPORTS) -> str:
    """Whoever holds it, or held it last and died; "" = nobody."""
    with connection.cursor() as cursor:
        cursor.execute(kept.sql(_HOLDER), {"of": of})
        row = cursor.fetchone()
    return row[0] if row else ""


def is_current(of: int | str, fence: int, *, kept: Kept = IMPORTS) -> bool:
    """Whether nobody has taken over since; within a transaction it stays so until its end."""
    with connection.cursor() as cursor:
        cursor.execute(kept.sql(_IS_CURRENT), {"of": of, "fence": fence})
        return cursor.fetchone() is not None
