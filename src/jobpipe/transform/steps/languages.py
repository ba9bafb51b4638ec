"""The step that reads the name of a language."""

from __future__ import annotations

import re
from typing import Annotated

from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.language_words import CODES, NAMES
from jobpipe.transform.steps.step import Example, Run, one_of, step
from jobpipe.transform.steps.wordings import Unmapped, Wordings, wording_reader
from jobpipe.transform.workbench import Workbench

_MEANINGS = one_of(CODES, "ISO 639-1: fr, de")


@step(
    "language",
    version=2,
    meanings=_MEANINGS,
    summary="Makes the code (ISO 639-1) of a language's name or tag.",
    examples=[
        Example("language", "Français", "fr"),
        Example("language", "en-GB", "en"),
        Example("language", "deu", "de"),
        Example("language", "Klingon", None),
    ],
)
def language(
    bench: Workbench,
    unmapped: Annotated[
        Unmapped, "What becomes of other words: nothing, listed in the run's account, or a rejection."
    ] = "none",
) -> Run:
    """Names are known in the language itself, English, French, German, Dutch, Spanish, Italian and Swedish."""

    return wording_reader(_WORDINGS, unmapped, bench)


def language_of(text: str) -> str | None:
    word = fold(text).strip()
    if found := NAMES.get(word):
        return found
    tag = re.match(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*$", word)
    if tag and (tag[1] in CODES or tag[1] in NAMES):
        return "no" if tag[1] in ("nb", "nn") else NAMES.get(tag[1], tag[1])
    # "English (UK)", "langue française"
    return next((NAMES[one] for one in re.findall(r"[^\W\d_]{4,}", word) if one in NAMES), None)


_WORDINGS = Wordings(
    "language",
    language_of,
    _MEANINGS,
    lambda name: (f"no language is named {name!r}", f"jobpipe map set step:language {name[:40]!r} CODE"),
)
