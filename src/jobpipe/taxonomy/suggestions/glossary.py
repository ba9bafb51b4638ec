"""Subjects that words of the field stand for, in several languages and as abbreviations: Horeca, Gastgewerbe, HCR."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files
from itertools import pairwise

# A word of so few letters is an abbreviation: its subject is said in full where meanings are compared.
SHORT = 4
# Words of so few letters are passed over between two that belong together.
_ARTICLE = 2


def subjects_of(words: tuple[str, ...]) -> list[str]:
    """Of normalised words, each subject once."""
    found: dict[str, None] = {}
    for word in words:
        found.update(dict.fromkeys(_of_word(word)))
    whole = _glossary()["whole"]
    # Articles and the like may stand between: aide à domicile, bureau d'études.
    main = [word for word in words if len(word) > _ARTICLE]
    for one, other in [*pairwise(words), *pairwise(main)]:
        found.update(dict.fromkeys(whole.get(f"{one}_{other}", ())))
    return list(found)


def in_full(text: str, words: tuple[str, ...]) -> str:
    """`rh` -> `rh, human resources`: the text with what its abbreviations stand for."""
    whole = _glossary()["whole"]
    meant = [subject for word in words if len(word) <= SHORT for subject in whole.get(word, ())]
    return ", ".join([text, *dict.fromkeys(meant)])


@cache
def _of_word(word: str) -> tuple[str, ...]:
    glossary = _glossary()
    found = list(glossary["whole"].get(word, ()))
    for size in range(3, len(word) + 1):
        found += glossary["begins"].get(word[:size], ())
        found += glossary["ends"].get(word[-size:], ())
    for part, subjects in glossary["within"].items():
        if part in word:
            found += subjects
    return tuple(dict.fromkeys(found))


@cache
def _glossary() -> dict[str, dict[str, list[str]]]:
    made: dict[str, dict[str, list[str]]] = {kind: defaultdict(list) for kind in ("whole", "begins", "ends", "within")}
    text = files(__package__).joinpath("glossary.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        subject, _, words = line.partition(":")
        if line.startswith("#") or not words:
            continue
        for word in words.split():
            kind = {(True, True): "within", (True, False): "ends", (False, True): "begins"}.get(
                (word.startswith("-"), word.endswith("-")), "whole"
            )
            made[kind][word.strip("-")].append(subject)
    return made
