"""The figures of one run: what is counted of an import's live postings when it ends, in a bounded size.

They are counted from the facts that lie beside each posting (`jobpipe.posting_facts`), column by column: neither
bodies nor postings are looked at.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from backports import zstd

from jobpipe.posting_facts import (
    CLOSED,
    CLOSED_AT,
    COUNTRY_AT,
    CURRENCY_AT,
    DAY_AT,
    DIGESTS_AT,
    FIELDS,
    FLAWS,
    FLAWS_AT,
    LANGUAGE_AT,
    LANGUAGES,
    LENGTHS_AT,
    PRESENT_AT,
    TEXT_AT,
    TEXT_LANGUAGE_AT,
    TITLE_AT,
    WIDTH,
)

# Above so many live postings, every second, third … is counted.
COUNTED_AT_MOST = 20_000
# Values of a distribution that are kept by name; the others together are OTHER.
KEPT_VALUES = 24
NOTHING, OTHER = "", "*"
# Digests of values that are alike in many postings, with where they lie and how many bytes they have.
_ALIKE_AT = {"description": (TEXT_AT, 4), "title": (TITLE_AT, 4), "posted_at": (DAY_AT, 2)}
_LETTERS_AT = {
    "locations.country": (COUNTRY_AT, 2),
    "language": (LANGUAGE_AT, 2),
    "salary.currency": (CURRENCY_AT, 3),
}
# Pairs that are looked at: a sample of what has changed is enough.
PAIRS_AT_MOST = 20_000
_MAX_BYTES = 4 * 1024 * 1024


class Pairs(msgspec.Struct, kw_only=True):
    """What changed in postings that were there before: each beside itself."""

    # Changed in this run and looked at.
    looked_at: int = 0
    # Of all postings that the run has changed: `looked_at` stands for so many.
    changed: int = 0
    # Field -> how many had it and have it no more; had it not and have it now.
    lost: dict[str, int] = {}
    gained: dict[str, int] = {}
    # Flaw -> how many have it now and had it not.
    flawed: dict[str, int] = {}
    # Distribution or length -> how many have another value now.
    moved: dict[str, int] = {}


class Figures(msgspec.Struct, kw_only=True):
    # Live postings, and how many of them were counted here.
    live: int = 0
    counted: int = 0
    # Field -> how many have it.
    present: dict[str, int] = {}
    # Flaw -> how many have it.
    flaws: dict[str, int] = {}
    # Distribution -> value -> how many; of a category, company or city the value is a digest.
    values: dict[str, dict[str, int]] = {}
    # Length -> step (`jobpipe.posting_facts.length_step`) -> how many.
    lengths: dict[str, dict[int, int]] = {}
    # Field -> how many postings have its most frequent value, and how many values there are.
    most: dict[str, int] = {}
    distinct: dict[str, int] = {}
    # Mapping table -> live postings with a label that it does not have.
    unmapped: dict[str, int] = {}
    pairs: Pairs = msgspec.field(default_factory=Pairs)
    # Of the run: its account (read, new, updated …), postings that were there and are not any more.
    account: dict[str, int] = {}
    gone: int = 0

    def share(self, field: str) -> float:
        return self.present.get(field, 0) / self.counted if self.counted else 0.0

    @property
    def read(self) -> int:
        return self.account.get("read", 0)

    @property
    def turned_over(self) -> float:
        """The share of postings that came in this run."""
        return self.account.get("new", 0) / self.live if self.live else 0.0


def pack_figures(figures: Figures) -> bytes:
    return zstd.compress(msgspec.msgpack.encode(figures), 3)


def unpack_figures(packed: bytes) -> Figures:
    return msgspec.msgpack.decode(zstd.decompress(packed)[:_MAX_BYTES], type=Figures)


def one_in(live: int) -> int:
    """Of so many postings each so manieth is counted."""
    return max(1, -(-live // COUNTED_AT_MOST))


class Counting:
    """Adds up facts, piece by piece."""

    def __init__(self) -> None:
        self._counted = 0
        self._present: Counter[int] = Counter()
        self._flaws: Counter[int] = Counter()
        self._bytes: dict[int, Counter[int]] = {
            place: Counter() for place in (*CLOSED_AT.values(), TEXT_LANGUAGE_AT, *LENGTHS_AT.values())
        }
        self._words: dict[tuple[int, int], Counter[int]] = {
            where: Counter()
            for where in (*_LETTERS_AT.values(), *((place, 2) for place in DIGESTS_AT.values()), *_ALIKE_AT.values())
        }

    def add(self, facts: bytes) -> None:
        """Of any number of postings, one behind the other."""
        if len(facts) % WIDTH:
            raise ValueError(f"facts of {len(facts)} bytes are no whole postings")
        self._counted += len(facts) // WIDTH
        self._present.update(_numbers(facts, PRESENT_AT, 4))
        self._flaws.update(_numbers(facts, FLAWS_AT, 2))
        for place, counter in self._bytes.items():
            counter.update(facts[place::WIDTH])
        for (place, size), words in self._words.items():
            words.update(_numbers(facts, place, size))

    def figures(self) -> Figures:
        return Figures(
            live=self._counted,
            counted=self._counted,
            present=_by_bit(self._present, FIELDS),
            flaws=_by_bit(self._flaws, FLAWS),
            values=self._values(),
            lengths={name: dict(_without_nothing(self._bytes[place])) for name, place in LENGTHS_AT.items()},
            most={name: max(_said(self._words[where]).values(), default=0) for name, where in _ALIKE_AT.items()},
            distinct={name: len(_said(self._words[where])) for name, where in _ALIKE_AT.items()},
        )

    def _values(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for name, words in CLOSED.items():
            found[name] = _named(self._bytes[CLOSED_AT[name]], words)
        found["text language"] = _named(self._bytes[TEXT_LANGUAGE_AT], LANGUAGES)
        for name, where in _LETTERS_AT.items():
            found[name] = _frequent({_letters(word): n for word, n in self._words[where].items()})
        for name, place in DIGESTS_AT.items():
            found[name] = _frequent({_digest(word): n for word, n in self._words[place, 2].items()})
        return {name: counted for name, counted in found.items() if counted.keys() - {NOTHING}}


def count_pairs(pairs: Iterable[tuple[bytes, bytes]], changed: int) -> Pairs:
    """`pairs`: facts before and after of postings that a run has changed; `changed`: of how many they are taken."""
    looked_at = 0
    counted: dict[str, Counter[str]] = {name: Counter() for name in ("lost", "gained", "flawed", "moved")}
    for before, after in pairs:
        if len(before) != WIDTH or len(after) != WIDTH:
            continue
        looked_at += 1
        _compare(before, after, counted)
    return Pairs(looked_at=looked_at, changed=changed, **{name: dict(found) for name, found in counted.items()})


def _compare(before: bytes, after: bytes, counted: dict[str, Counter[str]]) -> None:
    if before == after:
        return
    had, has = (int.from_bytes(one[PRESENT_AT : PRESENT_AT + 4], "little") for one in (before, after))
    counted["lost"].update(_names(had & ~has, FIELDS))
    counted["gained"].update(_names(has & ~had, FIELDS))
    was, now = (int.from_bytes(one[FLAWS_AT : FLAWS_AT + 2], "little") for one in (before, after))
    counted["flawed"].update(_names(now & ~was, FLAWS))
    counted["moved"].update(
        name for name, place, size in _COLUMNS if before[place : place + size] != after[place : place + size]
    )


# (name, place, bytes) of all that can move.
_COLUMNS: tuple[tuple[str, int, int], ...] = (
    *((name, place, 1) for name, place in CLOSED_AT.items()),
    ("text language", TEXT_LANGUAGE_AT, 1),
    *((f"length of {name}", place, 1) for name, place in LENGTHS_AT.items()),
    *((name, place, size) for name, (place, size) in _LETTERS_AT.items()),
    *((name, place, 2) for name, place in DIGESTS_AT.items()),
    *((f"same {name}", place, size) for name, (place, size) in _ALIKE_AT.items()),
)


def fields_lost(before: bytes, after: bytes) -> list[str]:
    if len(before) != WIDTH or len(after) != WIDTH:
        return []
    had, has = (int.from_bytes(one[PRESENT_AT : PRESENT_AT + 4], "little") for one in (before, after))
    return _names(had & ~has, FIELDS)


def _numbers(facts: bytes, place: int, size: int) -> Sequence[int]:
    """A column of up to four bytes as numbers, without a loop over its rows in Python."""
    wide = 2 if size == 2 else 4
    rows = bytearray(wide * (len(facts) // WIDTH))
    for number in range(size):
        rows[number::wide] = facts[place + number :: WIDTH]
    column = array("H" if wide == 2 else "I", bytes(rows))
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _names(bits: int, names: tuple[str, ...]) -> list[str]:
    return [name for place, name in enumerate(names) if bits >> place & 1]


def _by_bit(counted: Counter[int], names: tuple[str, ...]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for bits, number in counted.items():
        for name in _names(bits, names):
            found[name] += number
    return dict(found)


def _named(counted: Counter[int], names: tuple[str, ...]) -> dict[str, int]:
    return {names[value - 1] if value else NOTHING: number for value, number in counted.items()}


def _frequent(counted: dict[str, int]) -> dict[str, int]:
    kept = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    rest = sum(number for _, number in kept[KEPT_VALUES:])
    return {**dict(kept[:KEPT_VALUES]), **({OTHER: rest} if rest else {})}


def _said(counted: Counter[int]) -> dict[int, int]:
    """Without those that say nothing."""
    return {word: number for word, number in counted.items() if word}


def _without_nothing(counted: Counter[int]) -> Iterable[tuple[int, int]]:
    return ((step, number) for step, number in counted.items() if step)


def _letters(word: int) -> str:
    return word.to_bytes(4, "little").rstrip(b"\0").decode("ascii", "replace")


def _digest(word: int) -> str:
    return f"{word:04x}" if word else NOTHING
