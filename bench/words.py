"""Text that looks like French and says nothing: a vocabulary, and sentences made of it.

Compressors, parsers and text repair must find here what they find in real texts: a few hundred words that make
up half of all text, tens of thousands of rare ones, accents, elisions with both apostrophes, ligatures, signs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import accumulate

VOCABULARY = 30_000
SENTENCES = 100_000


def _words(text: str) -> list[str]:
    return text.split()


# Half of all words in a French text are such words, most frequent first.
_SMALL_WORDS = _words(
    "de la et les des en vous le à un une pour du dans nos est que vos sur avec au votre par ou nous qui aux plus ce "
    "son se sont être notre pas ces tout ainsi sein leurs cette sa afin comme ses tous selon très auprès ce leur sous "
    "mais entre toutes chaque sans même vers deux aussi dont lors dès avez avons où depuis bien après"
)
_ELIDED = ("d", "l", "d", "l", "l", "qu", "n", "s", "c", "j")
_ONSETS = _words(
    "b c d f g j l m n p r s t v ch br cr dr fr gr pr tr bl cl fl gl pl qu gu ph th st sp sc cl v m d p r t l s n"
)
# Accents as frequent as they are in French: about one letter in thirty; œ is rare.
_VOWELS = [
    *_words("a e i o u ai au ou on an en in oi eu ie ui") * 12,
    *_words("é è ê") * 8,
    *_words("î ô â û ï œu"),
]
_OPEN = frozenset("aeiouéèêîôâûï")
_CODAS = ("", "", "", "", "r", "l", "s", "n", "c", "t", "rt", "ns", "x", "f")
_ENDINGS = _words(
    "tion tions ment eur euse ique iques able age ages ance ence ité ier ière é ée és er ir oir eux if ive aire al "
    "elle isme iste ure esse ade ard et ette ot in ine es ent ez ants ons"
)


def word(dice: random.Random) -> str:
    """A word of one to three syllables and, mostly, an ending."""
    syllables = "".join(
        dice.choice(_ONSETS) + dice.choice(_VOWELS) + (dice.choice(_CODAS) if dice.random() < 0.35 else "")
        for _ in range(dice.choice((1, 1, 2, 2, 2, 3)))
    )
    if dice.random() < 0.2:
        syllables = dice.choice(("a", "e", "é", "i", "o", "u", "in", "ac")) + syllables
    if dice.random() > 0.6:
        return syllables + dice.choice(("", "s"))
    ending = dice.choice(_ENDINGS)
    joint = dice.choice("rtnlsdm") if syllables[-1] in _OPEN and ending[0] in _OPEN else ""
    return syllables + joint + ending


@dataclass(frozen=True, slots=True)
class Text:
    """Pools to make texts of; the same seed gives the same pools."""

    words: list[str]
    sentences: list[str]
    # Sentences with typographic apostrophes, quotes and dashes.
    typographic: list[str]

    @classmethod
    def of(cls, seed: int, *, vocabulary: int = VOCABULARY, sentences: int = SENTENCES) -> Text:
        dice = random.Random(seed)
        words = list(dict.fromkeys(word(dice) for _ in range(vocabulary * 2)))[:vocabulary]
        plain = _sentences(dice, words, sentences)
        return cls(words, plain, [_set_well(text) for text in plain])


def _sentences(dice: random.Random, words: list[str], count: int) -> list[str]:
    """Sentences of 6 to 20 words, the words with Zipf's frequencies."""
    ranked = [*_SMALL_WORDS, *words]
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(ranked))))
    lengths = [dice.randint(6, 20) for _ in range(count)]
    drawn = dice.choices(ranked, cum_weights=weights, k=sum(lengths))
    made = []
    at = 0
    for length in lengths:
        made.append(_sentence(dice, drawn[at : at + length]))
        at += length
    return made


def _sentence(dice: random.Random, words: list[str]) -> str:
    for place, one in enumerate(words):
        if one[0] in _OPEN and len(one) > 4 and dice.random() < 0.6:
            words[place] = f"{dice.choice(_ELIDED)}'{one}"
    if len(words) > 10 and dice.random() < 0.7:
        words[len(words) // 2] += dice.choice((",", ",", ",", " :", " ;", " -"))
    chance = dice.random()
    if chance < 0.06:
        words[-1] = f"{dice.randint(2, 95)} %"
    elif chance < 0.10:
        words[-2] = f"« {words[-2]} »"
    elif chance < 0.13:
        words[-1] = f"{dice.randint(1, 9)} {dice.randint(100, 999)} €"
    text = " ".join(words)
    return text[0].upper() + text[1:] + dice.choice((".", ".", ".", ".", " !", "…", " ?"))


def _set_well(text: str) -> str:
    """With the apostrophes, dashes and hard spaces of a word processor."""
    for plain, proper in (("'", "’"), (" - ", " – "), ("« ", "«\u00a0"), (" »", "\u00a0»"), (" :", "\u00a0:")):
        text = text.replace(plain, proper)
    return text
