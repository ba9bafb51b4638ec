"""What is counted of a posting: a few bytes that lie beside its state, so that nobody reads bodies to count.

Which fields it has, its values of closed lists, how long its texts are, and digests that tell whether texts are alike.
Of `WIDTH` bytes, so that the facts of many postings, one behind the other, are columns: `facts[place::WIDTH]`.
"""

from __future__ import annotations

import math
import re
import struct
from datetime import date
from functools import lru_cache
from typing import Any, get_args

import xxhash

from jobpipe.posting import Contract, JobPosting, Location, Period, Remote, WorkingTime

# What a posting may have: a bit each, in the order of the bits. New ones at the end.
FIELDS: tuple[str, ...] = (
    *("url", "apply_url", "company", "description", "locations", "locations.city", "locations.region"),
    *("locations.postal_code", "locations.country", "locations.coordinates", "remote", "contract", "working_time"),
    *("category", "category.code", "salary", "salary.amount", "salary.currency", "salary.period", "posted_at"),
    *("updated_at", "valid_through", "experience", "education", "industry", "skills", "language", "positions"),
    *("company.id", "company.url", "company.logo"),
)
# What may be wrong with its texts: a bit each.
FLAWS: tuple[str, ...] = (
    # U+FFFD, or text that was decoded wrongly.
    "damaged text",
    "markup in the title",
    "a title that is cut",
    "a title without lower case",
    "no letters in the title",
    "digits in the city",
    "a company like the title",
    "a description like the title",
    "question marks for letters",
)
# Lists that are closed: a byte, 0 = not said, else its place from 1.
CLOSED: dict[str, tuple[str, ...]] = {
    "contract": get_args(Contract),
    "working_time": get_args(WorkingTime),
    "remote": get_args(Remote),
    "salary.period": get_args(Period),
}
# Words that are frequent in one of these languages and rare in the others.
_TELLING_WORDS = {
    "en": "the and of with for you our are will be as this your have",
    "fr": "les des vous nous et pour dans une votre sur est avec au du notre",
    "de": "und die der wir mit für sie ist eine zu den auf dich dein ihre",
    "es": "los las del y con para una por el se como más nuestra tu",
    "it": "il di che e per gli della una nel con sono alla dei le",
    "nl": "het een van en je voor met wij onze zijn wordt bij ons jouw",
    "pt": "os uma do da com para não em você dos na ao das são",
    "pl": "w z na się oraz dla praca nie do jest od przy naszej lub",
    "sv": "och att är som för vi på det av du med till har vår",
}
LANGUAGES: tuple[str, ...] = tuple(_TELLING_WORDS)
_LANGUAGE_OF: dict[str, int] = {}
for _number, _words in enumerate(_TELLING_WORDS.values(), 1):
    for _word in _words.split():
        # A word of several languages tells nothing.
        _LANGUAGE_OF[_word] = 0 if _word in _LANGUAGE_OF else _number

# present, flaws, four closed lists, language of the text, lengths (title, text, company, city), size of the salary,
# digests (text, title), day posted, digests (category, company, city), country, language, currency.
_LAYOUT = struct.Struct("<IH4BB4BBIIHHHH2s2s3s")
WIDTH = _LAYOUT.size
PRESENT_AT, FLAWS_AT = 0, 4
CLOSED_AT = {name: 6 + place for place, name in enumerate(CLOSED)}
TEXT_LANGUAGE_AT = 10
LENGTHS_AT = {"title": 11, "description": 12, "company": 13, "city": 14, "salary": 15}
TEXT_AT, TITLE_AT, DAY_AT = 16, 20, 24
DIGESTS_AT = {"category": 26, "company": 28, "city": 30}
COUNTRY_AT, LANGUAGE_AT, CURRENCY_AT = 32, 34, 36

_FIRST_DAY = date(2000, 1, 1).toordinal()
_WRONGLY_DECODED = re.compile("[ÃÂ][\x80-\xbf\u0152-\u0192\u2013-\u2122]|â€|\ufffd")
_LOST_LETTER = re.compile(r"[^\W\d_]\?[^\W\d_A-Z]")
_PLACE = ("city", "region", "postal_code", "country")
# Characters of a text that are looked at for its language.
_LOOKED_AT = 400


