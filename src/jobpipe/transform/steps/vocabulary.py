"""A vocabulary: values, and the words by which each is known in a label or in a text."""

from __future__ import annotations

import re
from functools import cached_property

from jobpipe.transform.steps.date_words import fold

# Of a longer text the rest is not read.
LONGEST = 20_000


class Vocabulary:
    """Values with what finds their words, in the order in which they are tried.

    Words are regular expressions between blanks, without accents and in small letters: `read_words` says what is left
    of a text.  Earlier values win.
    """

    def __init__(self, lines: str) -> None:
        self._words: dict[str, str] = {}
        value = ""
        for line in lines.strip().splitlines():
            if line.startswith(" "):
                self._words[value] += line.strip().replace(" | ", "|").replace(" |", "|")
            else:
                value = line.rstrip(":")
                self._words[value] = ""

    @cached_property
    def patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Compiled when the first label is read: hundreds of words take some milliseconds."""
        return tuple((value, re.compile(rf" (?:{words}) ")) for value, words in self._words.items())


def read_words(vocabulary: Vocabulary, text: str) -> str | None:
    """The value whose words stand first in the vocabulary: its order decides where a text has several."""
    words = plain_words(text)
    for value, pattern in vocabulary.patterns:
        if pattern.search(words):
            return value
    return None


def plain_words(text: str) -> str:
    """The words of a text between blanks: letters, digits, % and +, without accents and in small letters."""
    return f" {' '.join(re.sub(r'[^0-9a-z%+]+', ' ', fold(text[:LONGEST])).split())} "
