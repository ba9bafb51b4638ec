"""Which element of a page is the job's title."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from jobpipe.drafting.pages.selectors import selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View, words_of

_LONGEST = 160
# Headings of a page that is about jobs, but not of one.
_GENERIC = frozenset(
    """
    jobs job careers career karriere stellen stellenangebote stellenangebot vacancies vacancy vacature vacatures offres
    offre emplois emploi recrutement ofertas oferta empleo trabajo lavoro offerte carriere vagas carreiras oportunidades
    jobb lediga tjanster stillinger stilling ledige ledig avoimet tyopaikat oferty pracy praca kariera home welcome
    willkommen bienvenue apply bewerben postuler search results suche recherche menu login candidate portal offene
    """.split()  # noqa: SIM905
)
_LETTERS = re.compile(r"\w+")
TITLE_WORDS = frozenset(
    {"title", "titre", "titel", "titulo", "titolo", "headline", "tittel", "otsikko", "tytul", "name"}
)
_JOB_WORDS = frozenset(
    {"job", "vacancy", "position", "offer", "offre", "posting", "stelle", "vacature", "oferta", "annonce"}
)


def title_of(view: View) -> tuple[Spot, float] | None:
    """Its spot, and how sure that is from 0 to 1; None = no element looks like one."""
    best: tuple[float, HtmlElement] | None = None
    for element in filter(view.is_short, view.shown):
        score = _score(view, element)
        if score > 0 and (best is None or score > best[0]):
            best = (score, element)
    if best is None:
        return None
    score, element = best
    selector = selector_of(element, view.root)
    if not selector:
        return None
    return Spot("title", selector, "title", view.text(element), element), min(0.97, 0.5 + score / 10)


def _score(view: View, element: HtmlElement) -> float:
    words = set(words_of(element))
    is_heading = element.tag in ("h1", "h2", "h3")
    is_named = bool(words & TITLE_WORDS) or element.get("itemprop") == "title"
    if not is_heading and not is_named:
        return 0.0
    text = view.text(element)
    if not 3 <= len(text) <= _LONGEST or text.endswith(":") or is_generic(text):
        return 0.0
    score = {"h1": 3.0, "h2": 1.0, "h3": 0.3}.get(str(element.tag), 0.0)
    score += 1.0 if is_named else 0.0
    score += 1.0 if words & _JOB_WORDS and is_named else 0.0
    score += 2.0 if element.get("itemprop") == "title" else 0.0
    score += 2.5 if _is_in_head(view, text) else 0.0
    # What is inside of it says the same, shorter.
    score += 0.1 if len(element) == 0 else 0.0
    score -= 0.002 * view.place[element]
    return score if score >= 2.0 else 0.0


def _is_in_head(view: View, text: str) -> bool:
    said = [view.head.get(name, "") for name in ("og:title", "title", "twitter:title")]
    return any(_folded(text) in _folded(one) for one in said if one)


def _folded(text: str) -> str:
    return " ".join(_LETTERS.findall(text.casefold()))


def is_generic(text: str) -> bool:
    words = _LETTERS.findall(text.casefold())
    return bool(words) and all(word in _GENERIC or len(word) <= 3 for word in words)
