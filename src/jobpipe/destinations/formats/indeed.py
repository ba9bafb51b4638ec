"""The Indeed XML feed (https://docs.indeed.com/indeed-apply/xml-feed): `source` with one `job` a place.

Every value in CDATA; the reference number is unique for each location, so a posting with several places
becomes several jobs whose numbers end in the place's own number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.posting import JobPosting, Location, Salary

# Indeed's words.
_JOB_TYPES = {
    "permanent": "fulltime",
    "fixed_term": "contract",
    "temporary": "temporary",
    "internship": "internship",
    "apprenticeship": "apprenticeship",
    "freelance": "contract",
    "volunteer": "volunteer",
}
_REMOTE_TYPES = {"remote": "Fully remote", "hybrid": "Hybrid remote"}
# XML 1.0 §2.2: what may not stand in a document, however written.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _element(name: str, value: object) -> str:
    if value in (None, ""):
        return ""
    text = _FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
    return f"    <{name}><![CDATA[{text}]]></{name}>\n"


def _salary(salary: Salary | None) -> str:
    if salary is None:
        return ""
    if salary.min is None and salary.max is None:
        return salary.text or ""
    amounts = " - ".join(dict.fromkeys(f"{amount:,.0f}" for amount in (salary.min, salary.max) if amount is not None))
    per = f" per {salary.period}" if salary.period else ""
    return f"{amounts} {salary.currency or ''}".rstrip() + per


def _date(text: str | None) -> str:
    """RFC 822, as Indeed's examples have it; what cannot be read stays as it is."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return format_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _several(value: str | list[str] | None) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""


def _job(posting: JobPosting, place: Location | None, number: int) -> str:
    reference = f"{posting.reference}-{number}" if number else posting.reference
    place = place or Location()
    job_type = "parttime" if posting.working_time == "part_time" else _JOB_TYPES.get(posting.contract or "", "")
    values = {
        "title": posting.title,
        "date": _date(posting.posted_at),
        "referencenumber": reference,
        "requisitionid": posting.reference,
        "url": posting.url or posting.apply_url,
        "company": posting.company and posting.company.name,
        "city": place.city or place.text,
        "state": place.region,
        "country": place.country,
        "postalcode": place.postal_code,
        "description": posting.description,
        "salary": _salary(posting.salary),
        "education": _several(posting.education),
        "jobtype": job_type,
        "category": ", ".join(each.label or each.code or "" for each in posting.category),
        "experience": _several(posting.experience),
        "expirationdate": _date(posting.valid_through),
        "remotetype": _REMOTE_TYPES.get(posting.remote or "", ""),
    }
    return "  <job>\n" + "".join(_element(name, value) for name, value in values.items()) + "  </job>\n"


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    built = format_datetime(datetime.now(UTC))
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<source>\n  <lastBuildDate>{built}</lastBuildDate>\n'.encode()
    for posting in postings:
        places: list[Location | None] = [*posting.locations] or [None]
        for index, place in enumerate(places, 1):
            yield _job(posting, place, index if len(places) > 1 else 0).encode("utf-8", "replace")
    yield b"</source>\n"


FORMAT = OutputFormat(
    name="indeed",
    summary="the Indeed XML feed, one job a place",
    write=write,
    extension="xml",
    media_type="application/xml",
)
