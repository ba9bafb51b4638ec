"""Opening what was delivered, where it is first asked for: most runs never do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobpipe.errors import DefinitionError, Place

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
    try:
        from jobpipe.documents.delivered.mongo import MongoDelivered
    except ImportError as error:
        place = Place(source="jobpipe.yaml", field="cluster.documents")
        raise DefinitionError(
            "documents on MongoDB need pymongo", place=place, hint="pip install 'job-pipe[cluster]'"
        ) from error
    return MongoDelivered(uri)
