"""Opening the index of postings, where it is first asked for: runs never do."""

from __future__ import annotations

from pathlib import Path

from jobpipe.documents.mongo_expected import mongo_expected
from jobpipe.documents.search.store import SearchIndex

FILE = "search.sqlite3"


def open_search(state: Path, uri: str) -> SearchIndex:
    """On the server of this URI, else in a file of the folder of state, which is made where it is not there yet.

    Raises JobpipeError where it cannot be opened.
    """
    if not uri:
        from jobpipe.documents.search.sqlite import SqliteSearchIndex

        return SqliteSearchIndex(state / FILE)
    with mongo_expected():
        from jobpipe.documents.search.mongo import MongoSearchIndex
    return MongoSearchIndex(uri)
