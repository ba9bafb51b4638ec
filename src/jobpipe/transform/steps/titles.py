"""The step that cleans job titles."""

from __future__ import annotations

import re
from typing import Annotated

from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.text import clean_text
from jobpipe.transform.workbench import Workbench

# Letters by which titles say that all may apply: homme, femme, man, male, weiblich, divers, vrouw, x …
_LETTER = r"(?:h|f|m|w|d|x|v|i|k|u|n|gn|nb|mw|mwd|divers|div|tous|all|any|other|alle|\*)"
_SIGN = r"\s?[/|,.\-\\:;&·•*_]\s?|\s(?:ou|or|oder|et|of)\s|\s"
# In brackets any of the usual letters, with what separates them; bare, only combinations that mean nothing else.
_BRACKETED = re.compile(
    rf"\s*[(\[{{]\s*(?:{_LETTER}(?:(?:{_SIGN}){_LETTER}){{1,4}}|mwd|mfd|mfx|gn|fh|hf|h\.?f\.?|all[ -]?genders?"
    r"|alle geschlechter"
    r"|any gender|gender[ -]?neutral|genderneutral|homme\s?[/-]\s?femme|femme\s?[/-]\s?homme"
    r"|male\s?/\s?female|female\s?/\s?male"
    r"|hommes?/femmes?|femmes?/hommes?|wo?man/(?:wo)?man|all humans|alle|tous genres)\s*[)\]}]",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?<![\w/&'-])(?:h\s?[/|]\s?f(?:\s?[/|]\s?(?:x|nb|n))?|f\s?[/|]\s?h(?:\s?[/|]\s?(?:x|nb|n))?"
    r"|m\s?[/|]\s?[fwv](?:\s?[/|]\s?[dxi*](?:iv(?:ers)?)?)?|[fw]\s?[/|]\s?m(?:\s?[/|]\s?[dxi*](?:iv(?:ers)?)?)?|v\s?[/|]\s?m(?:\s?[/|]\s?x)?"
    r"|d\s?[/|]\s?[fmw]\s?[/|]\s?[fmw]|m\s?[/|]\s?d\s?[/|]\s?w|[fw]\s?[/|]\s?d\s?[/|]\s?m|homme\s?/\s?femme|femme\s?/\s?homme|H-F|F-H)(?![\w/&'-])",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:job\s?title|title|titre|intitulé(?:\s+du\s+poste)?|poste|position|stellenbezeichnung|stelle|functie|vacature|puesto|posizione)\s*:\s*",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\s*[-–—|,/]?\s*[(\[]?\s*\b(?:r[ée]f(?:[ée]rence)?|kennziffer|req(?:uisition)?(?:\s?id)?|job\s?id|job\s?number)\b\.?"
    r"\s*(?:n[°o]\.?)?\s*[:#.]?\s*(?=[\w./-]*\d)[\w./-]+\s*[)\]]?$",
    re.IGNORECASE,
)
_MONEY = r"(?:[€£$]\s?\d[\d .,'k]*|\d[\d .,']*\s?k?\s?(?:€|£|\$|euros?|eur|chf)|\d+\s?k\b)"
_SALARY = re.compile(
    rf"\s*(?:[-–—|,]\s+|[(\[])\s*(?:(?:up to|from|jusqu'à|de|à partir de|bis zu|ab)\s)?{_MONEY}"
    rf"(?:\s?(?:-|–|à|to|bis)\s?{_MONEY})?"
    r"(?:\s?(?:/|per|par|p\.?a|pa|an|a|pro|brut|gross|annum|year|hour|heure|mois|month|jahr|monat|day|jour|k)\b\.?)*\s*[)\]]?$",
    re.IGNORECASE,
)
# A place that can be nothing else: with its postal code, or the number of its département.
_POSTCODED = re.compile(
    r"\s*(?:\s[-–—|]\s|,\s|\()(?:\d{5}\s+[^\W\d_][\w' -]{1,40}"
    r"|[^\W\d_][\w' -]{1,40}(?:\s\d{5}|\s?\((?:\d{2}|2[AB]|97\d|\d{5})\)))\)?$"
)
_DEPARTMENT = re.compile(r"\s*\((?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6]|\d{5})\)$")
_EMPTY = re.compile(r"\s*[(\[{]\s*[-/,.|]?\s*[)\]}]")
_BLANKS = re.compile(r"\s{2,}")
_DIGIT = re.compile(r"\d")
# A longer text is no title.
_LONGEST = 500
_ENDS = " -–—|,;:/·•"


@step(
    "title",
    summary="Takes out of a job title what is no part of it: (H/F), m/w/d, a reference, a salary, a place.",
    examples=[
        Example("title", "Comptable (H/F)", "Comptable"),
        Example("title", "Softwareentwickler (m/w/d) Java", "Softwareentwickler Java"),
        Example("title", "H/F Vendeur - Réf. 2024-117", "Vendeur"),
        Example("title", "Poste : Assistant(e) de direction F/H - 69003 Lyon", "Assistant(e) de direction"),
        Example("title", "Nurse - £30,000 - £35,000 per year", "Nurse"),
        Example("title", "Vendeur - Nice", "Vendeur", {"locations": [{"text": "Nice", "city": "Nice"}]}),
        Example("title", "Responsable R&D - B2B", "Responsable R&D - B2B"),
    ],
)
def title(
    bench: Workbench,
    place: Annotated[bool, "Whether a place at the end is removed."] = True,
    salary: Annotated[bool, "Whether a salary at the end is removed."] = True,
) -> Run:
    """A place is removed only where it can be nothing else: with a postal code, or where it is a place of the
    posting (`locations` stand before `title` in the definition then). A title of which nothing would be left
    stays as it is.
    """

    def run(text: str) -> str | None:
        whole = clean_text(text)
        if whole is None or len(whole) > _LONGEST:
            return whole
        made = _without_markers(_BEFORE.sub("", whole) if ":" in whole else whole)
        if _DIGIT.search(made):
            made = _REFERENCE.sub("", made)
            made = _SALARY.sub("", made) if salary else made
        if place:
            made = _without_place(made, _cities(bench))
        return _tidied(made) or whole

    return run


def _without_markers(text: str) -> str:
    made = _BRACKETED.sub(" ", text) if "(" in text or "[" in text or "{" in text else text
    if "/" in made or "|" in made or "-" in made:
        made = _BARE.sub("", made)
    return _tidied(made) or text


def _tidied(text: str) -> str:
    text = _BLANKS.sub(" ", _EMPTY.sub("", text)).lstrip(_ENDS)
    text = text if text.count("(") > text.count(")") else text.rstrip(_ENDS)  # what is cut off stays so
    text = text.replace(" - - ", " - ").replace(" – – ", " – ").replace(" ,", ",")
    if text.startswith(")") or text.count(")") > text.count("("):
        text = text.strip(") ")
    return text


def _without_place(text: str, cities: list[str]) -> str:
    made = (_DEPARTMENT.sub("", _POSTCODED.sub("", text)) or text) if _DIGIT.search(text) else text
    folded = fold(made) if cities else ""
    for city in cities:
        found = re.search(rf"\s*(?:\s[-–—|]|,|\s\(|\s(?:à|in|a|@))\s*{re.escape(city)}\)?$", folded)
        if found and found.start() > 2 and len(folded) == len(made):
            return made[: found.start()]
    return made


def _cities(bench: Workbench) -> list[str]:
    places = bench.posting.get("locations") or []
    names = [place.get(part) for place in places if isinstance(place, dict) for part in ("city", "text")]
    return [fold(name) for name in names if name and len(name) > 1]
