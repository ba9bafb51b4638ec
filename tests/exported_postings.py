"""Postings for tests of exports: some that say much, and any that there could be."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from jobpipe.posting import (
    Category,
    Company,
    Contract,
    JobPosting,
    Location,
    Period,
    Remote,
    Salary,
    WorkingTime,
)

_DESCRIPTION = (
    "<p>Vous assemblez &amp; soudez des pièces d’acier, d’après les plans du bureau d’études, au sein d’une équipe de "
    "six personnes.</p><ul><li>Lire les plans : 3 &lt; 5</li><li>Préparer l’atelier, R&amp;D comprise</li></ul>"
)
_TEXT = (
    "Vous assemblez & soudez des pièces d’acier, d’après les plans du bureau d’études, au sein d’une équipe de "
    "six personnes.\n\n- Lire les plans : 3 < 5\n- Préparer l’atelier, R&D comprise"
)
WELDER = JobPosting(
    reference="A-1",
    title="Soudeur-chaudronnier & monteur ]]> H/F",
    url="https://jobs.example.org/A-1?a=1&b=2",
    apply_url="https://jobs.example.org/A-1/apply",
    company=Company(name="Atelier Exemple", id="77", url="https://example.org", logo="https://example.org/logo.png"),
    description=_DESCRIPTION,
    description_text=_TEXT,
    locations=[
        Location(
            text="Lyon, Rhône",
            city="Lyon",
            region="Rhône",
            postal_code="69003",
            country="FR",
            latitude=45.75,
            longitude=4.85,
        )
    ],
    remote="on_site",
    contract="permanent",
    working_time="full_time",
    category=[Category(taxonomy="ROME", code="H2913", label="Soudage manuel", name="Soudeur", by="rome")],
    salary=Salary(min=28000.0, max=34000.0, currency="EUR", period="year", text="28 à 34 k€"),
    posted_at="2026-11-20T09:30:00+01:00",
    updated_at="2026-11-25T08:00:00+01:00",
    valid_through="2027-01-31",
    experience="3 ans",
    education="CAP",
    industry="Métallurgie",
    skills=["TIG", "MIG"],
    language="fr",
    positions=2,
    extra={"poster_email": "jobs@example.org", "team": {"name": "nord", "size": 6}},
)
DRIVER = JobPosting(
    reference="B/2",
    title="Fahrer (m/w/d) <Nachtschicht>",
    url="https://jobs.example.org/B-2",
    company=Company(name="Beispiel & Söhne GmbH"),
    description="<p>" + "Sie fahren nachts die Strecke zwischen Aachen und Köln, allein und pünktlich. " * 3 + "</p>",
    description_text=("Sie fahren nachts die Strecke zwischen Aachen und Köln, allein und pünktlich. " * 3).strip(),
    locations=[Location(text="52062 Aachen", city="Aachen", region="NRW", postal_code="52062", country="DE")],
    remote="hybrid",
    contract="internship",
    working_time="part_time",
    category=[Category(label="Transport")],
    salary=Salary(min=14.5, max=14.5, currency="EUR", period="hour"),
    posted_at="2026-11-02",
    extra={"poster_email": "jobs@example.org"},
)
# With one place each: for formats that have a job for each.
SINGLE = [WELDER, DRIVER]
TRAVELLER = JobPosting(
    reference="C-3",
    title="Consultant",
    url="https://jobs.example.org/C-3",
    company=Company(name="Exemple"),
    description="<p>" + "You advise customers of all sizes wherever they are. " * 4 + "</p>",
    description_text=("You advise customers of all sizes wherever they are. " * 4).strip(),
    locations=[
        Location(text="Lille", city="Lille", region="Nord", country="FR"),
        Location(text="Gent", city="Gent", region="Oost-Vlaanderen", country="BE"),
    ],
    remote="remote",
    contract="freelance",
    posted_at="2026-11-15",
    skills=["English"],
    extra={"poster_email": "jobs@example.org"},
)
ALL = [WELDER, DRIVER, TRAVELLER]

# Texts as hostile as they come: with characters that XML forbids, and with ends of whatever they stand in.
_HOSTILE = [
    "]]>",
    "]]\x00>",
    "<![CDATA[",
    "</title>",
    "</script>",
    "<!--",
    "&lt;",
    "&",
    '"',
    "'",
    "\r\n",
    "\x0b",
    "\ufffe",
]
hostile_texts = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(_HOSTILE)), max_size=6).map("".join)
_plain = st.text(alphabet=string.ascii_letters + "éß’ ", min_size=1, max_size=20).filter(str.strip)


def _of(literal: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(get_args(literal))


def _made(made: Any, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(made, **parts)


def _sometimes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
_days = st.sampled_from([_YESTERDAY, f"{_YESTERDAY}T10:00:00+01:00", "2020-01-31"])
_amounts = _sometimes(st.floats(min_value=0, max_value=1e6).map(lambda amount: round(amount, 2)))
_places = _made(
    Location,
    text=_sometimes(_plain),
    city=_sometimes(_plain),
    region=_sometimes(_plain),
    country=st.sampled_from([None, "FR", "DE"]),
    latitude=_sometimes(st.just(45.5)),
    longitude=_sometimes(st.just(4.25)),
)


def _fields(texts: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "reference": st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=45),
        "title": texts,
        "url": st.sampled_from([None, "https://jobs.example.org/1", "http://jobs.example.org/1"]),
        "apply_url": st.sampled_from([None, "https://jobs.example.org/1/apply"]),
        "company": _sometimes(_made(Company, name=_sometimes(texts))),
        "description": st.sampled_from([None, "<p>" + "Travail. " * 20 + "</p>", "<p>Court</p>", "x" * 30_000]) | texts,
        "description_text": st.none(),
        "locations": st.lists(_places, max_size=2),
        "remote": _of(Remote),
        "contract": _of(Contract),
        "working_time": _of(WorkingTime),
        "category": st.lists(_made(Category, label=texts), max_size=2),
        "salary": _sometimes(
            _made(
                Salary,
                min=_amounts,
                max=_amounts,
                currency=st.sampled_from([None, "EUR"]),
                period=_of(Period),
                text=_sometimes(texts),
            )
        ),
        "posted_at": _sometimes(_days),
        "updated_at": _sometimes(_days),
        "valid_through": _sometimes(_days),
        "experience": _sometimes(texts),
        "skills": st.lists(texts.filter(bool), max_size=2),
        "positions": _sometimes(st.integers(1, 9)),
        "extra": st.sampled_from([{}, {"poster_email": "jobs@example.org"}]),
    }


def postings(texts: st.SearchStrategy[str] = _plain) -> st.SearchStrategy[JobPosting]:
    """Any there could be."""
    return st.builds(JobPosting, **_fields(texts))


def nearly_complete() -> st.SearchStrategy[JobPosting]:
    """What every partner takes, but for a few fields that say something else, or nothing."""
    complete = msgspec.structs.replace(WELDER, posted_at=_YESTERDAY, updated_at=None)
    fields = _fields(_plain)
    few = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    others = few.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))
    return others.map(lambda changed: msgspec.structs.replace(complete, **changed))
