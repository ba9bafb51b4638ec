"""Google's JobPosting (https://developers.google.com/search/docs/appearance/structured-data/job-posting): JSON-LD.

A file has one posting a line; the page of a posting has its `snippet`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import description_html, several
from jobpipe.destinations.rules import Options, Partner, quoted, visible_text
from jobpipe.posting import Company, JobPosting, Location, Salary

_GOOGLE = Partner("google", "Google")
_encode = msgspec.json.Encoder().encode


def _no_place(posting: JobPosting, options: Options) -> str:
    if any(place.country for place in posting.locations):
        return ""
    if not posting.locations:
        return "the posting has no place, nor the country that its applicants must be in"
    return f"the place {quoted(posting.locations[0].text or posting.locations[0].city or '')} has no country"


def _description_is_title(posting: JobPosting, options: Options) -> str:
    text, title = visible_text(posting).strip(), posting.title.strip()
    same = len(text) == len(title) and text.casefold() == title.casefold()
    return f"the description is the title, {quoted(posting.title)}" if same else ""


_RULES = (
    _GOOGLE.needs("title"),
    _GOOGLE.needs("description", "description_text"),
    _GOOGLE.rule("description", "asks for more than the title", _description_is_title, suffix="-title"),
    _GOOGLE.needs("posted_at"),
    _GOOGLE.needs("company.name"),
    _GOOGLE.rule(
        "locations",
        "requires a place with its country, or the country of the applicants where the work is remote",
        _no_place,
        role=lambda posting: "developer" if posting.locations else "source",
    ),
)

# schema.org's and Google's words.
_TYPES = {
    "fixed_term": "CONTRACTOR",
    "freelance": "CONTRACTOR",
    "temporary": "TEMPORARY",
    "internship": "INTERN",
    "volunteer": "VOLUNTEER",
    "apprenticeship": "OTHER",
    "other": "OTHER",
}
_TIMES = {"full_time": "FULL_TIME", "part_time": "PART_TIME"}


def structured(posting: JobPosting) -> dict[str, Any]:
    """The posting as JSON-LD."""
    made: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": posting.title,
        "description": description_html(posting),
        "identifier": _identifier(posting),
        "datePosted": posting.posted_at,
        "validThrough": posting.valid_through,
        "dateModified": posting.updated_at,
        "url": posting.url or posting.apply_url,
        "hiringOrganization": _organization(posting.company),
        "employmentType": _employment(posting),
        "baseSalary": _salary(posting.salary),
        "industry": several(posting.industry),
        "occupationalCategory": ", ".join(each.code or each.label or "" for each in posting.category),
        "experienceRequirements": several(posting.experience),
        "educationRequirements": several(posting.education),
        "skills": ", ".join(posting.skills),
        "totalJobOpenings": posting.positions,
    }
    _add_places(made, posting)
    return {name: value for name, value in made.items() if value}


def _identifier(posting: JobPosting) -> dict[str, Any]:
    made = {"@type": "PropertyValue", "value": posting.reference}
    if posting.company and posting.company.name:
        made["name"] = posting.company.name
    return made


def _organization(company: Company | None) -> dict[str, Any] | None:
    if company is None or not company.name:
        return None
    made = {"@type": "Organization", "name": company.name, "sameAs": company.url, "logo": company.logo}
    return {name: value for name, value in made.items() if value}


def _employment(posting: JobPosting) -> list[str]:
    words = (_TIMES.get(posting.working_time or ""), _TYPES.get(posting.contract or ""))
    return [word for word in words if word]


def _salary(salary: Salary | None) -> dict[str, Any] | None:
    if salary is None or not salary.currency or (salary.min is None and salary.max is None):
        return None
    value: dict[str, Any] = {"@type": "QuantitativeValue"}
    if salary.min == salary.max:
        value["value"] = salary.min
    else:
        value |= {
            name: amount for name, amount in (("minValue", salary.min), ("maxValue", salary.max)) if amount is not None
        }
    if salary.period:
        value["unitText"] = salary.period.upper()
    return {"@type": "MonetaryAmount", "currency": salary.currency, "value": value}


def _add_places(made: dict[str, Any], posting: JobPosting) -> None:
    """A place without a country is left out: Google requires one of each."""
    named = [place for place in posting.locations if place.country]
    if posting.remote == "remote":
        made["jobLocationType"] = "TELECOMMUTE"
        countries = dict.fromkeys(place.country for place in named)
        made["applicantLocationRequirements"] = [{"@type": "Country", "name": country} for country in countries]
        named = [place for place in named if place.city or place.region or place.postal_code]
    made["jobLocation"] = [_place(place) for place in named]


def _place(place: Location) -> dict[str, Any]:
    address = {
        "@type": "PostalAddress",
        "addressLocality": place.city,
        "addressRegion": place.region,
        "postalCode": place.postal_code,
        "addressCountry": place.country,
    }
    made: dict[str, Any] = {"@type": "Place", "address": {name: value for name, value in address.items() if value}}
    if place.latitude is not None and place.longitude is not None:
        made["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    return made


def snippet(posting: JobPosting) -> str:
    """For the posting's page: a `script` that no text of the posting can end."""
    text = item(Setting())(posting).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/ld+json">{text}</script>'


def item(setting: Setting) -> Callable[[JobPosting], bytes]:
    return lambda posting: _encode(structured(posting))


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    for posting in postings:
        yield _encode(structured(posting)) + b"\n"


FORMAT = OutputFormat(
    name="google",
    summary="Google's JobPosting, JSON-LD, one a line",
    write=write,
    extension="jsonl",
    media_type="application/x-ndjson",
    documented="https://developers.google.com/search/docs/appearance/structured-data/job-posting",
    rules=_RULES,
    item=item,
    carries={
        "title": "title",
        "description": "description",
        "identifier.value": "reference",
        "datePosted": "posted_at",
        "validThrough": "valid_through",
        "dateModified": "updated_at",
        "url": "url, or apply_url",
        "hiringOrganization": "company: name, url as sameAs, logo",
        "employmentType": "working_time, contract",
        "baseSalary": "salary",
        "industry": "industry",
        "occupationalCategory": "category",
        "experienceRequirements": "experience",
        "educationRequirements": "education",
        "skills": "skills",
        "totalJobOpenings": "positions",
        "jobLocation": "locations that have a country",
        "jobLocationType": "remote",
        "applicantLocationRequirements": "locations.country, where the work is remote",
    },
)
