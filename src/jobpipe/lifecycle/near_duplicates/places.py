"""Whether two postings are at the same place, as far as their sources say."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

from jobpipe.lifecycle.near_duplicates.words import word_set, words_of
from jobpipe.posting import Location

# Within this distance two points are one place, whatever it is called.
SAME_KM = 3.0
# Beyond it they are two.
OTHER_KM = 30.0
_EARTH_KM = 6371.0
_SMALL = word_set("cedex city ville stadt kreis region of am an der de la le les sur in near bei")


class Places(enum.Enum):
    SAME = "same place"
    OTHER = "another place"
    # At least one source does not say.
    UNKNOWN = "place unknown"


def compare_places(first: Sequence[Location], second: Sequence[Location]) -> Places:
    """Each place of one posting must be one of the other's: a posting in two towns is not the one in the first."""
    ours = [one for one in first if _says(one)]
    theirs = [one for one in second if _says(one)]
    if not ours or not theirs:
        return Places.UNKNOWN
    found = {_one_way(ours, theirs), _one_way(theirs, ours)}
    if Places.OTHER in found:
        return Places.OTHER
    return Places.UNKNOWN if Places.UNKNOWN in found else Places.SAME


def place_words(locations: Sequence[Location]) -> frozenset[str]:
    """All words by which the places are called, postal codes and their parts included."""
    found: set[str] = set()
    for one in locations:
        for text in (one.text, one.city, one.region, one.country, one.postal_code):
            found.update(words_of(text or ""))
    return frozenset(found)


def _says(one: Location) -> bool:
    return bool(one.text or one.city or one.region or one.postal_code or one.country or one.latitude is not None)


def _one_way(some: Sequence[Location], others: Sequence[Location]) -> Places:
    best = [_best(one, others) for one in some]
    if Places.OTHER in best:
        return Places.OTHER
    return Places.UNKNOWN if Places.UNKNOWN in best else Places.SAME


def _best(one: Location, others: Sequence[Location]) -> Places:
    found = {_compare(one, other) for other in others}
    return next(kind for kind in (Places.SAME, Places.UNKNOWN, Places.OTHER) if kind in found)


def _compare(one: Location, other: Location) -> Places:
    if one.country and other.country and one.country.upper() != other.country.upper():
        return Places.OTHER
    distance = _distance(one, other)
    if distance is not None and (distance <= SAME_KM or distance > OTHER_KM):
        return Places.SAME if distance <= SAME_KM else Places.OTHER
    if not _codes_agree(one.postal_code, other.postal_code):
        return Places.OTHER
    return _compare_names(one, other)


def _compare_names(one: Location, other: Location) -> Places:
    mine, yours = _town(one), _town(other)
    if mine and yours:
        if mine == yours or mine < yours or yours < mine:
            return Places.SAME if _numbers_agree(one, other) else Places.OTHER
        return Places.OTHER
    if bool(mine) != bool(yours):
        # One says a town, the other only a region or a country.
        return Places.UNKNOWN
    if one.region and other.region:
        return Places.SAME if set(words_of(one.region)) == set(words_of(other.region)) else Places.OTHER
    if one.postal_code and other.postal_code:
        return Places.SAME
    if one.country and other.country and not (one.region or other.region):
        return Places.SAME
    return Places.UNKNOWN


def _town(one: Location) -> frozenset[str]:
    """The words of the town; of the whole text where no town is named."""
    text = one.city or ("" if one.region or one.postal_code else one.text) or ""
    words = [word for word in words_of(text) if not word.isdecimal()]
    known = {*words_of(one.region or ""), *words_of(one.country or "")} if not one.city else set()
    return frozenset(word for word in words if word not in _SMALL and word not in known) or frozenset(words)


def _numbers_agree(one: Location, other: Location) -> bool:
    """Of quarters: Paris 8 is not Paris 15."""
    mine, yours = ({word for word in words_of(place.city or "") if word.isdecimal()} for place in (one, other))
    return not mine or not yours or mine == yours


def _codes_agree(one: str | None, other: str | None) -> bool:
    mine, yours = ("".join(words_of(code or "")) for code in (one, other))
    if not mine or not yours or mine == yours:
        return True
    # A code of the whole town (75000), or its first part (SW1).
    if len(mine) == len(yours) and mine.isdecimal() and yours.isdecimal():
        return mine[:2] == yours[:2] and (mine.endswith("000") or yours.endswith("000"))
    return mine.startswith(yours) or yours.startswith(mine)


def _distance(one: Location, other: Location) -> float | None:
    """Kilometres; None where a point is not given, or is none."""
    points = [(place.latitude, place.longitude) for place in (one, other)]
    if any(latitude is None or longitude is None or (latitude, longitude) == (0, 0) for latitude, longitude in points):
        return None
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat or 0.0), math.radians(lon or 0.0)) for lat, lon in points)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(math.sqrt(half), 1.0))
