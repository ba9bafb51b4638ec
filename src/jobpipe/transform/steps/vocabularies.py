"""Steps that read the words for contracts, working times and remote work, in nine languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Annotated

from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.vocabulary_words import CONTRACT, REMOTE, WORKING_TIME, Vocabulary
from jobpipe.transform.steps.wordings import Unmapped, wording_reader
from jobpipe.transform.workbench import Workbench

_Unmapped = Annotated[
    Unmapped,
    "What becomes of other words: the field stays empty and the word is listed in the run's account, or the record is "
    "rejected.",
]


@step(
    "contract",
    summary="Reads the kind of a contract: CDI, Ausbildung, freelance, beca and many more.",
    examples=[
        Example("contract", "CDI", "permanent"),
        Example("contract", "Contrat à durée déterminée - 6 mois", "fixed_term"),
        Example("contract", "Stage", "internship"),
        Example("contract", "Befristet", "fixed_term"),
        Example("contract", "CONTRACTOR", "freelance"),
        Example("contract", "Selon profil", None),
    ],
)
def contract(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    return _reader("contract", CONTRACT, unmapped, bench)


@step(
    "working_time",
    summary="Reads whether a job is full time or part time.",
    examples=[
        Example("working_time", "Temps plein", "full_time"),
        Example("working_time", "PART_TIME", "part_time"),
        Example("working_time", "35 h", "full_time"),
        Example("working_time", "Teilzeit, 50 %", "part_time"),
    ],
)
def working_time(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    return _reader("working_time", WORKING_TIME, unmapped, bench)


@step(
    "remote",
    takes="value",
    summary="Reads whether work is on site, hybrid or remote.",
    examples=[
        Example("remote", "Télétravail partiel", "hybrid"),
        Example("remote", "100% remote", "remote"),
        Example("remote", True, "remote"),
        Example("remote", "Vor Ort", "on_site"),
    ],
)
def remote(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    """`true` is remote, and `false` on site."""
    read = _reader("remote", REMOTE, unmapped, bench)
    return lambda value: read(str(value).lower() if isinstance(value, bool) else str(value))


def _reader(name: str, vocabulary: Vocabulary, unmapped: Unmapped, bench: Workbench) -> Callable[[str], str | None]:
    def refusal(label: str) -> tuple[str, str]:
        return f"the step `{name}` does not know {label!r}", f"a `map` reads any word: map: {{{label[:40]}: …}}"

    return wording_reader(name, partial(_read, vocabulary), unmapped, bench, refusal)


@lru_cache(maxsize=4096)
def _read(vocabulary: Vocabulary, label: str) -> str | None:
    """The value whose words stand first in the vocabulary: its order decides where a label has several."""
    words = f" {' '.join(re.sub(r'[^0-9a-z%+]+', ' ', fold(label[:300])).split())} "
    for value, pattern in vocabulary.patterns:
        if pattern.search(words):
            return value
    return None
