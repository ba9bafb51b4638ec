"""In which country a source's jobs are, by its towns, postal codes and language; and what follows from a country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jobpipe.drafting.shapes import towns_named
from jobpipe.transform.steps.place_reading import read_place

# Countries by the language of their postings, those with most of them first.
_LANGUAGES = {
    "fr": ("FR", "BE", "CH", "CA", "LU"),
    "de": ("DE", "AT", "CH", "LU", "LI"),
    "nl": ("NL", "BE"),
    "es": ("ES", "MX", "AR", "CO", "CL", "PE"),
    "it": ("IT", "CH"),
    "pt": ("PT", "BR"),
    "sv": ("SE", "FI"),
    "no": ("NO",),
    "nb": ("NO",),
    "nn": ("NO",),
    "da": ("DK",),
    "fi": ("FI",),
    "pl": ("PL",),
    "en": ("US", "GB", "IE", "AU", "CA", "NZ"),
    "hr": ("HR",),
    "cs": ("CZ",),
}
_CURRENCIES = {
    **dict.fromkeys("FR DE AT BE NL ES IT PT IE FI LU HR".split(), "EUR"),  # noqa: SIM905
    "GB": "GBP",
    "CH": "CHF",
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "PL": "PLN",
    "US": "USD",
    "CA": "CAD",
    "AU": "AUD",
    "NZ": "NZD",
    "CZ": "CZK",
    "IN": "INR",
}
# Of countries that have one zone.
_ZONES = {
    "FR": "Europe/Paris",
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "CH": "Europe/Zurich",
    "BE": "Europe/Brussels",
    "NL": "Europe/Amsterdam",
    "LU": "Europe/Luxembourg",
    "IT": "Europe/Rome",
    "SE": "Europe/Stockholm",
    "NO": "Europe/Oslo",
    "DK": "Europe/Copenhagen",
    "FI": "Europe/Helsinki",
    "PL": "Europe/Warsaw",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "CZ": "Europe/Prague",
    "HR": "Europe/Zagreb",
}
_ENOUGH, _APART = 0.85, 0.2
_MOST_TEXTS = 120


def country_by_places(texts: Sequence[str], language: str) -> str:
    """ "" = it cannot be told. The towns must fit the country, and the language of the postings too."""
    towns = [found for text in list(dict.fromkeys(texts))[:_MOST_TEXTS] if (found := _countries_of(text))]
    if not towns:
        return ""
    votes = Counter(country for found in towns for country in found)
    ranked = sorted(votes, key=lambda one: (-votes[one], _rank(one, language)))
    first = ranked[0]
    share = votes[first] / len(towns)
    rest = max((votes[one] / len(towns) for one in ranked[1:]), default=0.0)
    is_of_language = first in _LANGUAGES.get(language, ())
    if share < _ENOUGH or (rest > share - _APART and not (is_of_language and _rank(first, language) == 0)):
        return ""
    if len(towns) < 3 and not (is_of_language and _rank(first, language) == 0):
        return ""
    return first if is_of_language or (len(towns) >= 5 and share >= 0.95) else ""


def _rank(country: str, language: str) -> int:
    known = _LANGUAGES.get(language, ())
    return known.index(country) if country in known else 99


def _countries_of(text: str) -> set[str]:
    found = towns_named(text)
    if not found:
        read = read_place(text, None) or {}
        if country := read.get("country"):
            return {country}
        found = towns_named(read.get("city", ""))
    most = max((one.population for one in found), default=0)
    return {one.country for one in found if one.population * 20 >= most}


def currency_of(country: str) -> str:
    return _CURRENCIES.get(country, "")


def zone_of(countries: Iterable[str]) -> str:
    """The zone that all of them share; "" = they do not, or one has several."""
    zones = {_ZONES.get(country, "") for country in countries}
    return zones.pop() if len(zones) == 1 else ""
