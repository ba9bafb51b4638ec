"""The answers that an archive keeps of a source that is asked, by their questions: a file of its own, which the
conductor makes and the process of a crawl reads. Nothing is asked of the source."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from jobpipe.sources.answers import Answer, unframed
from jobpipe.sources.questions import question_digest

# Questions without an answer that are named.
MOST_NAMED = 10
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Answer).decode


class NotKept:
    """The questions that had no answer."""

    def __init__(self) -> None:
        self.count = 0
        self.named: list[str] = []

    def add(self, shown: str) -> None:
        self.count += 1
        if len(self.named) < MOST_NAMED and shown not in self.named:
            self.named.append(shown)

    def as_list(self) -> tuple[str, ...]:
        rest = self.count - len(self.named)
        return (*self.named, f"and {rest:,} more") if rest else tuple(self.named)


class KeptAnswers:
    """To be closed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.not_kept = NotKept()
        self._open = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)

    def answer_to(self, question: bytes, shown: str) -> Answer | None:
        """None = it is not kept, which is noted. `shown`: the question, for people."""
        row = self._open.execute("SELECT answer FROM answers WHERE question = ?", (question,)).fetchone()
        if row is None:
            self.not_kept.add(shown)
            return None
        return _decode(row[0])

    def close(self) -> None:
        self._open.close()


def keep_answers(file: Path, streams: Iterator[Iterable[bytes]]) -> int:
    """How many there are in `file`, which is made.

    `streams`: what the runs read, the last one first. The earlier ones are looked into only for the pages of which the
    last one says that they are as they were. Raises SourceError where a stream is none of answers.
    """
    made = sqlite3.connect(file)
    try:
        made.execute("PRAGMA journal_mode = OFF")
        made.execute("PRAGMA synchronous = OFF")
        made.execute("CREATE TABLE answers (question BLOB PRIMARY KEY, answer BLOB) WITHOUT ROWID")
        as_they_were: set[bytes] = set()
        latest = next(streams, None)
        if latest is not None:
            made.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", _exchanges(latest, as_they_were))
        for earlier in streams:
            if not as_they_were:
                break
            _add_pages(made, earlier, as_they_were)
        made.commit()
        return int(made.execute("SELECT count(*) FROM answers").fetchone()[0])
    finally:
        made.close()


def _exchanges(stream: Iterable[bytes], as_they_were: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for answer in unframed(stream):
        if answer.exchange is not None:
            yield answer.exchange.question, _encode(answer)
        elif answer.kind == "seen":
            as_they_were |= _questions_of(answer.page)


def _add_pages(made: sqlite3.Connection, stream: Iterable[bytes], wanted: set[bytes]) -> None:
    """Those of `wanted` that it has are wanted no more."""
    for answer in unframed(stream):
        if answer.exchange is not None and answer.exchange.question in wanted:
            row = (answer.exchange.question, _encode(answer))
            made.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", row)
            wanted.discard(answer.exchange.question)


def _questions_of(page: str) -> set[bytes]:
    return {question_digest("GET", page), question_digest("GET", page, by=BROWSER)}


# Who asked for a page that its scripts wrote.
BROWSER = "browser"
