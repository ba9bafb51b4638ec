"""The step that reads a place: city, region, postal code and country of one text."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from jobpipe.errors import DefinitionError
from jobpipe.transform.codes import COUNTRIES
from jobpipe.transform.steps.countries import country_of
from jobpipe.transform.steps.place_reading import read_place
from jobpipe.transform.steps.step import Example, Run, step


@step(
    "place",
    version=3,
    summary="Reads a place: its city, region, postal code and country.",
    examples=[
        Example("place", "69003 Lyon", {"text": "69003 Lyon", "city": "Lyon", "postal_code": "69003"}),
        Example("{place: FR}", "Lyon (69)", {"text": "Lyon (69)", "city": "Lyon", "region": "Rhône", "country": "FR"}),
        Example(
            "place",
            "Paris, Île-de-France, France",
            {"text": "Paris, Île-de-France, France", "city": "Paris", "region": "Île-de-France", "country": "FR"},
        ),
        Example("place", "Boston, MA", {"text": "Boston, MA", "city": "Boston", "region": "MA", "country": "US"}),
        Example("place", "Genève, Suisse", {"text": "Genève, Suisse", "city": "Genève", "country": "CH"}),
        Example("place", "Remote", {"text": "Remote"}),
    ],
)
def place(
    country: Annotated[str | None, "The country of places that name none, ISO 3166-1 alpha-2: FR."] = None,
) -> Run:
    """The text always stays. A part is given only where the form of the text tells it: no list of the world's cities
    is asked, so that a text of another kind ("Siège social") may pass for a city.
    """
    code = country_of(country) if country else None
    if country and code not in COUNTRIES:
        error = DefinitionError(f"{country!r} is no country", hint="ISO 3166-1 alpha-2, such as FR")
        error.path = ("params", "country")  # type: ignore[attr-defined]
        raise error
    read = lru_cache(maxsize=4096)(lambda text: read_place(text, code))

    def run(text: str) -> dict[str, str] | None:
        found = read(text)
        return dict(found) if found else None

    return run
