"""Reads a place from the form of its text; what the form does not tell is left open."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.transform.codes import COUNTRIES
from jobpipe.transform.steps.country_words import AMBIGUOUS, COUNTRY_NAMES, normal_name
from jobpipe.transform.steps.region_words import AU_STATES, CA_PROVINCES, DEPARTMENTS, REGIONS, UNDECIDED, US_STATES

# Postal codes by what they look like, with the country that alone writes them so; "" = several do.
_CODES = (
    (r"(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})", "GB"),
    (r"[A-CEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d", "CA"),
    (r"[1-9]\d{3} ?[A-Z]{2}", "NL"),
    (r"\d{4}-\d{3}", "PT"),
    (r"\d{2}-\d{3}", "PL"),
    (r"\d{5}-\d{4}", "US"),
    (r"\d{3} \d{2}", ""),
    (r"\d{5,6}", ""),
    (r"[1-9]\d{3}", ""),
)
_PREFIX = r"(?:(?P<prefix>[A-Z]{1,2})[- ](?=\d))?"
_BEFORE = tuple(
    (re.compile(rf"{_PREFIX}(?P<code>{code})(?: ?[-–] ?| )(?P<city>[^\W\d_].*)"), country) for code, country in _CODES
)
_AFTER = tuple(
    (re.compile(rf"(?P<city>[^\W\d_].*?)(?: ?[-–] ?| \(| ){_PREFIX}(?P<code>{code})\)?"), country)
    for code, country in _CODES[:-1]
)
_ALONE = tuple((re.compile(rf"{_PREFIX}(?P<code>{code})"), country) for code, country in _CODES[:-1])
_ROAD_SIGNS = {"F": "FR", "D": "DE", "A": "AT", "B": "BE", "L": "LU", "I": "IT", "E": "ES", "S": "SE", "N": "NO"}
_FOUR_DIGITS = frozenset(
    """
    CH AT BE DK NO HU BG SI LU LI NL AU NZ CY LV
