"""The engineer's script: lxml, the transformation, one SQLite file; every record is transformed every day.

Postings are compressed, and lie beside the narrow table of what is known of them; both are faster that way.
Commits are as durable as job-pipe's.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import xxhash
from lxml import etree

from bench.peers.answer import Answer, arguments, give
from bench.peers.posting import Fields, encode, fields_of, posting_of
from bench.peers.reading import records

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BATCH = 1_000

# What identifies a version of a record: None = its posting's digest, made below.
DigestOf = Callable[[etree._Element], bytes]

_SCHEMA = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS offers (
        key TEXT PRIMARY KEY, digest BLOB NOT NULL, first_run INTEGER NOT NULL, changed_run INTEGER NOT NULL,
        seen_run INTEGER NOT NULL, is_live INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS postings (key TEXT PRIMARY KEY, posting BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY);
"""
_UPSERT = """
    INSERT INTO offers VALUES (?1, ?2, ?3, ?3, ?3, 1)
    ON CONFLICT (key) DO UPDATE SET digest = ?2, changed_run = ?3, seen_run = ?3, is_live = 1
"""
_UPSERT_POSTING = "INSERT INTO postings VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET posting = ?2"
_SEEN = "UPDATE offers SET seen_run = ?, is_live = 1 WHERE key = ?"
_EXPIRE = "UPDATE offers SET is_live = 0, changed_run = ?1 WHERE seen_run < ?1 AND is_live = 1"


class Script:
    def __init__(
        self, folder: Path, *, digest_of: DigestOf | None = None, transform: Callable[[Fields], Any] = posting_of
    ) -> None:
        """`digest_of` knows a record by its bytes, so that an unchanged one is not transformed."""
        self._transform = transform
        self._digest_of = digest_of
        self._database = sqlite3.connect(folder / "offers.sqlite3", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._run = self._database.execute("INSERT INTO runs VALUES (NULL)").lastrowid
        self._known: dict[str, bytes] = dict(self._database.execute("SELECT key, digest FROM offers"))
        self._rows: list[tuple[str, bytes, int | None]] = []
        self._postings: list[tuple[str, bytes]] = []
        self._seen: list[tuple[int | None, str]] = []

    def run(self, feed: Path) -> Answer:
        answer = Answer(new=0, updated=0, unchanged=0, expired=0)
        for element in records(feed):
            answer.read += 1
            try:
                self._take(element, answer)
            except (msgspec.ValidationError, ValueError, KeyError) as error:
                answer.rejected += 1
                print(f"{element.get('id')}: {error}", file=sys.stderr)
            if len(self._rows) + len(self._seen) >= BATCH:
                self._write()
        self._write()
        answer.expired = self._database.execute(_EXPIRE, (self._run,)).rowcount
        self._database.close()
        return answer

    def _take(self, element: etree._Element, answer: Answer) -> None:
        key = element.findtext("reference") or ""
        digest = self._digest_of(element) if self._digest_of else b""
        known = self._known.get(key)
        if digest and known == digest:
            self._keep_as_seen(key, answer)
            return
        posting = encode(self._transform(fields_of(element)))
        digest = digest or xxhash.xxh3_128_digest(posting)
        if known == digest:
            self._keep_as_seen(key, answer)
            return
        self._rows.append((key, digest, self._run))
        self._postings.append((key, zstd.compress(posting, 1)))
        if known is None:
            answer.new = (answer.new or 0) + 1
        else:
            answer.updated = (answer.updated or 0) + 1

    def _keep_as_seen(self, key: str, answer: Answer) -> None:
        self._seen.append((self._run, key))
        answer.unchanged = (answer.unchanged or 0) + 1

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(_UPSERT, self._rows)
        self._database.executemany(_UPSERT_POSTING, self._postings)
        self._database.executemany(_SEEN, self._seen)
        self._database.execute("COMMIT")
        self._rows.clear()
        self._postings.clear()
        self._seen.clear()


def main() -> None:
    feed, folder = arguments()
    give(Script(folder).run(feed))


if __name__ == "__main__":
    main()
