"""Steps for what a job asks for: years of experience, and the level of education."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Literal

from jobpipe.transform.steps.level_words import EDUCATION, EDUCATION_IN_PROSE, EXPERIENCE
from jobpipe.transform.steps.step import Example, Meanings, Run, one_of, step
from jobpipe.transform.steps.values import plain_text
from jobpipe.transform.steps.vocabulary import plain_words, read_words
from jobpipe.transform.steps.wordings import Unmapped, Wordings, wording_reader
from jobpipe.transform.workbench import Workbench

# A level and the years from which on it is meant.
_LEVELS = {"entry": 0, "junior": 1, "experienced": 3, "senior": 5, "executive": 10}
_SCHOOLS = ("none", "lower_secondary", "vocational", "upper_secondary")
_EDUCATION = (*_SCHOOLS, "short_cycle", "bachelor", "master", "doctorate")
# More are somebody's age, or the company's.
_MOST_YEARS = 15
_YEARS = r"(?:ans|an|annees?|years?|yrs?|jahre?n?|jahriger?|jaar|jaren|anos?|anni|anno|lat|lata|rok|ar)"
_MONTHS = r"(?:mois|months?|monate?n?|maand(?:en)?|mes(?:es)?|mesi|miesi\w+|manader)"
_LESS = (
    r"(?:moins de|inferieure? a|less than|under|up to|weniger als|unter|bis zu|minder dan|menos de|meno di|fino a"
    r"|mniej niz|do)"
)
_RANGE = r"(?: ?\+)?(?: (?:a|to|bis|tot|y|e|et|und|and|or|do))?(?: \d{1,2}\+?)?"
_AMOUNT = rf"(?P<less> {_LESS})? (?P<number>\d{{1,2}}){_RANGE} (?:(?P<years>{_YEARS})|(?P<months>{_MONTHS}))"
_IN_LABEL = re.compile(rf"{_AMOUNT}(?= )")
_SAID = (
    r"(?:experien\w*|(?:berufs|arbeits)?erfahrung\w*|(?:werk)?ervaring|esperienza|doswiadczeni\w*|erfarenhet|erfaring)"
)
# 2-5, lt-1, > 10: years, where nothing else is said.
_BARE_RANGE = re.compile(
    r"(?:(?P<less>lt|<)|gt|>=?)?[ -]?(?P<number>[0-9]|1[0-5])(?: ?(?:-|–|to|à|bis|tot) ?\d{1,2})?", re.IGNORECASE
)
# Before the word for experience, or after it.
_IN_PROSE = (
    re.compile(rf"{_AMOUNT} (?:\w+ ){{0,4}}?{_SAID} "),
    re.compile(rf" {_SAID}(?: \w+){{0,3}}?{_AMOUNT} "),
)


def _years_or_level(value: Any) -> str:
    text = str(value).strip()
    if text not in _LEVELS and not (text.isdecimal() and int(text) <= 50):
        raise ValueError(value)
    return text


_EXPERIENCES = Meanings(_years_or_level, f"{', '.join(_LEVELS)}, or a number of years", tuple(_LEVELS))
_EDUCATIONS = one_of(_EDUCATION)
_Unmapped = Annotated[Unmapped, "What becomes of other words: nothing, listed by `jobpipe unmapped`, or a rejection."]


@step(
    "experience",
    takes="value",
    meanings=_EXPERIENCES,
    summary="Reads how much experience is asked for: entry, junior, experienced, senior, executive; or years.",
    examples=[
        Example("experience", "Débutant accepté", "entry"),
        Example("experience", "2 à 5 ans", "junior"),
        Example("experience", "Mindestens 3 Jahre Berufserfahrung", "experienced"),
        Example("experience", "Mid-Senior level", "experienced"),
        Example("experience", 6, "senior"),
        Example("{experience: years}", "2 à 5 ans", "2"),
        Example("{experience: years}", "18 maanden", "1"),
        Example("experience", "À voir", None),
    ],
)
def experience(
    bench: Workbench,
    form: Annotated[
        Literal["level", "years"], "The level, or the least whole number of years (nothing where no number is said)."
    ] = "level",
    unmapped: _Unmapped = "none",
) -> Run:
    """Years decide where they are said, by the least that is asked for: `entry` is less than one year, `junior` one or
    two, `experienced` three or four, `senior` five and more; `executive` is said in words. The levels are those of the
    large job networks, the years as schema.org's `monthsOfExperience` counts them. Of a text longer than a label only
    years beside a word for experience are read. A number is years.
    """
    read = wording_reader(_EXPERIENCE_WORDINGS, unmapped, bench)

    def run(value: Any) -> str | None:
        found = read(plain_text(value, "experience"))
        if found is None:
            return None
        if form == "years":
            return found if found.isdecimal() else None
        return level_of(int(found)) if found.isdecimal() else found

    return run


@step(
    "education",
    meanings=_EDUCATIONS,
    summary="Reads the level of education that is asked for, on the scale of ISCED 2011 and the EQF.",
    examples=[
        Example("education", "Bac+5 / Ingénieur", "master"),
        Example("education", "CAP, BEP", "vocational"),
        Example("education", "Abgeschlossene Ausbildung", "vocational"),
        Example("education", "Bachelor's degree", "bachelor"),
        Example("education", "HBO", "bachelor"),
        Example("education", "Bac +2 à Bac +5", "short_cycle"),
        Example("education", "À voir", None),
    ],
)
def education(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    """The least that is asked for, as one of: `none`; `lower_secondary` (ISCED 2, EQF 2); `vocational` (ISCED 3 for a
    trade, EQF 3 or 4: CAP, Ausbildung, MBO); `upper_secondary` (ISCED 3, EQF 4: Bac, Abitur, A levels); `short_cycle`
    (ISCED 5, EQF 5: BTS, HND, associate degree); `bachelor` (6, with HBO and Meister); `master` (7); `doctorate` (8).
    The names are ISCED's, for diplomas of all countries find their place there, and schema.org's credentials too.
    """
    return wording_reader(_EDUCATION_WORDINGS, unmapped, bench)


def level_of(years: int) -> str:
    return next(level for level in ("senior", "experienced", "junior", "entry") if years >= _LEVELS[level])


def _experience_of(text: str) -> str | None:
    """Years as digits, or a level."""
    stripped = text.strip()
    if re.fullmatch(r"\d{1,2}(?:[.,]\d+)?\+?", stripped):
        return str(int(re.split(r"[.,+]", stripped)[0]))
    if found := _BARE_RANGE.fullmatch(stripped):
        return str(int(found["number"]) - (1 if found["less"] and int(found["number"]) else 0))
    years = _years_in(text, _IN_LABEL)
    return years if years is not None else read_words(EXPERIENCE, text)


def _years_in(text: str, *patterns: re.Pattern[str]) -> str | None:
    words = plain_words(text)
    for found in (one for pattern in patterns for one in pattern.finditer(words)):
        number = int(found["number"])
        years = number // 12 if found["months"] else number
        if found["less"]:
            years = max(0, years - 1)
        if years <= _MOST_YEARS:
            return str(years)
    return None


def _refusal(name: str, label: str) -> tuple[str, str]:
    return f"the step `{name}` does not know {label!r}", f"jobpipe map set step:{name} {label[:40]!r} VALUE"


_EXPERIENCE_WORDINGS = Wordings(
    "experience",
    _experience_of,
    _EXPERIENCES,
    partial(_refusal, "experience"),
    lambda text: _years_in(text, *_IN_PROSE),
)
_EDUCATION_WORDINGS = Wordings(
    "education",
    partial(read_words, EDUCATION),
    _EDUCATIONS,
    partial(_refusal, "education"),
    partial(read_words, EDUCATION_IN_PROSE),
)