def facts_of(posting: JobPosting) -> bytes:
    """`WIDTH` bytes. The parts of a posting that has just been made may be dicts yet, named as the structs' fields."""
    place = posting.locations[0] if posting.locations else None
    category = posting.category[0] if posting.category else None
    company, city = _part(posting.company, "name") or "", _part(place, "city") or ""
    title, text = posting.title, posting.description_text or posting.description or ""
    salary = posting.salary
    return _LAYOUT.pack(
        _present(posting),
        _flaws(title, text, company, city),
        _place_in("contract", posting.contract),
        _place_in("working_time", posting.working_time),
        _place_in("remote", posting.remote),
        _place_in("salary.period", _part(salary, "period")),
        _language_of(text),
        length_step(len(title)),
        length_step(len(text)),
        length_step(len(company)),
        length_step(len(city)),
        length_step(_part(salary, "min") or _part(salary, "max") or 0.0),
        _text_digest(text),
        _text_digest(title),
        _day(posting.posted_at),
        short_digest(_part(category, "code") or _part(category, "label") or ""),
        short_digest(company),
        short_digest(city),
        _letters(_part(place, "country") or "", 2),
        _letters(posting.language or "", 2),
        _letters(_part(salary, "currency") or "", 3),
    )


def _part(whole: Any, name: str) -> Any:
    if whole is None:
        return None
    return whole.get(name) if type(whole) is dict else getattr(whole, name)


def length_step(size: float) -> int:
    """Steps of 9 %: 0 for nothing, 255 at most."""
    return min(255, round(8 * math.log2(size + 1))) if size > 0 else 0


def size_of_step(step: float) -> float:
    """The size that a step stands for."""
    return 2 ** (step / 8) - 1


def short_digest(text: str) -> int:
    """Of 16 bits; 0 = there is no text."""
    return (_digest(text) & 0xFFFF) or 1 if text else 0


def _text_digest(text: str) -> int:
    """Of 32 bits, over its beginning, its end and its length: texts of one template differ somewhere there."""
    if len(text) > 900:
        text = f"{text[:600]}{text[-300:]}{len(text)}"
    return _digest(text) & 0xFFFFFFFF


def _digest(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) if text else 0


def _present(posting: JobPosting) -> int:
    company, salary = posting.company, posting.salary
    places, categories = posting.locations, posting.category
    there: tuple[Any, ...] = (
        posting.url,
        posting.apply_url,
        _part(company, "name"),
        posting.description,
        places,
        *_of_places(places),
        posting.remote,
        posting.contract,
        posting.working_time,
        categories,
        categories and _part(categories[0], "code"),
        salary,
        _part(salary, "min") is not None or _part(salary, "max") is not None,
        _part(salary, "currency"),
        _part(salary, "period"),
        posting.posted_at,
        posting.updated_at,
        posting.valid_through,
        posting.experience,
        posting.education,
        posting.industry,
        posting.skills,
        posting.language,
        posting.positions is not None,
        _part(company, "id"),
        _part(company, "url"),
        _part(company, "logo"),
    )
    bits = 0
    for place, value in enumerate(there):
        if value:
            bits |= 1 << place
    return bits


def _of_places(places: list[Location]) -> tuple[Any, ...]:
    parts = [(*(_part(one, name) for name in _PLACE), _part(one, "latitude") is not None) for one in places]
    if len(parts) < 2:
        return parts[0] if parts else (None,) * 5
    return tuple(any(values) for values in zip(*parts, strict=True))


def _flaws(title: str, text: str, company: str, city: str) -> int:
    found = (
        _is_damaged(title) or _is_damaged(text),
        "<" in title or "&#" in title or "&amp;" in title,
        title.endswith(("…", "...")),
        len(title) > 3 and title.isupper(),
        not any(map(str.isalpha, title)),
        any(map(str.isdigit, city)),
        bool(company) and company == title,
        bool(text) and text.strip() == title,
        "?" in text and len(_LOST_LETTER.findall(text[:_LOOKED_AT])) > 1,
    )
    bits = 0
    for place, is_so in enumerate(found):
        if is_so:
            bits |= 1 << place
    return bits


def _is_damaged(text: str) -> bool:
    # Looking for one character costs nearly nothing, the pattern more.
    suspect = "Ã" in text or "Â" in text or "â€" in text or "\ufffd" in text
    return suspect and _WRONGLY_DECODED.search(text) is not None


def _place_in(name: str, value: str | None) -> int:
    return CLOSED[name].index(value) + 1 if value is not None and value in CLOSED[name] else 0


def _language_of(text: str) -> int:
    """The place in `LANGUAGES`, from 1, of the one most of whose words are there; 0 = it cannot be told."""
    counted = [0] * (len(LANGUAGES) + 1)
    language_of = _LANGUAGE_OF.get
    for word in text[:_LOOKED_AT].lower().split():
        counted[language_of(word, 0)] += 1
    counted[0] = 2
    return counted.index(max(counted))


@lru_cache(maxsize=1024)
def _day(moment: str | None) -> int:
    """Days since 2000; 0 = none."""
    try:
        return min(max(date.fromisoformat((moment or "")[:10]).toordinal() - _FIRST_DAY, 1), 0xFFFF)
    except ValueError:
        return 0


def _letters(text: str, size: int) -> bytes:
    return text.encode("ascii", "replace")[:size]
