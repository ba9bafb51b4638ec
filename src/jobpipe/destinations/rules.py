"""What a partner refuses of a posting, as a list of rules that one reads at a glance.

_LINKEDIN = Partner("linkedin", "LinkedIn")
RULES = (_LINKEDIN.needs("company.name"), _LINKEDIN.at_most("reference", 40), …)
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobpipe.definition.roles import Role
from jobpipe.destinations.field_paths import getter_of
from jobpipe.posting import JobPosting, Location

Options = Mapping[str, str]
# What is wrong, in words that end without a stop; "" = nothing. Of the posting and the destination's options.
Check = Callable[[JobPosting, Options], str]
RoleOf = Callable[[JobPosting], Role]
_TAG = re.compile(r"<[^>]*>")
_MAX_SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One rule of a partner that a posting breaks."""

    # A stable word: `indeed-url`.
    rule: str
    # Of the posting: `url`, `locations`.
    field: str
    # A sentence for a person: what is wrong with which value, and what the partner asks for.
    message: str
    # Who can mend it: the source's client, whoever maps, or the import's developer.
    role: Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    # A stable word: `indeed-url`.
    rule: str
    # Of the posting.
    field: str
    # A clause for a person: "Indeed asks for …".
    asks: str
    check: Check
    role: Role | RoleOf = "source"

    def refusal(self, posting: JobPosting, wrong: str) -> Refusal:
        """`wrong`: what `check` says."""
        role = self.role(posting) if callable(self.role) else self.role
        return Refusal(rule=self.rule, field=self.field, message=f"{wrong}; {self.asks}", role=role)


@dataclass(frozen=True, slots=True)
class Partner:
    """Makes the rules of one partner."""

    # What its rules begin with: indeed.
    word: str
    # For people: Indeed.
    name: str

    def needs(self, field: str, *others: str, role: Role | RoleOf = "source") -> Rule:
        """The text, or one of the others, is there."""
        get, rest = getter_of(field), [getter_of(other) for other in others]
        named = " or ".join(map(_called, (field, *others)))

        def check(posting: JobPosting, options: Options) -> str:
            if get(posting) or any(other(posting) for other in rest):
                return ""
            return f"the posting has no {named}"

        return self.rule(field, f"requires {_with_article(named)}", check, role=role)

    def at_most(self, field: str, most: int, *, role: Role = "source") -> Rule:
        """Characters of the text as it is sent."""
        get = getter_of(field)

        def check(posting: JobPosting, options: Options) -> str:
            text = get(posting)
            if text is None or len(text) <= most:
                return ""
            return f"the {_called(field)} has {len(text):,} characters ({quoted(text)})"

        return self.rule(field, f"takes at most {most:,} characters", check, suffix="-length", role=role)

    def describes(self, least: int) -> Rule:
        """Characters of the description that one sees."""

        def check(posting: JobPosting, options: Options) -> str:
            text = visible_text(posting)
            # A text that was made by itself says nothing of the HTML that is sent.
            if posting.description and len(posting.description) < min(len(text), least):
                text = posting.description
            if not text or len(text) >= least:
                return ""
            return f"the description has {len(text):,} characters ({quoted(text)})"

        return self.rule("description", f"asks for at least {least:,} characters", check, suffix="-short")

    def places(self, part: str, *, within: frozenset[str] | None = None) -> Rule:
        """There is a place, and each has this part; `within`: only those in these countries, None = all."""

        def check(posting: JobPosting, options: Options) -> str:
            if not posting.locations:
                return "the posting has no place"
            for place in posting.locations:
                if not getattr(place, part) and (within is None or place.country in within):
                    shown = quoted(place.text or place.city or place.country or "")
                    return f"the place {shown} has no {_called(part)}"
            return ""

        there = "" if within is None else f" in {', '.join(sorted(within))}"
        asks = f"requires {_with_article(_called(part))} of each place{there}"
        return self.rule(f"locations.{part}", asks, check, role=_role_of_place)

    def https(self, field: str, *fallback: str) -> Rule:
        getters = [getter_of(each) for each in (field, *fallback)]

        def check(posting: JobPosting, options: Options) -> str:
            address = next((found for get in getters if (found := get(posting))), None)
            if address is None or address.lower().startswith("https://"):
                return ""
            return f"the {_called(field)} is {quoted(address)}"

        return self.rule(field, "takes only addresses that begin with https://", check, suffix="-https")

    def younger_than(self, days: int) -> Rule:
        """By the last day that the posting says of itself."""

        def check(posting: JobPosting, options: Options) -> str:
            said = max(posting.posted_at or "", posting.updated_at or "")[:10]
            oldest = (today() - datetime.timedelta(days=days)).isoformat()
            return f"the posting is of {said}" if said and said < oldest else ""

        return self.rule("posted_at", f"takes no postings older than {days} days", check, suffix="-age")

    def title_alone(self) -> Rule:
        """No salary, and not the posting's own place at its end: what can be said for certain."""

        def check(posting: JobPosting, options: Options) -> str:
            if found := _MONEY.search(posting.title):
                return f"the title {quoted(posting.title)} names a salary ({found[0].strip()})"
            for place in posting.locations:
                if place.city and _ends_with_place(posting.title, place.city):
                    return f"the title {quoted(posting.title)} names its place ({place.city})"
            return ""

        return self.rule("title", "takes no titles that name a salary or a place", check, suffix="-alone")

    def option(self, name: str, what: str, *, when: str = "") -> Rule:
        """An option of the destination, or `extra.NAME` of the posting; `when`: only where that option is given."""

        def check(posting: JobPosting, options: Options) -> str:
            if (when and not options.get(when)) or options.get(name) or posting.extra.get(name):
                return ""
            return f"there is no {what}: neither the option `{name}` nor `extra.{name}`"

        asks = f"requires {_with_article(what)}" + (f" (where the option `{when}` is given)" if when else "")
        return self.rule(f"extra.{name}", asks, check, role="delivery")

    def rule(self, field: str, asks: str, check: Check, *, suffix: str = "", role: Role | RoleOf = "source") -> Rule:
        word = field.removeprefix("locations.").removeprefix("extra.").removesuffix(".name").replace("_", "-")
        return Rule(rule=f"{self.word}-{word}{suffix}", field=field, asks=f"{self.name} {asks}", check=check, role=role)


