"""The LinkedIn XML feed (https://learn.microsoft.com/linkedin/talent/job-postings/xml-feeds-development-guide).

One `job` a posting, so that `expectedJobCount` is the number of postings; further places are alternate ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.values import (
    NOWHERE,
    american_day,
    company_name,
    description_html,
    now_rfc822,
    place_text,
    several,
)
from jobpipe.destinations.formats.xml_elements import DECLARATION, document, element
from jobpipe.destinations.rules import Options, Partner
from jobpipe.posting import JobPosting, Salary

_LINKEDIN = Partner("linkedin", "LinkedIn")


def _no_place(posting: JobPosting, options: Options) -> str:
    if posting.locations and place_text(posting.locations[0]):
        return ""
    return "the posting has no place"


_RULES = (
    _LINKEDIN.needs("reference"),
    _LINKEDIN.at_most("reference", 40, role="developer"),
    _LINKEDIN.needs("company.name"),
    _LINKEDIN.needs("title"),
    _LINKEDIN.at_most("title", 200),
    _LINKEDIN.needs("description", "description_text"),
    _LINKEDIN.describes(100),
    _LINKEDIN.at_most("description", 25_000),
    _LINKEDIN.needs("apply_url", "url"),
    _LINKEDIN.https("apply_url", "url"),
    _LINKEDIN.rule("locations", "requires a place", _no_place),
    _LINKEDIN.option("poster_email", "e-mail of who posts the job"),
    _LINKEDIN.option("company_id", "company's number at LinkedIn", when="ats"),
)

# LinkedIn's words.
_WORKPLACES = {"on_site": "On-site", "hybrid": "Hybrid", "remote": "Remote"}
_JOB_TYPES = {
    "fixed_term": "CONTRACT",
    "temporary": "CONTRACT",
    "freelance": "CONTRACT",
    "internship": "INTERNSHIP",
    "volunteer": "VOLUNTEER",
}
_TIMES = {"full_time": "FULL_TIME", "part_time": "PART_TIME"}
_PERIODS = {"hour": "HOURLY", "day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_EXPERIENCES = ("ENTRY_LEVEL", "MID_SENIOR_LEVEL", "DIRECTOR", "EXECUTIVE", "INTERNSHIP", "ASSOCIATE")


def _job(posting: JobPosting, options: Mapping[str, str]) -> str:
    place, *others = posting.locations or (NOWHERE,)
    job_type = _JOB_TYPES.get(posting.contract or "") or _TIMES.get(posting.working_time or "")
    return "".join(
        (
            "  <job>\n",
            element("partnerJobId", posting.reference),
            element("company", company_name(posting)),
            element("title", posting.title),
            element("description", description_html(posting)),
            element("applyUrl", posting.apply_url or posting.url),
            element("companyId", _own(posting, options, "company_id")),
            element("posterEmail", _own(posting, options, "poster_email")),
            element("location", place_text(place)),
            element("city", place.city),
            element("state", place.region),
            element("country", place.country),
            element("postalCode", place.postal_code),
            _list("alternateLocations", "alternateLocation", [place_text(other) for other in others]),
            element("workplaceTypes", _WORKPLACES.get(posting.remote or "")),
            element("experienceLevel", _experience(posting)),
            element("jobtype", job_type),
            _list("skills", "skill", posting.skills),
            _salaries(posting.salary),
            element("listDate", american_day(posting.posted_at)),
            element("expirationDate", american_day(posting.valid_through)),
            "  </job>\n",
        )
    )


def _own(posting: JobPosting, options: Mapping[str, str], name: str) -> str | None:
    """The posting's own, or the destination's."""
    own = posting.extra.get(name) if posting.extra else None
    return str(own) if own else options.get(name)


def _experience(posting: JobPosting) -> str:
    """Where the posting has LinkedIn's own word; it refuses others."""
    word = several(posting.experience).upper().replace("-", "_").replace(" ", "_")
    return word if word in _EXPERIENCES else ""


def _list(name: str, item: str, values: list[str]) -> str:
    inner = "".join(element(item, value) for value in values)
    return f"    <{name}>\n{inner}    </{name}>\n" if inner else ""


def _salaries(salary: Salary | None) -> str:
    """Whole amounts with a currency and a period, which are all that LinkedIn takes."""
    if salary is None or not salary.currency or not salary.period:
        return ""
    ends = "".join(
        f"<{name}>\n{element('amount', f'{amount:.0f}')}{element('currencyCode', salary.currency)}</{name}>\n"
        for name, amount in (("highEnd", salary.max), ("lowEnd", salary.min))
        if amount is not None
    )
    if not ends:
        return ""
    rest = element("period", _PERIODS[salary.period]) + element("type", "BASE_SALARY")
    return f"    <salaries>\n<salary>\n{ends}{rest}</salary>\n    </salaries>\n"


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    head = (
        f"{DECLARATION}<source>\n    <lastBuildDate>{now_rfc822()}</lastBuildDate>\n"
        + element("publisherURL", setting.options.get("publisher_url"))
        + element("publisher", setting.options.get("publisher"))
        + ("" if setting.expected is None else element("expectedJobCount", str(setting.expected)))
    )
    return document(head, postings, partial(_job, options=setting.options), "</source>\n")


FORMAT = OutputFormat(
    name="linkedin",
    summary="the LinkedIn XML feed, one job a posting",
    write=write,
    extension="xml",
    media_type="application/xml",
    states_total=True,
    documented="https://learn.microsoft.com/linkedin/talent/job-postings/xml-feeds-development-guide",
    rules=_RULES,
    options={
        "publisher": "the name of whoever publishes the feed",
        "publisher_url": "their address",
        "poster_email": "the e-mail of who posts the jobs, where a posting has no `extra.poster_email`",
        "company_id": "the company's number at LinkedIn, where a posting has no `extra.company_id`",
        "ats": "any value: the feed is that of an applicant tracking system, of which LinkedIn asks for more",
    },
    carries={
        "partnerJobId": "reference",
        "company": "company.name",
        "title": "title",
        "description": "description",
        "applyUrl": "apply_url, or url",
        "companyId": "extra.company_id, or the option",
        "posterEmail": "extra.poster_email, or the option",
        "location": "locations.0.text, or its parts",
        "city": "locations.0.city",
        "state": "locations.0.region",
        "country": "locations.0.country",
        "postalCode": "locations.0.postal_code",
        "alternateLocation": "locations from the second on",
        "workplaceTypes": "remote",
        "experienceLevel": "experience, where it is LinkedIn's own word",
        "jobtype": "contract, working_time",
        "skill": "skills",
        "salary": "salary, in whole amounts",
        "listDate": "posted_at",
        "expirationDate": "valid_through",
    },
)
