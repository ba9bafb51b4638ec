"""The link by which one applies."""

from __future__ import annotations

import re

from jobpipe.drafting.pages.selectors import selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View, words_of

_WORDS = re.compile(
    r"\b(?:apply|bewerben|bewerbung|postuler?|postulez|je postule|candidater|candidatura|candidati|candidatar"
    r"|candidata|inscri\w+|solicitar|aplicar|ansök|sök (?:jobbet|tjänsten|nu)|søk|ansøg|hae (?:paikkaa|tehtävään)"
    r"|aplikuj|solliciteer\w*|solliciteren|invia|aplică)\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|rtf|xlsx?|zip)$", re.IGNORECASE)
_CLASSES = frozenset({"apply", "bewerben", "postuler", "solliciteer", "applybutton", "ansok"})


def apply_link_of(view: View) -> Spot | None:
    """None = there is none, or it goes nowhere: to a form of the page itself, or to a mail."""
    for element in view.root.iter("a"):
        if not view.leads_away(element):
            continue
        text = view.text(element)
        if len(text) > 60 or not (_WORDS.search(text) or _CLASSES & set(words_of(element))):
            continue
        target = view.page.absolute((element.get("href") or "").strip())
        if _DOCUMENT.search(target.partition("?")[0]):
            continue
        if not target.startswith(("http://", "https://")):
            continue
        if selector := selector_of(element, view.root, tail="/@href"):
            return Spot("apply_url", selector, "link", target, element)
    return None
