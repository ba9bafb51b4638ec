"""What each field of a posting holds, in a line: for editors and for `jobpipe schema`."""

from __future__ import annotations

from typing import get_args

from jobpipe.posting import Contract, Period, Remote, WorkingTime


def _one_of(vocabulary: object) -> str:
    return "One of " + ", ".join(get_args(vocabulary)) + "."


FIELDS: dict[str, str] = {
    "reference": "The source's own number or name of the offer; with it the offer is known again tomorrow.",
    "title": "The job's title. No posting is without one.",
    "url": "The page of the offer.",
    "apply_url": "The page, or the mailto: address, to apply at.",
    "company": "Who offers the job: its name, or {name, id, url, logo}.",
    "description": "The description, HTML; it is sanitised.",
    "description_text": "The description as plain text; made of `description` when no rule makes it.",
    "locations": "Where the work is: one or several places, as text or {city, postal_code, country, …}.",
    "remote": _one_of(Remote),
    "contract": _one_of(Contract),
    "working_time": _one_of(WorkingTime),
    "category": "What kind of job: one or several labels, with `map` codes of a taxonomy.",
    "salary": "What is paid: a text that the step `salary` reads, or {min, max, currency, period}.",
    "posted_at": "When it was published. ISO 8601: the step `date` reads other forms.",
    "updated_at": "When it was last changed. ISO 8601.",
    "valid_through": "The last day or moment of the offer. ISO 8601: it expires by itself after it.",
    "experience": "The experience that is asked for, in the source's words.",
    "education": "The education that is asked for, in the source's words.",
    "industry": "The employer's industry, in the source's words.",
    "skills": "The skills that are asked for, a list.",
    "language": "The language of the posting. ISO 639-1: fr.",
    "positions": "How many people are sought, a whole number.",
    "extra": "What a house wants besides: {my_field: path}.",
}

PARTS: dict[str, dict[str, str]] = {
    "company": {
        "name": "Its name.",
        "id": "The source's number or name for it.",
        "url": "Its web page.",
        "logo": "The address of its logo.",
    },
    "locations": {
        "text": "The place in the source's words.",
        "city": "The city.",
        "region": "The region or state.",
        "postal_code": "The postal code, text: 01000.",
        "country": "ISO 3166-1 alpha-2: FR.",
        "latitude": "Degrees, WGS 84.",
        "longitude": "Degrees, WGS 84.",
    },
    "category": {
        "taxonomy": "The taxonomy that the code is of.",
        "code": "The code in it.",
        "label": "The source's own word.",
        "name": "What the taxonomy calls the code.",
        "by": "Which mapping decided.",
    },
    "salary": {
        "min": "The lowest amount.",
        "max": "The highest amount.",
        "currency": "ISO 4217: EUR.",
        "period": _one_of(Period),
        "text": "The pay in the source's words.",
    },
}
