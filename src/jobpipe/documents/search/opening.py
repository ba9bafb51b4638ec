"""Opening the index of postings, where it is first asked for: runs never do."""

from __future__ import annotations

from pathlib import Path

from jobpipe.documents.search.store import SearchIndex
from jobpipe.errors import DefinitionError, Place

FILE = "search.sqlite3"


def open_search(state: Path, uri: str) -> SearchIndex:
    """On the server of this URI, else in a file of the folder of state, which is made where it is not there yet.

    Raises JobpipeError where it cannot be opened.
    """
    if not uri:
        from jobpipe.documents.search.sqlite import SqliteSearchIndex

        return SqliteSearchIndex(state / FILE)
    try:
        from jobpipe.documents.search.mongo import MongoSearchIndex
    except ImportError as error:
        place = Place(source="jobpipe.yaml", field="cluster.documents")
        raise DefinitionError(
            "documents on MongoDB need pymongo", place=place, hint="pip install 'job-pipe[cluster]'"
        ) from error
    return MongoSearchIndex(uri)
