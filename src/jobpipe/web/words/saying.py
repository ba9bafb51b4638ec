"""The words of one language."""

from __future__ import annotations

from django.http import HttpRequest

from jobpipe.web.words.phrases import PHRASES

# As in `Account.language`; in the order of the phrases.
LANGUAGES = ("en", "fr")


class Words(dict[str, str]):
    """By the name of the phrase: templates say `{{ say.log_out }}`."""

    def __init__(self, language: str) -> None:
        place = LANGUAGES.index(language) if language in LANGUAGES else 0
        super().__init__({name: said[place] for name, said in PHRASES.items()})
        self.language = LANGUAGES[place]

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", "\u202f") if self.language == "fr" else f"{value:,}"


# What the staff calls these things.
_OF_THE_HOUSE = {
    "map_postings": "postings",
    "map_label": "label",
    "map_imports": "imports",
    "effect_postings": "postings change",
    "effect_later": "They are many: the next run of each import makes them again.",
    "effect_none": "No stored posting changes; what comes later does.",
    "effect_more": "more labels",
    "effect_more_imports": "more imports",
    "offers_reference": "key",
    "rules_part": "There are more postings: these are the first.",
    "rules_faults": "Postings that the rule is passed over for:",
    "rules_no_offer": "No stored posting changes.",
    "rules_live": "live",
}


_ALL = {language: Words(language) for language in LANGUAGES}
_HOUSE = Words("en")
_HOUSE.update(_OF_THE_HOUSE)


def words_of_house() -> Words:
    """English, with the words that the staff uses."""
    return _HOUSE


def words_of(language: str) -> Words:
    """English where the language is another."""
    return _ALL.get(language, _ALL["en"])


# Of the session's data: the language that was asked for by `?lang=`.
CHOSEN = "language"


def language_of(request: HttpRequest) -> str:
    """A client's people read theirs; staff who look as a client does the one that they chose; pages of the house are
    in English."""
    viewer, session = getattr(request, "viewer", None), getattr(request, "logged_in", None)
    if viewer is None:
        return "en"
    chosen = (session.data if session is not None else {}).get(CHOSEN, "")
    if viewer.looks_as:
        return chosen or "en"
    return str(viewer.language) if viewer.is_client else "en"


def words_to(request: HttpRequest) -> Words:
    """For whoever asks: their own language, where they are a client's people."""
    viewer = getattr(request, "viewer", None)
    is_staff = viewer is not None and not viewer.is_client
    return words_of_house() if is_staff else words_of(language_of(request))
