"""The step that cleans job titles."""

from __future__ import annotations

import re
from typing import Annotated

from jobpipe.taxonomy.job_titles import plain_title, tidy_title
from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.text import clean_text
from jobpipe.transform.workbench import Workbench


@step(
    "title",
    summary="Takes out of a job title what is no part of it: (H/F), m/w/d, a reference, a salary, a place.",
    examples=[
        Example("title", "Comptable (H/F)", "Comptable"),
        Example("title", "Softwareentwickler (m/w/d) Java", "Softwareentwickler Java"),
        Example("title", "H/F Vendeur - Réf. 2024-117", "Vendeur"),
        Example("title", "Poste : Assistant(e) de direction F/H - 69003 Lyon", "Assistant(e) de direction"),
        Example("title", "Nurse - £30,000 - £35,000 per year", "Nurse"),
        Example("title", "Vendeur - Nice", "Vendeur", {"locations": [{"text": "Nice", "city": "Nice"}]}),
        Example("title", "Responsable R&D - B2B", "Responsable R&D - B2B"),
    ],
)
def title(
    bench: Workbench,
    place: Annotated[bool, "Whether a place at the end is removed."] = True,
    salary: Annotated[bool, "Whether a salary at the end is removed."] = True,
) -> Run:
    """A place is removed only where it can be nothing else: with a postal code, or where it is a place of the
    posting (`locations` stand before `title` in the definition then). A title of which nothing would be left
    stays as it is.
    """

    def run(text: str) -> str | None:
        whole = clean_text(text)
        if whole is None:
            return None
        made = plain_title(whole, salary=salary, place=place)
        return (tidy_title(_without_city(made, _cities(bench))) or made) if place else made

    return run


def _without_city(text: str, cities: list[str]) -> str:
    folded = fold(text) if cities else ""
    for city in cities:
        found = re.search(rf"\s*(?:\s[-–—|]|,|\s\(|\s(?:à|in|a|@))\s*{re.escape(city)}\)?$", folded)
        if found and found.start() > 2 and len(folded) == len(text):
            return text[: found.start()]
    return text


def _cities(bench: Workbench) -> list[str]:
    places = bench.posting.get("locations") or []
    names = [place.get(part) for place in places if isinstance(place, dict) for part in ("city", "text")]
    return [fold(name) for name in names if name and len(name) > 1]
