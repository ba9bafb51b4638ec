"""The stores that the contract of documents holds for: another one is one more line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mongo_server import documents_uri

from jobpipe.documents.mongo import MongoDocuments
from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.store import Documents

# Name -> opens the store that lies at (or is named after) a folder, keeping so many revisions.
Opener = Callable[[Path, int], Documents]

STORES: dict[str, Opener] = {
    "sqlite": lambda folder, kept: SqliteDocuments(folder / "documents.sqlite3", revisions_kept=kept),
    "mongo": lambda folder, kept: MongoDocuments(documents_uri(folder), revisions_kept=kept),
}