""".split()  # noqa: SIM905
)

_STATE_AND_ZIP = re.compile(r"([A-Z]{2})[ ,]+(\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)")
_STATE_AND_COUNTRY = re.compile(r"([A-Z]{2}) (.+)")
# As applicant tracking systems write it: US-CO-Denver; Renton, WA, US, 98055.
_CODES_AND_CITY = re.compile(r"(?P<country>[A-Z]{2})-(?P<region>[A-Z]{2,3})-(?P<city>[^\W\d_][^,;|]*)")
_CITY_AND_CODES = re.compile(
    r"(?P<city>[^,;|\d]+), (?P<region>[A-Z]{2,3}), (?P<country>[A-Z]{2}), (?P<code>[A-Z\d][A-Z\d -]{2,9})"
)
_DISTRICT = re.compile(
    r"(?P<city>Paris|Lyon|Marseille)[ -]+(?:\d{1,2})(?: ?(?:er|e|è|eme|ème))?(?: arr\w*\.?)?", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?P<number>\d{2}|2[AB]|97\d) ?[-–:] ?(?P<name>[^\W\d_].*)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"(?P<before>[^()]+?) ?\((?P<inside>[^()]+)\)")
# With a dot after a few letters: St. Gallen, Frankfurt a. M.
_CITY = re.compile(
    r"['’]?[^\W\d_](?:(?:(?<=^[^\W\d_])|\b[^\W\d_])[^\W\d_]{0,2}\. (?=[^\W\d_])"
    r"|[^\W\d_]|[ .'’/-](?=[^\W\d_]|$)|, ?)*\.?"
)
_CEDEX = re.compile(r"\s+cedex(?:\s+\d+)?$", re.IGNORECASE)
_NO_CITY = re.compile(
    r"\b(?:remote|remotely|teletravail|tele travail|home ?office|homeoffice|home based|hybrid\w*|anywhere|worldwide"
    r"|global|multiple|various|several|locations?|divers\w*|plusieurs|toute?s?|partout|national\w*|nationwide"
    r"|bundesweit|europe|emea|apac|dach|international|itinerant\w*|deplacements?|definir|defined|tbd|tba|n a|unknown"
    r"|non precise\w*|indifferent|domicile|siege|region|area|metropolitan|greater|county|departement|agence|site"
    r"|secteur|zone|inc|ltd|corp"
    r"|voivodeship|province|provincia|prefecture|oblast|canton|alentours|around|pres de|near|and|et|und|ou|oder|y)\b"
)
# A longer text is no place.
_LONGEST = 300
_MOST_WORDS = 5


class _Place(NamedTuple):
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


def read_place(text: str, default: str | None) -> dict[str, str] | None:
    """The parts of a place, as those of `Location`; `default` is the country of texts that name none."""
    text = " ".join(text.split())
    if not text:
        return None
    found = _read(text.strip(" ,;-"), default) if len(text) <= _LONGEST else _Place()
    country = found.country or (default if not _names_elsewhere(found) else None)
    made = {
        "text": text,
        "city": found.city,
        "region": found.region,
        "postal_code": found.postal_code,
        "country": country,
    }
    return {name: part for name, part in made.items() if part}


def _names_elsewhere(found: _Place) -> bool:
    return False if found.region is None else REGIONS.get(normal_name(found.region)) is not None


def _read(text: str, default: str | None) -> _Place:
    coded = _CODES_AND_CITY.fullmatch(text) or _CITY_AND_CODES.fullmatch(text)
    if coded and coded["country"] in COUNTRIES:
        code = coded.groupdict().get("code")
        return _Place(_city(coded["city"]), coded["region"], code, coded["country"])
    segments = [one.strip() for one in re.split(r"[,;|]|(?<!\d)\s[-–—]\s(?=[^\W\d_]{3})|\s>\s", text) if one.strip()]
    if _NUMBERED.fullmatch(text) or not segments:
        segments = [text]
    segments, country, region = _without_ends(segments, default)
    if not segments:
        return _Place(region=region, country=country)
    for index, segment in enumerate(segments):
        found = _with_code(segment, country or default)
        if found is not None:
            before = segments[:index]
            if before and country is None and (named := _named_country(before[-1])) is not None:
                # Leeds, United Kingdom, LS1 4AP
                country, before = named, before[:-1]
            if found.city is None and before:
                found = found._replace(city=_city(before[-1]))
            rest = segments[index + 1 :]
            return _completed(found, country, region or (rest[0] if len(rest) == 1 and not found.region else None))
    if region is not None and len(segments) == 2:  # "Pentagon, Arlington, VA": what stands beside the region
        segments = segments[1:]
    return _completed(_without_code(segments, country, default), country, region)


def _completed(found: _Place, country: str | None, region: str | None) -> _Place:
    country = country or found.country
    return found._replace(country=country, region=region or found.region)


# The ends: country and region ------------------------------------------------------------------------


def _without_ends(segments: list[str], default: str | None) -> tuple[list[str], str | None, str | None]:
    """The segments without country and region at their end (or the country at their start), and these two."""
    last = segments[-1]
    if (found := _STATE_AND_ZIP.fullmatch(last)) and len(segments) > 1:
        country = "US" if found[1] in US_STATES else "CA" if found[1] in CA_PROVINCES else None
        if country:
            return [*segments[:-2], f"{segments[-2]} {found[2]}"], country, found[1]
    found = _STATE_AND_COUNTRY.fullmatch(last) if len(segments) > 1 else None
    if found and found[1] in US_STATES and _named_country(found[2]) == "US":
        return segments[:-1], "US", found[1]
    country = _country(last, segments, default)
    if country is not None:
        segments = segments[:-1]
    elif len(segments) > 1 and (first := _named_country(segments[0])) is not None and first not in ("LU", "SG", "MC"):
        country, segments = first, segments[1:]
    if not segments:
        return [], country, None
    region, of_country = _region(segments[-1], country, default, alone=len(segments) == 1)
    if region is not None:
        return segments[:-1], country or of_country, region
    return segments, country, None


def _country(segment: str, segments: list[str], default: str | None) -> str | None:
    if len(segment) == 2 and segment.isupper() and len(segments) > 1:
        before = segments[-2]
        if segment in COUNTRIES and (len(segments) > 2 and (before in CA_PROVINCES or before in US_STATES)):
            return segment
        if segment in US_STATES or segment in CA_PROVINCES:
            return (
                segment
                if default == segment or (default and default not in ("US", "CA") and segment in COUNTRIES)
                else None
            )
        return "GB" if segment == "UK" else segment if segment in COUNTRIES else None
    if len(segments) == 1 and (code := segment.upper()) in COUNTRIES:
        # Alone, a state's code says as little as a country's.
        return code if code in UNDECIDED or not (code in US_STATES or code in CA_PROVINCES) else None
    return _named_country(segment)


def _named_country(segment: str) -> str | None:
    name = normal_name(segment)
    if normal_name(segment) in AMBIGUOUS or name in REGIONS or (len(name) == 3 and not segment.isupper()):
        return None
    return COUNTRY_NAMES.get(name)


def _region(segment: str, country: str | None, default: str | None, *, alone: bool) -> tuple[str | None, str | None]:
    """A region and its country, where the segment is the name or the code of one."""
    if len(segment) in (2, 3) and segment.isupper() and not alone:
        for codes, one in ((US_STATES, "US"), (CA_PROVINCES, "CA"), (AU_STATES, "AU")):
            if segment in codes and country in (None, one) and default in (None, one):
                undecided = country is None and default is None and segment in UNDECIDED
                return (None, None) if undecided else (segment, one)
    of = REGIONS.get(normal_name(segment))
    if of is not None and country in (None, of):
        return segment, of
    if (country or default) == "FR" and segment in DEPARTMENTS.values() and not (alone and segment == "Paris"):
        return segment, None
    return None, None


# City and postal code --------------------------------------------------------------------------------


def _with_code(segment: str, country: str | None) -> _Place | None:
    """A segment with a postal code: the city beside it."""
    for patterns in (_BEFORE, _AFTER, _ALONE):
        for pattern, of in patterns:
            found = pattern.fullmatch(segment)
            if found is None:
                continue
            parts = found.groupdict()
            named = _country_of_prefix(parts["prefix"])
            code = parts["code"]
            if len(code) == 4 and (named or country) not in (*_FOUR_DIGITS, None):
                continue
            city = _city(parts.get("city") or "")
            return _Place(city, None, code, named or of or None)
    return None


def _country_of_prefix(prefix: str | None) -> str | None:
    if not prefix:
        return None
    return _ROAD_SIGNS.get(prefix) or (prefix if prefix in COUNTRIES else None)


def _without_code(segments: list[str], country: str | None, default: str | None) -> _Place:
    if len(segments) == 1:
        return _one_segment(segments[0], country or default)
    # "12 rue de la Paix, Lyon": an address before the city.
    if segments[0][:1].isdigit() or segments[0][-1:].isdigit():
        return _one_segment(segments[-1], country or default)
    if len(segments) == 2 and country is not None:
        found = _one_segment(segments[0], country)
        region = _city(segments[1])
        return found._replace(region=found.region or region)
    if _region_code_is_undecided(segments):
        return _one_segment(segments[0], default)
    return _Place()


def _region_code_is_undecided(segments: list[str]) -> bool:
    """Wilmington, DE: the city is one whatever DE is."""
    return len(segments) == 2 and (segments[1] in UNDECIDED or normal_name(segments[1]) in AMBIGUOUS)


def _one_segment(segment: str, country: str | None) -> _Place:
    if found := _NUMBERED.fullmatch(segment):
        return _numbered(found["number"].upper(), found["name"], country)
    if found := _IN_BRACKETS.fullmatch(segment):
        return _bracketed(found["before"], found["inside"].strip(), country)
    if found := _DISTRICT.fullmatch(segment):
        return _Place(city=found["city"])
    return _Place(city=_city(segment))


def _numbered(number: str, name: str, country: str | None) -> _Place:
    """75 - Paris: a département of France, and a city of it or its own name."""
    department = DEPARTMENTS.get(number)
    if department is None or country not in (None, "FR"):
        return _Place()
    if normal_name(name) == normal_name(department) and number != "75":
        return _Place(region=department, country="FR")
    district = _DISTRICT.fullmatch(name)
    return _Place(city=district["city"] if district else _city(name), region=department, country="FR")


def _bracketed(before: str, inside: str, country: str | None) -> _Place:
    """Lyon (69), Genève (Suisse), Lyon (Rhône)."""
    city = _city(before)
    if inside.upper() in DEPARTMENTS:
        return _Place(city=city, region=DEPARTMENTS[inside.upper()]) if country == "FR" else _Place(city=city)
    named = _named_country(inside)
    if named is not None:
        return _Place(city=city, country=named)
    if (of := REGIONS.get(normal_name(inside))) is not None:
        return _Place(city=city, region=inside, country=of)
    return _Place(city=city)


def _city(text: str) -> str | None:
    """The text, where it can be the name of a city; None = it does not look like one."""
    written = _CEDEX.sub("", text).strip(" ,-–")
    text = written.strip(" ,.-–") + ("." if ". " in written and written.endswith(".") else "")
    district = _DISTRICT.fullmatch(text)
    if district:
        return district["city"]
    if (
        not _CITY.fullmatch(text)
        or len(text.split()) > _MOST_WORDS
        or "/" in text
        or (len(text) < 3 and text.isascii())
    ):
        return None
    is_prose = text.islower() and " " in text
    return None if is_prose or _NO_CITY.search(normal_name(text)) else text
