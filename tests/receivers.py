"""Destinations for tests, in this process: what a partner's server does with what it is sent, and how it fails."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobpipe.destinations.ways.way import (
    Answer,
    Change,
    Fate,
    ItemAnswer,
    NotReachedError,
    Ready,
    RefusedError,
    UnknownFateError,
)

Failing = Callable[[], str]


@dataclass
class Receiver:
    """Knows changes by their idempotency keys, as a partner with such keys does, and keeps what it was told."""

    # What happens to the next request: "", unreached, refused, dropped (done, but the answer is lost), again.
    fails: Failing = field(default=lambda: "")
    # Titles that it will not have.
    refuses: set[str] = field(default_factory=set)
    # Whether it says which it refuses, or only that it refuses the batch.
    names_guilty: bool = True
    # What it has by now: id -> posting.
    postings: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Each change that was done, once, in the order of their coming.
    done: list[Change] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    requests: int = 0

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        self.requests += 1
        fate = self.fails()
        if fate == "unreached":
            raise NotReachedError("no connection")
        if fate == "error":
            raise UnknownFateError("HTTP 500")
        guilty = {one.idempotency_key for one in batch if self._is_refused(one)}
        if guilty and not self.names_guilty:
            raise RefusedError("one of them is wrong")
        items: dict[str, ItemAnswer] = {}
        for number, change in enumerate(batch):
            if fate == "again" and number % 2:
                items[change.idempotency_key] = ItemAnswer(fate=Fate.AGAIN, said="busy")
            elif change.idempotency_key in guilty:
                items[change.idempotency_key] = ItemAnswer(fate=Fate.REFUSED, said="not this title")
            else:
                self._take(change)
        if fate == "dropped":
            raise UnknownFateError("the connection was lost")
        return Answer(items=items, said="200")

    def close(self) -> None: ...

    def _is_refused(self, change: Change) -> bool:
        return bool(change.body) and json.loads(change.body)["title"] in self.refuses

    def _take(self, change: Change) -> None:
        if change.idempotency_key in self.seen:
            return
        self.seen.add(change.idempotency_key)
        self.done.append(change)
        if change.action == "upsert":
            self.postings[change.id] = json.loads(change.body)
        else:
            self.postings.pop(change.id, None)

    @property
    def titles(self) -> dict[str, str]:
        return {id.partition("/")[2]: posting["title"] for id, posting in self.postings.items()}

    def out_of_order(self) -> list[tuple[str, int, str]]:
        """Changes that came with no higher number than one before of the same posting: id, number, action."""
        last: dict[str, int] = {}
        wrong = []
        for change in self.done:
            if change.number <= last.get(change.id, 0):
                wrong.append((change.id, change.number, change.action))
            last[change.id] = max(change.number, last.get(change.id, 0))
        return wrong


def at_random(seed: int, share: float) -> Failing:
    """Of so many requests each fails in some way."""
    chance = random.Random(seed)
    return lambda: chance.choice(["unreached", "error", "dropped", "again"]) if chance.random() < share else ""


@dataclass
class Drop:
    """A folder of a partner: what was published last."""

    fails: Failing = field(default=lambda: "")
    files: dict[str, bytes] = field(default_factory=dict)
    published: int = 0

    def publish(self, files: Sequence[Ready]) -> str:
        if self.fails():
            raise NotReachedError("no connection")
        self.files = {one.name: one.path.read_bytes() for one in files}
        self.published += 1
        return "published"

    def close(self) -> None: ...
