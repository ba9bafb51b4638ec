"""What is wanted of a JSON document while it is walked through: the records, and values beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jobpipe.sources.formats.json.paths import Token, parse_path

# For each target, how many steps of its path were gone to get here; -1 = it is not below here.
Progress = tuple[int, ...]
RECORD, TOTAL = 0, 1


class Targets:
    """The path of the records is target 0, that of the total 1 (never met where none is wanted), then the feed's."""

    def __init__(self, record: tuple[Token, ...], total: str | None, feed_paths: tuple[str, ...]) -> None:
        self.feed_paths = feed_paths
        self._paths: list[tuple[Token, ...]] = [record, parse_path(total) if total else ()]
        self._paths += [parse_path(path) for path in feed_paths]
        self._has_total = bool(total)
        self._length = len(record)
        # The array at `jobs` stands for its items; at `jobs[*]` they are meant already.
        self._takes_items = not record or record[-1] is not None

    def root(self) -> Progress:
        return (0, 0 if self._has_total else -1, *(0 for _ in self.feed_paths))

    def below(self, progress: Progress, key: str) -> Progress:
        return tuple(self._step(number, gone, key) for number, gone in enumerate(progress))

    def _step(self, number: int, gone: int, key: str) -> int:
        path = self._paths[number]
        if gone < 0 or gone >= len(path):
            return -1
        return gone + 1 if path[gone] is None or path[gone] == key else -1

    def item(self, progress: Progress, index: int) -> Progress:
        return tuple(self._step_into(number, gone, index) for number, gone in enumerate(progress))

    def _step_into(self, number: int, gone: int, index: int) -> int:
        path = self._paths[number]
        if gone < 0 or gone > len(path):
            return -1
        if gone == len(path):
            return gone + 1 if number == RECORD and self._takes_items else -1
        token = path[gone]
        if isinstance(token, int):
            return gone + 1 if token == index else -1
        return gone + 1 if token is None else gone

    def is_record(self, progress: Progress, *, is_array: bool) -> bool:
        """Whether the value here is one; the array that holds them is none."""
        gone = progress[RECORD]
        return gone > self._length or (gone == self._length and not (is_array and self._takes_items))

    def has_records(self, progress: Progress) -> bool:
        """The path of the records leads here."""
        return progress[RECORD] >= self._length

    def is_keyed(self, progress: Progress) -> bool:
        """The next step is every value: of an object, too."""
        path, gone = self._paths[RECORD], progress[RECORD]
        return 0 <= gone < len(path) and path[gone] is None

    def wants_value(self, progress: Progress) -> list[int]:
        """The numbers of the targets, other than records, that are here."""
        return [number for number in range(TOTAL, len(progress)) if progress[number] == len(self._paths[number])]

    def goes_on(self, progress: Progress) -> bool:
        """Something wanted may be below."""
        return any(gone >= 0 for gone in progress)

    def is_through_array(self, number: int) -> bool:
        return None in self._paths[number]


class FeedValues:
    """The values of the feed-level paths, as they stand at this point of the document."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._values: dict[str, tuple[str, ...]] = {}
        # The paths that were met since the last record: more of them join what is there.
        self._fresh: set[int] = set()
        self.was_changed = False

    def put(self, number: int, value: Any) -> None:
        path = self._targets.feed_paths[number - TOTAL - 1]
        texts = tuple(_texts(value))
        if number in self._fresh and self._targets.is_through_array(number):
            texts = self._values.get(path, ()) + texts
        self._fresh.add(number)
        if texts != self._values.get(path):
            self._values[path] = texts
            self.was_changed = True

    def take(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Those that have a value, for the context of the next record."""
        self.was_changed = False
        return tuple((path, values) for path, values in self._values.items() if values)

    def record_follows(self) -> None:
        self._fresh.clear()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield json.dumps(value, ensure_ascii=False)
