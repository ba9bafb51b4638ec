"""Opening what was delivered, where it is first asked for: most runs never do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobpipe.documents.mongo_expected import mongo_expected

if TYPE_CHECKING:
    from jobpipe.documents.delivered.upkeep import OpenedDelivered

FILE = "deliveries.sqlite3"


def open_delivered(state: Path, uri: str) -> OpenedDelivered:
    """On the server of this URI, else in a file of the folder of state, which is made where it is not there yet.

    Raises JobpipeError where it cannot be opened.
    """
    if not uri:
        from jobpipe.documents.delivered.sqlite import SqliteDelivered

        return SqliteDelivered(state / FILE)
    with mongo_expected():
        from jobpipe.documents.delivered.mongo import MongoDelivered
    return MongoDelivered(uri)
