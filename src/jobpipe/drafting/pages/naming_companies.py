"""Whose site it is, where no part of the page names the employer."""

from __future__ import annotations

import re
import unicodedata

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.view import View

_LEGAL = re.compile(
    r"\b(?:gmbh|mbh|ag|se|kg|kgaa|ohg|e\.? ?v\.?|s\.?a\.?s?|sarl|ltd|limited|plc|llc|inc|corp|ab|oy|oyj|aps|a/s|as|bv"
    r"|nv|s\.?p\.?a\.?|s\.?r\.?l\.?|sp\. ?z ?o\. ?o\.?|lda|kommun|kommune|stadt|ville|council|trust)\b\.?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s+[-–—|·•]\s+")
_OWN_HOST = re.compile(r"(?:careers?|karriere|carri[eè]res?|recrutement|talents?|join)\.|(?:www\.)?werkenbij")
_OWN_FOLDER = re.compile(
    r"(?:/[a-z]{2}(?:-[a-z]{2})?)?/(?:careers?|karriere|carri[eè]res?|carreiras|recrutement|rejoignez-nous"
    r"|nous-rejoindre|about-us|company|unternehmen|ueber-uns|join-us|work-with-us|lavora-con-noi"
    r"|trabaja-con-nosotros|jobba-hos-oss|ledige-stillinger|kariera)(?:/|$)",
    re.IGNORECASE,
)
_ABOUT_JOBS = re.compile(
    r"\b(?:careers?|jobs?|karriere|carri[eè]res?|recrutement|recruitment|stellen\w*|vacancies|vacatures|empleo|lavoro"
    r"|work(?:ing)? (?:at|for|with)|join)\b",
    re.IGNORECASE,
)


def company_of_site(view: View) -> Choice | None:
    """A constant, as sure as the address agrees with the name; None = the page does not say whose site it is."""
    found = [choice for name in _names(view) if (choice := _choice(view, name)) is not None]
    return max(found, key=lambda one: one.confidence, default=None)


def _names(view: View) -> list[str]:
    """What the site calls itself: by its own word, or at the end of its titles."""
    title = _BETWEEN.split(view.head.get("title", ""))
    return [one for one in (view.head.get("og:site_name", ""), title[-1] if len(title) > 1 else "") if one]


def _choice(view: View, said: str) -> Choice | None:
    name = " ".join(_ABOUT_JOBS.sub(" ", said).split()).strip(" -–|:,")
    if not 2 <= len(name) <= 60 or "|" in name:
        return None
    parts = parts_of(view.page.url)
    host = parts.hostname or ""
    core = _letters(_LEGAL.sub(" ", name))
    agrees = len(core) >= 4 and core in _letters(host)
    is_named_as_one = bool(_LEGAL.search(name))
    # A part of a company's site, not a board of many companies' jobs.
    is_part = bool(_OWN_HOST.match(host) or _OWN_FOLDER.match(parts.path)) and not _ABOUT_JOBS.search(said)
    confidence = 0.8 if agrees and (is_named_as_one or is_part) else 0.65 if agrees or is_named_as_one else 0.4
    reason = f"the site is called {said}" + (", as its address says too" if agrees else "")
    return Choice(
        field="company", rule={"value": name}, paths=(), confidence=confidence, reason=reason, samples=(name,)
    )


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if one.isalnum() and not unicodedata.combining(one))
