"""Words of the field: subjects that they stand for (Horeca, Gastgewerbe, HCR), and what they are in English.

Two files of one shape: a meaning a line, then the words that have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

# A word of so few letters is an abbreviation: its subject is said in full where meanings are compared.
SHORT = 4
# Words of so few letters are passed over between two that belong together.
_ARTICLE = 2


def subjects_of(words: tuple[str, ...]) -> list[str]:
    """Of normalised words, each subject once."""
    return _subjects().of(words)


def english_of(words: tuple[str, ...]) -> list[str]:
    """What normalised words, and the parts of compounds, are in English; nothing for what is not in the list."""
    return _english().of(words)


def in_full(text: str, words: tuple[str, ...]) -> str:
    """`rh` -> `rh, human resources`: the text with what its abbreviations stand for."""
    meant = [subject for word in words if len(word) <= SHORT for subject in _subjects().of_whole(word)]
    return ", ".join([text, *dict.fromkeys(meant)])


class Glossary:
    """`word` is a whole word, `word-` what begins so, `-word` what ends so, `-word-` what has it within; `a_b`, and
    `a_b-`, are two words one after the other, which then mean nothing more each."""

    def __init__(self, text: str) -> None:
        self._whole: dict[str, list[str]] = defaultdict(list)
        self._begins: dict[str, list[str]] = defaultdict(list)
        self._ends: dict[str, list[str]] = defaultdict(list)
        self._within: dict[str, list[str]] = defaultdict(list)
        for line in text.splitlines():
            meaning, _, words = line.partition(":")
            if line.startswith("#") or not words:
                continue
            for word in words.split():
                kind = {(True, True): self._within, (True, False): self._ends, (False, True): self._begins}.get(
                    (word.startswith("-"), word.endswith("-")), self._whole
                )
                kind[word.strip("-")].append(meaning)
        # Asked again and again for the same words.
        self._of_word = lru_cache(maxsize=50_000)(self._find)

    def of(self, words: tuple[str, ...]) -> list[str]:
        """The meanings of normalised words, each once."""
        found: dict[str, None] = {}
        said: set[str] = set()
        for one, other in self._pairs(words):
            meant = self._of_pair(one, other)
            if meant:
                found.update(dict.fromkeys(meant))
                said |= {one, other}
        for word in words:
            if word not in said:
                found.update(dict.fromkeys(self._of_word(word)))
        return list(found)

    def of_whole(self, word: str) -> list[str]:
        return self._whole.get(word, [])

    def _pairs(self, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        yield from pairwise(words)
        # Articles and the like may stand between: aide à domicile, bureau d'études.
        main = [word for word in words if len(word) > _ARTICLE]
        if len(main) < len(words):
            yield from pairwise(main)

    def _of_pair(self, one: str, other: str) -> list[str]:
        pair = f"{one}_{other}"
        found = list(self._whole.get(pair, ()))
        for size in range(len(one) + 2, len(pair) + 1):
            found += self._begins.get(pair[:size], ())
        return found

    def _find(self, word: str) -> tuple[str, ...]:
        found = list(self._whole.get(word, ()))
        for size in range(3, len(word) + 1):
            found += self._begins.get(word[:size], ())
            found += self._ends.get(word[-size:], ())
        for part, meanings in self._within.items():
            if part in word:
                found += meanings
        return tuple(dict.fromkeys(found))


@cache
def _subjects() -> Glossary:
    return Glossary(files(__package__).joinpath("glossary.txt").read_text(encoding="utf-8"))


@cache
def _english() -> Glossary:
    return Glossary(files(__package__).joinpath("english.txt").read_text(encoding="utf-8"))
