"""The words of one language."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation.trans_real import parse_accept_lang_header

from jobpipe.web.words.languages import LANGUAGES
from jobpipe.web.words.phrases import PHRASES


class Words(dict[str, str]):
    """By the name of the phrase: templates say `{{ say.log_out }}`."""

    def __init__(self, language: str) -> None:
        language = language if language in LANGUAGES else "en"
        place = list(LANGUAGES).index(language)
        super().__init__({name: said[place] for name, said in PHRASES.items()})
        self.language = language
        # For whoever does not know the words of the schema; the staff does.
        self.is_plain = True

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", "\u202f") if self.language == "fr" else f"{value:,}"

    def day(self, day: date) -> str:
        """12 March 2026, 1er mars 2026"""
        number = "1er" if day.day == 1 and self.language == "fr" else str(day.day)
        return f"{number} {self['months'].split()[day.month - 1]} {day.year}"

    def iso_day(self, text: str) -> str:
        """Of ISO text, whose time is left out; what is none stays as it is."""
        try:
            return self.day(date.fromisoformat(text[:10]))
        except ValueError:
            return text

    def moment(self, at: datetime) -> str:
        """In the zone that it has."""
        return self["moment"].format(day=self.day(at), time=f"{at:%H:%M}")

    def span(self, seconds: float) -> str:
        """`5 min`, `3 h`, `4 d`."""
        for below, unit, size in ((60, "seconds", 1), (3600, "minutes", 60), (2 * 86_400, "hours", 3600)):
            if seconds < below:
                return f"{seconds / size:.0f} {self[unit]}"
        return f"{self.number(round(seconds / 86_400))} {self['days']}"

    def value(self, word: str, *, otherwise: str | None = None) -> str:
        """A word of the schema, such as `fixed_term`, as people say it; what is none stays as it is."""
        other = word if otherwise is None else otherwise
        return self.get(f"value_{word}", other) if self.is_plain else other


# What the staff calls these things.
_OF_THE_HOUSE = {
    "account_tokens": "API tokens",
    "account_tokens_about": "for programs that ask in your name.",
    "tokens_intro": (
        "A program asks in your name with one of these. It sees and may do what you may, and of that what it was made "
        "for. It sends:"
    ),
    "error_not_allowed_words": "Your account may see this and not do it: whoever is an admin can change that.",
    "map_postings": "postings",
    "map_label": "label",
    "map_imports": "imports",
    "effect_postings": "{count} postings change",
    "effect_later": "They are many: the next run of each import makes them again.",
    "effect_none": "No stored posting changes; what comes later does.",
    "effect_more": "more labels",
    "effect_more_imports": "more imports",
    "offers_reference": "key",
    "rules_part": "There are more postings: these are the first.",
    "rules_passed_over": "Postings that the rule is passed over for: {count}",
    "rules_no_offer": "No stored posting changes.",
    "rules_live": "live",
}


_ALL = {language: Words(language) for language in LANGUAGES}
_HOUSE = Words("en")
_HOUSE.update(_OF_THE_HOUSE)
_HOUSE.is_plain = False


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
        return language_of_stranger(request)
    chosen = (session.data if session is not None else {}).get(CHOSEN, "")
    if viewer.looks_as:
        return chosen or "en"
    return str(viewer.language) if viewer.is_client else "en"


def language_of_stranger(request: HttpRequest) -> str:
    """As `?lang=` of the address says, else what the browser likes best of ours."""
    if (asked := request.GET.get("lang", "")) in LANGUAGES:
        return asked
    liked = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
    return next((word for name, _ in liked if (word := name.partition("-")[0]) in LANGUAGES), "en")


def switch(request: HttpRequest, **kept: str) -> dict[str, object]:
    """Of a page that comes before logging in: its links to each language, and what its form adds to its address.

    `kept`: what else of the address stays.
    """
    said = {name: value for name, value in kept.items() if value}
    asked = request.GET.get("lang", "")
    links = [(one, name, f"?{urlencode({**said, 'lang': one})}") for one, name in LANGUAGES.items()]
    return {"languages": links, "in_language": f"?lang={asked}" if asked in LANGUAGES else ""}


def words_to(request: HttpRequest) -> Words:
    """For whoever asks: their own language, where they are a client's people."""
    viewer = getattr(request, "viewer", None)
    is_staff = viewer is not None and not viewer.is_client
    return words_of_house() if is_staff else words_of(language_of(request))


def is_for_clients(request: HttpRequest) -> bool:
    """Whether a client's people, or staff who look as they do, are to read the answer."""
    viewer = getattr(request, "viewer", None)
    return viewer is not None and viewer.is_client
