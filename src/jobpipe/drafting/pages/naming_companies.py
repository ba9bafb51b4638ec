"""Whose site it is, where no part of the page names the employer."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.pages.view import View

_LEGAL = re.compile(
    r"\b(?:gmbh|mbh|ag|se|kg|kgaa|ohg|e\.? ?v\.?|s\.?a\.?s?|sarl|ltd|limited|plc|llc|inc|corp|ab|oy|oyj|aps|a/s|as|bv"
    r"|nv|s\.?p\.?a\.?|s\.?r\.?l\.?|sp\. ?z ?o\. ?o\.?|lda|kommun|kommune|stadt|ville|council|trust)\b\.?",
    re.IGNORECASE,
)
_ABOUT_JOBS = re.compile(
    r"\b(?:careers?|jobs?|karriere|carri[eè]res?|recrutement|recruitment|stellen\w*|vacancies|vacatures|empleo|lavoro"
    r"|work(?:ing)? (?:at|for|with)|join)\b",
    re.IGNORECASE,
)


def company_of_site(view: View) -> Choice | None:
    """A constant, as sure as the address agrees with the name; None = the page does not say whose site it is."""
    said = view.head.get("og:site_name", "")
    name = " ".join(_ABOUT_JOBS.sub(" ", said).split()).strip(" -–|:,")
    if not 2 <= len(name) <= 60 or "|" in name:
        return None
    host = _letters(urlsplit(view.page.url).hostname or "")
    core = _letters(_LEGAL.sub(" ", name))
    agrees = len(core) >= 4 and core in host
    is_named_as_one = bool(_LEGAL.search(name))
    confidence = 0.8 if agrees and is_named_as_one else 0.65 if agrees or is_named_as_one else 0.4
    reason = f"the site is called {said}" + (", as its address says too" if agrees else "")
    return Choice(
        field="company", rule={"value": name}, paths=(), confidence=confidence, reason=reason, samples=(name,)
    )


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if one.isalnum() and not unicodedata.combining(one))
