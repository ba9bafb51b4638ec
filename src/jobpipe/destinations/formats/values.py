"""Values of a posting as the formats of partners write them."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeGuard

from jobpipe.posting import JobPosting, Location, Salary

NOWHERE = Location()


def one_a_place(posting: JobPosting) -> Iterator[tuple[str, Location]]:
    """A reference and a place, for partners who want a job for each.

    The first place has the posting's own reference, the others end in their number: that of a job does not change
    when the posting gets another place.
    """
    for number, place in enumerate(posting.locations or (NOWHERE,), 1):
        yield (posting.reference if number == 1 else f"{posting.reference}-{number}"), place


def company_name(posting: JobPosting) -> str | None:
    return posting.company.name if posting.company else None


def place_text(place: Location) -> str:
    """As the source says it, or its parts."""
    return place.text or ", ".join(part for part in (place.city, place.region, place.country) if part)


def several(value: str | list[str] | None) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""


def categories(posting: JobPosting) -> str:
    return ", ".join(each.label or each.name or each.code or "" for each in posting.category)


def description_html(posting: JobPosting) -> str:
    """The description, or the escaped text where there is no other."""
    if posting.description or not posting.description_text:
        return posting.description or ""
    return f"<p>{html.escape(posting.description_text, quote=False)}</p>"


def number(value: float) -> str:
    """Without needless digits, and never with an exponent: 35000, 12.5."""
    return str(int(value)) if value == int(value) else f"{value:.10f}".rstrip("0")


def salary_text(salary: Salary | None) -> str:
    """`35,000 - 42,000 EUR per year`, or as the source says it."""
    if salary is None:
        return ""
    if salary.min is None and salary.max is None:
        return salary.text or ""
    amounts = " - ".join(dict.fromkeys(_amount(amount) for amount in (salary.min, salary.max) if amount is not None))
    per = f" per {salary.period}" if salary.period else ""
    return f"{amounts} {salary.currency or ''}".rstrip() + per


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


# Days. A posting's are ISO 8601; what is none stays as it is. --------------------------------------------


def day(text: str | None, separator: str) -> str:
    """DD.MM.YYYY, DD/MM/YYYY"""
    if not _is_iso(text):
        return text or ""
    return f"{text[8:10]}{separator}{text[5:7]}{separator}{text[:4]}"


def american_day(text: str | None) -> str:
    """MM/DD/YYYY"""
    return f"{text[5:7]}/{text[8:10]}/{text[:4]}" if _is_iso(text) else text or ""


def clock(text: str | None) -> str:
    """HH:MM; "" of a bare date."""
    return text[11:16] if _is_iso(text) and len(text) >= 16 else ""


def rfc822(text: str | None) -> str:
    """RFC 822 with a year of four digits."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return format_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def now_rfc822() -> str:
    return format_datetime(datetime.now(UTC))


def now_iso() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_iso(text: str | None) -> TypeGuard[str]:
    return text is not None and len(text) >= 10 and text[4] == "-" and text[7] == "-"