def today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def visible_text(posting: JobPosting) -> str:
    return posting.description_text or _TAG.sub("", posting.description or "").strip()


def quoted(text: str) -> str:
    """The text for a sentence, cut to what a line can hold."""
    line = " ".join(text[: _MAX_SHOWN * 4].split())
    return f"“{line}”" if len(line) <= _MAX_SHOWN else f"“{line[: _MAX_SHOWN - 1]}…”"


_MONEY = re.compile(r"[€£$]\s?\d{2,}|\d[\d.,   ]*\s?k?\s?[€£$]|\d{2,}\s?k?\s?(?:EUR|USD|GBP|CHF)\b", re.IGNORECASE)


def _ends_with_place(title: str, city: str) -> bool:
    """`Welder - Lyon`, `Welder (Lyon)`, `Welder, Lyon`"""
    title, city = title.casefold().rstrip(" )"), city.casefold()
    return title.endswith(city) and title[: -len(city)].rstrip().endswith(("-", "–", "—", "(", ",", "|", "/"))


def _role_of_place(posting: JobPosting) -> Role:
    """Where the source says a place at all, the definition could read its parts."""
    return "developer" if any(map(_says_something, posting.locations)) else "source"


def _says_something(place: Location) -> bool:
    return bool(place.text or place.city or place.postal_code)


_WORDS = {
    "company.name": "company",
    "url": "address",
    "apply_url": "address for applications",
    "posted_at": "date of publication",
    "postal_code": "postal code",
    "locations": "place",
}


def _called(field: str) -> str:
    return _WORDS.get(field) or field.replace("_", " ")


def _with_article(what: str) -> str:
    return f"an {what}" if what[0] in "aeio" else f"a {what}"
