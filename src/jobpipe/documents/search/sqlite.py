"""The index of postings in an SQLite file of its own, with FTS5 (https://www.sqlite.org/fts5.html)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from backports import zstd

from jobpipe.documents.search.counting import surveyed
from jobpipe.documents.search.numbers import END, number_of
from jobpipe.documents.search.store import MOST_COUNTED, Entry, Position, Survey, Wanted
from jobpipe.documents.search.words import asked, import_mark, wanted_marks, words_in
from jobpipe.documents.sqlite_compacting import compact
from jobpipe.documents.sqlite_file import Layout, SqliteFile

LAYOUT = Layout("the index of postings", 1, "search again: it is made anew", "jobpipe.documents.search")

_SHOWN = "import_id, row, key, state, reason, first_day, title, company, place, countries, contract, categories"
_SAVE = f"INSERT INTO posting (number, {_SHOWN}) VALUES ({', '.join('?' * 13)})"
_COUNTED = "p.import_id, p.state, p.countries, p.contract, p.categories"
_GIVE = "INSERT INTO by_word (rowid, words) VALUES (?, ?)"
_TAKE = "INSERT INTO by_word (by_word, rowid, words) VALUES ('delete', ?, ?)"
_TABLES = ("posting", "given", "position")
# Rows in one query.
_AT_ONCE = 500
# Imports that are looked for by their marks; of more it is cheaper to look at what is found.
_MOST_MARKS = 200
_CLEARING_SECONDS = 60.0
_compressor = zstd.ZstdCompressor(level=1)
_texts = msgspec.json.Decoder(tuple[str, ...]).decode


class SqliteSearchIndex:
    """See `jobpipe.documents.search.store.SearchIndex`. For any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        """Raises JobpipeError where the file cannot be opened or is no database of ours."""
        self._path = path
        self._file = SqliteFile(path, LAYOUT)

    def close(self) -> None:
        self._file.close()

    # What it is made of ------------------------------------------------------------------------------

    def position(self) -> Position | None:
        found = self._file.fetch("SELECT document FROM position")
        return msgspec.json.decode(found[0][0], type=Position) if found else None

    def apply(
        self,
        entries: Sequence[Entry],
        gone: Collection[tuple[int, int]],
        *,
        before: Position | None,
        after: Position,
    ) -> bool:
        newest = {(one.import_id, one.row): one for one in entries}
        with self._file.transaction():
            if self.position() != before:
                return False
            self._take_out([*gone, *newest])
            self._take_in(newest.values())
            self._file.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", (msgspec.json.encode(after).decode(),))
        return True

    def drop(self, import_id: int, rows: Collection[int]) -> None:
        with self._file.transaction():
            self._take_out([(import_id, row) for row in rows])

    def clear(self) -> None:
        with self._file.transaction():
            for table in _TABLES:
                self._file.execute(f"DELETE FROM {table}")
            self._file.execute("INSERT INTO by_word (by_word) VALUES ('delete-all')")
        with self._file.errors_named():
            compact(self._path, _CLEARING_SECONDS)

    def _take_out(self, rows: Iterable[tuple[int, int]]) -> None:
        numbers: list[int] = []
        by_import: dict[int, list[int]] = {}
        for import_id, row in rows:
            by_import.setdefault(import_id, []).append(row)
        for import_id, some in by_import.items():
            numbers += self._numbers(import_id, some)
        for number in numbers:
            ((packed,),) = self._file.fetch("SELECT packed FROM given WHERE number = ?", (number,))
            self._file.execute(_TAKE, (number, zstd.decompress(packed).decode()))
        for table in ("given", "posting"):
            self._file.execute_many(f"DELETE FROM {table} WHERE number = ?", ((number,) for number in numbers))

    def _numbers(self, import_id: int, rows: list[int]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            query = f"SELECT number FROM posting WHERE import_id = ? AND row IN ({', '.join('?' * len(some))})"
            found += self._file.integers(query, (import_id, *some))
        return found

    def _take_in(self, entries: Iterable[Entry]) -> None:
        # FTS5 takes numbers best in their order.
        numbered = sorted(((number_of(entry), entry) for entry in entries), key=lambda one: one[0])
        words = [(number, " ".join(words_in(entry))) for number, entry in numbered]
        self._file.execute_many(_SAVE, ((number, *_values(entry)) for number, entry in numbered))
        self._file.execute_many(_GIVE, words)
        self._file.execute_many("INSERT INTO given VALUES (?, ?)", ((number, _packed(text)) for number, text in words))

    # What is asked -----------------------------------------------------------------------------------

    def search(self, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        shown = ", ".join(f"p.{name}" for name in _SHOWN.split(", "))
        return [_entry(row) for row in self._found(shown, wanted, END if before is None else before, limit)]

    def survey(self, wanted: Wanted) -> Survey:
        rows = self._found(_COUNTED, wanted, END, MOST_COUNTED + 1)
        return surveyed((owner, state, _list(a), contract, _list(b)) for owner, state, a, contract, b in rows)

    def _found(self, fields: str, wanted: Wanted, below: int, limit: int) -> list[Any]:
        if wanted.imports is not None and not wanted.imports:
            return []
        match, among = _match(wanted), ""
        values: list[Any] = [below]
        if wanted.imports is not None and len(wanted.imports) > _MOST_MARKS:
            among = f"AND p.import_id IN ({', '.join('?' * len(wanted.imports))})"
            values += sorted(wanted.imports)
        if not match:
            query = f"SELECT {fields} FROM posting AS p WHERE p.number < ? {among} ORDER BY p.number DESC LIMIT ?"
            return self._file.fetch(query, (*values, limit))
        query = f"""
            SELECT {fields} FROM by_word AS w CROSS JOIN posting AS p ON p.number = w.rowid
            WHERE by_word MATCH ? AND w.rowid < ? {among} ORDER BY w.rowid DESC LIMIT ?
        """
        return self._file.fetch(query, (match, *values, limit))


def _match(wanted: Wanted) -> str:
    """An expression of FTS5; "" = all. Words of letters, digits and `SIGN`, in quotes."""
    parts = [f'"{one.word}"{"*" if one.begins else ""}' for one in asked(wanted.text)]
    parts += [f'"{mark}"' for mark in wanted_marks(wanted)]
    if wanted.imports is not None and len(wanted.imports) <= _MOST_MARKS:
        parts.append("(" + " OR ".join(f'"{import_mark(number)}"' for number in sorted(wanted.imports)) + ")")
    return " AND ".join(parts)


def _values(entry: Entry) -> tuple[Any, ...]:
    made = {name: getattr(entry, name) for name in _SHOWN.split(", ")}
    for name in ("countries", "categories"):
        made[name] = msgspec.json.encode(made[name]).decode() if made[name] else ""
    return tuple(made.values())


def _entry(row: Sequence[Any]) -> Entry:
    found = dict(zip(_SHOWN.split(", "), row, strict=True))
    return Entry(**{**found, "countries": _list(found["countries"]), "categories": _list(found["categories"])})


def _packed(words: str) -> bytes:
    return _compressor.compress(words.encode(), zstd.ZstdCompressor.FLUSH_FRAME)


@lru_cache(maxsize=10_000)
def _list(text: str) -> tuple[str, ...]:
    return _texts(text) if text else ()
