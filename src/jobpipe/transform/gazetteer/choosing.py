"""Which of the places of a name is meant: by country, region and postal code where they are given, else by the number
of people, with caution: of several large namesakes none is taken.
"""

from __future__ import annotations

from typing import NamedTuple

from jobpipe.transform.gazetteer.file import Gazetteer, Named, Place, kilometres
from jobpipe.transform.gazetteer.names import place_key, spellings
from jobpipe.transform.gazetteer.regions import Region, region_of, region_of_postal_code
from jobpipe.transform.steps.region_words import UNDECIDED

# What sources write as part of a country and ISO 3166-1 as one of its own.
_PARTS = {
    "FR": ("GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF"),
    "GB": ("IM", "JE", "GG", "GI"),
    "US": ("PR", "GU", "VI"),
    "FI": ("AX",),
    "NL": ("CW", "AW", "SX", "BQ"),
}
# A namesake with so many times fewer people is not meant; within one country, and where none is given.
_WITHIN, _ANYWHERE = 3.0, 8.0
# An exonym counts for less than a name of its own, and a hamlet for something.
_OTHER, _LEAST = 0.3, 300
# Without a country a word that names a village only is hardly a place.
_KNOWN, _KNOWN_OTHERWISE = 15_000, 50_000
# Kilometres: a town and its own quarter are no namesakes.
_SAME = 15.0
# A longer text is no name.
_LONGEST = 80


class Wanted(NamedTuple):
    """What a source says of a place; "" = nothing."""

    city: str
    # ISO 3166-1 alpha-2.
    country: str = ""
    region: str = ""
    postal_code: str = ""
    # The whole text, which may say more than the city: Frankfurt (Oder), Paris 15e.
    text: str = ""


def choose(places: Gazetteer, wanted: Wanted) -> Place | None:
    """None = there is no such place, or it cannot be told which."""
    if not wanted.country and not wanted.region and (code := _undecided(wanted.text)):
        meant = (
            choose(places, wanted._replace(text="", **said))
            for said in ({"country": "US", "region": code}, {"country": code})
        )
        places_meant = [place for place in meant if place is not None]
        return places_meant[0] if len(places_meant) == 1 else None
    region = region_of(wanted.region, wanted.country or None) if wanted.region else None
    for key in dict.fromkeys((place_key(wanted.text[:_LONGEST]), *spellings(wanted.city))):
        found = _fitting(places.named(key), wanted, region)
        if found:
            return _largest(found, is_located=bool(wanted.country or region))
    return None


def _undecided(text: str) -> str:
    """The code at the end of Wilmington, DE or Berlin, DE, which is a state's and a country's."""
    code = text.rpartition(",")[2].strip()
    return code if code in UNDECIDED else ""


def _fitting(found: list[Named], wanted: Wanted, region: Region | None) -> list[Named]:
    if wanted.country:
        countries = (wanted.country, *_PARTS.get(wanted.country, ()))
        found = [one for one in found if one.place.country in countries]
        found = _overseas(found, wanted) if wanted.country == "FR" else found
    if region is not None:
        found = [one for one in found if (one.place.country, one.place.admin1) == (region.country, region.admin1)]
    by_code = region_of_postal_code(wanted.postal_code, wanted.country) if wanted.postal_code else None
    if by_code is not None:
        there = [one for one in found if one.place.admin1 == by_code.admin1]
        return there or found
    return found


def _overseas(found: list[Named], wanted: Wanted) -> list[Named]:
    is_overseas = wanted.postal_code.startswith(("97", "98"))
    there = [one for one in found if (one.place.country != "FR") is is_overseas]
    return there or found


def _largest(found: list[Named], *, is_located: bool) -> Place | None:
    weights: dict[Place, float] = {}
    for one in found:
        weight = max(one.place.population, _LEAST) * (_OTHER if one.is_other else 1)
        weights[one.place] = max(weight, weights.get(one.place, 0))
    ordered = sorted(weights, key=lambda place: (-weights[place], place))
    first = ordered[0]
    if not is_located and first.population < (_KNOWN if weights[first] >= first.population else _KNOWN_OTHERWISE):
        return None
    ratio = _WITHIN if len({one.country for one in ordered}) == 1 else _ANYWHERE
    here = first.latitude, first.longitude
    rivals = (one for one in ordered[1:] if kilometres(here, (one.latitude, one.longitude)) > _SAME)
    second = next(rivals, None)
    return None if second is not None and weights[second] * ratio > weights[first] else first
