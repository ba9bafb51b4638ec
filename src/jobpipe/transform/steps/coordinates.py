"""Steps on places by a list of the world's towns: coordinates, and the names of regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal

from jobpipe.errors import DefinitionError
from jobpipe.taxonomy.tables import MAX_REMEMBERED, use_of
from jobpipe.transform.codes import COUNTRIES
from jobpipe.transform.gazetteer.choosing import Wanted, choose
from jobpipe.transform.gazetteer.file import Place, gazetteer
from jobpipe.transform.gazetteer.regions import region_of, regions
from jobpipe.transform.plain_values import is_empty
from jobpipe.transform.steps.countries import country_of
from jobpipe.transform.steps.place_reading import read_place
from jobpipe.transform.steps.step import Example, Meanings, Run, step
from jobpipe.transform.steps.values import plain_text
from jobpipe.transform.steps.wordings import Unmapped, Wordings, house_table, meaning, table_of, wording_reader
from jobpipe.transform.workbench import Workbench

_PARTS = ("text", "city", "region", "postal_code", "country", "latitude", "longitude")
# Kilometres from the middle of a town to a point that is still named by it.
_NEAR = 20.0
_Country = Annotated[str | None, "The country of places that name none, ISO 3166-1 alpha-2: FR."]


def _point(value: Any) -> tuple[float, float]:
    latitude, _, longitude = str(value).partition(",")
    point = float(latitude), float(longitude)
    if not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
        raise ValueError(value)
    return point


_POINTS = Meanings(_point, "latitude,longitude in degrees: 48.8534,2.3488")


@step(
    "coordinates",
    takes="value",
    meanings=_POINTS,
    summary="Finds where a place is: latitude and longitude, and its region and country where they are not said.",
    examples=[
        Example(
            "{coordinates: DE}",
            "Cologne",
            {
                "text": "Cologne",
                "city": "Cologne",
                "country": "DE",
                "region": "Nordrhein-Westfalen",
                "latitude": 50.93333,
                "longitude": 6.95,
            },
        ),
        Example(
            "coordinates",
            {"city": "Genf"},
            {"city": "Genf", "region": "Genève", "country": "CH", "latitude": 46.20222, "longitude": 6.14569},
        ),
        Example(
            "coordinates",
            {"latitude": 52.37, "longitude": 4.89},
            {
                "latitude": 52.37,
                "longitude": 4.89,
                "city": "Amsterdam",
                "region": "Noord-Holland",
                "country": "NL",
            },
        ),
        Example("coordinates", "Springfield", {"text": "Springfield", "city": "Springfield"}),
    ],
)
def coordinates(bench: Workbench, country: _Country = None) -> Run:
    """After `place`, or on a text, which is read as `place` does: `each: [place, coordinates]`. What the source says
    stays. Towns are those of GeoNames (CC BY 4.0), of 1,000 people or more in Europe and 5,000 elsewhere, by their own
    names and those in other languages. Of several places of one name the country, the region and the postal code
    decide, then the number of people; of several large ones none is taken. Where only the coordinates are there, the
    town around them gives city, region and country; 0, 0 is no place.

    Cities that are not found are listed by `jobpipe unmapped`; the table says where a place is, by its text.
    """
    code = country_of(country) if country else None
    if country and code not in COUNTRIES:
        raise DefinitionError(f"{country!r} is no country", hint="ISO 3166-1 alpha-2, such as FR")
    find = _finder(bench)

    def run(value: Any) -> Any:
        if isinstance(value, Mapping):
            found = {name: part for name, part in value.items() if not is_empty(part)}
        else:
            found = dict(read_place(plain_text(value, "coordinates"), code) or {})
        if not found.keys() <= set(_PARTS):
            return value
        point = _given(found)
        return _named_by_point(found, point) if point else _located(found, code, find)

    return run


@step(
    "region",
    summary="Makes the name of a region, or its code of ISO 3166-2, of its name in any language or its code.",
    meanings=Meanings(lambda value: _known_region(value), "ISO 3166-2: FR-ARA, DE-BY"),
    examples=[
        Example("region", "Bavaria", "Bayern"),
        Example("{region: {form: code}}", "Katalonien", "ES-CT"),
        Example("{region: {form: code, country: US}}", "MA", "US-MA"),
        Example("region", "Rhône", "Auvergne-Rhône-Alpes"),
        Example("{region: {country: BE}}", "Wallonia", "Wallonie"),
        Example("region", "Atlantis", None),
    ],
)
def region(
    bench: Workbench,
    country: Annotated[str | None, "The country that the region is of, ISO 3166-1 alpha-2."] = None,
    form: Annotated[Literal["name", "code"], "The name in the country's own language, or the code."] = "name",
    unmapped: Annotated[
        Unmapped, "What becomes of other words: nothing, listed by `jobpipe unmapped`, or a rejection."
    ] = "none",
) -> Run:
    """Länder, régions, cantons, provinces, comunidades and states of seventeen countries; a French département gives
    its région. A name that two countries share (Limburg) needs `country`.
    """
    code = country_of(country) if country else None
    if country and code is None:
        error = DefinitionError(f"{country!r} is no country", hint="ISO 3166-1 alpha-2, such as FR")
        error.path = ("params", "country")  # type: ignore[attr-defined]
        raise error
    wordings = Wordings(
        "region",
        partial(_code_of_region, country=code),
        Meanings(_known_region, "ISO 3166-2: FR-ARA, DE-BY"),
        lambda name: (f"no region is named {name!r}", f"jobpipe map set step:region {name[:40]!r} CODE"),
    )
    read = wording_reader(wordings, unmapped, bench)
    if form == "code":
        return read

    def name_of(text: str) -> str | None:
        found = read(text)
        return regions().by_code[found].name if found else None

    return name_of


def _known_region(value: Any) -> str:
    if value not in regions().by_code:
        raise ValueError(value)
    return str(value)


def _code_of_region(text: str, country: str | None) -> str | None:
    found = region_of(text, country)
    return found.code if found else None


# Where a place is ------------------------------------------------------------------------------------

# What is found of a place, and the use of its label; None = it is not known where it is.
_Found = tuple[Place | tuple[float, float] | None, str]


def _finder(bench: Workbench) -> Callable[[str, Wanted], Place | tuple[float, float] | None]:
    decide = house_table("coordinates", _POINTS, bench)
    table = table_of("coordinates")
    remembered: dict[tuple[str, Wanted], _Found] = {}

    def look_up(label: str, wanted: Wanted) -> _Found:
        decided = decide(label) if decide is not None else None
        found: Place | tuple[float, float] | None
        if decided is not None:
            found = meaning(decided, _POINTS)
        else:
            found = choose(gazetteer(), wanted) if wanted.city else None
        # A text without a city is no label that anybody could map: "Remote", "France".
        is_known = found is not None or not wanted.city
        return found, use_of(table, label, decided, known_to_step=is_known).text

    def find(label: str, wanted: Wanted) -> Place | tuple[float, float] | None:
        known = remembered.get((label, wanted))
        if known is None:
            known = look_up(label, wanted)
            if len(remembered) < MAX_REMEMBERED:
                remembered[label, wanted] = known
        found, use = known
        bench.labels.append(use)
        if found is None and wanted.city:
            bench.unmapped.append((table, label))
        return found

    return find


def _located(
    found: dict[str, Any],
    country: str | None,
    find: Callable[[str, Wanted], Place | tuple[float, float] | None],
) -> dict[str, Any]:
    said = {name: plain_text(part, "coordinates").strip() for name, part in found.items() if name in _PARTS[:5]}
    text, given = said.get("text", ""), said.get("country", "")
    code = (country_of(given) or "") if given else (country or "")
    if text and not said.get("city"):
        said = {**(read_place(text, code or None) or {}), **said}
    city = said.get("city", "")
    if country_of(city) is not None:  # Portugal, PT
        city = ""
    wanted = Wanted(city, code or said.get("country", ""), said.get("region", ""), said.get("postal_code", ""), text)
    label = text or ", ".join(one for one in (city, wanted.region, given) if one)
    place = find(label, wanted) if label else None
    if place is None:
        return found
    if isinstance(place, Place):
        found = _with_names({**found, "city": city}, place)
        return {**found, "latitude": place.latitude, "longitude": place.longitude}
    return {**found, "latitude": place[0], "longitude": place[1]}


def _given(found: dict[str, Any]) -> tuple[float, float] | None:
    """The coordinates that the source gives; 0, 0 and what is no number are taken away."""
    if "latitude" not in found or "longitude" not in found:
        return None
    try:
        point = _point(",".join(str(found[name]).strip().replace(",", ".") for name in ("latitude", "longitude")))
    except ValueError:
        return None
    if point == (0.0, 0.0):
        del found["latitude"], found["longitude"]
        return None
    found["latitude"], found["longitude"] = point
    return point


def _named_by_point(found: dict[str, Any], point: tuple[float, float]) -> dict[str, Any]:
    if found.get("city") and found.get("country"):
        return found
    place = gazetteer().nearest(*point, within=_NEAR)
    if place is None:
        return found
    if found.get("country") and country_of(str(found["country"])) != place.country:
        return found
    if found.get("city") is None and found.get("text") is None:
        found = {**found, "city": place.name}
    return _with_names(found, place)


def _with_names(found: dict[str, Any], place: Place) -> dict[str, Any]:
    region = regions().by_admin1.get((place.country, place.admin1))
    if not found.get("region") and region is not None:
        found = {**found, "region": region.name}
    return found if found.get("country") else {**found, "country": place.country}
