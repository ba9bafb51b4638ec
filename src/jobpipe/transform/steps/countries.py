"""The step that reads the name of a country."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from jobpipe.transform.codes import COUNTRIES
from jobpipe.transform.steps.country_words import COUNTRY_NAMES, normal_name
from jobpipe.transform.steps.step import Example, Run, one_of, step
from jobpipe.transform.steps.wordings import Unmapped, Wordings, wording_reader
from jobpipe.transform.workbench import Workbench

_MEANINGS = one_of(COUNTRIES, "ISO 3166-1 alpha-2: FR, DE")


@step(
    "country",
    version=3,
    meanings=_MEANINGS,
    summary="Makes the code (ISO 3166-1 alpha-2) of a country's name.",
    examples=[
        Example("country", "Deutschland", "DE"),
        Example("country", "Etats-Unis", "US"),
        Example("country", "GBR", "GB"),
        Example("country", "uk", "GB"),
        Example("country", "Atlantis", None),
    ],
)
def country(
    bench: Workbench,
    unmapped: Annotated[
        Unmapped, "What becomes of other words: nothing, listed in the run's account, or a rejection."
    ] = "none",
) -> Run:
    """Names are known in English, French, German, Spanish, Italian, Dutch, Portuguese, Swedish and Norwegian."""

    return wording_reader(_WORDINGS, unmapped, bench)


@lru_cache(maxsize=4096)
def country_of(text: str) -> str | None:
    """The code of a country's name or of another of its codes; None = no country is named so."""
    code = text.strip().upper()
    if code in COUNTRIES:
        return code
    if code in ("UK", "EL"):
        return {"UK": "GB", "EL": "GR"}[code]
    name = normal_name(text)
    return COUNTRY_NAMES.get(name) or COUNTRY_NAMES.get(name.removeprefix("la ").removeprefix("the "))


_WORDINGS = Wordings(
    "country",
    country_of,
    _MEANINGS,
    lambda name: (f"no country is named {name!r}", f"jobpipe map set step:country {name[:40]!r} CODE"),
)
