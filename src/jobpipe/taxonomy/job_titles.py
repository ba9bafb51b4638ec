"""Job titles without what is no part of them: (H/F), m/w/d, references, salaries, places that can be nothing else."""

from __future__ import annotations

import re

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


def plain_title(text: str, *, salary: bool = True, place: bool = True) -> str:
    """`text` has single blanks. A title of which nothing would be left stays as it is, and so does a long text."""
    if len(text) > _LONGEST:
        return text
    made = _without_markers(_BEFORE.sub("", text) if ":" in text else text)
    if _DIGIT.search(made):
        made = _REFERENCE.sub("", made)
        made = _SALARY.sub("", made) if salary else made
    if place and _DIGIT.search(made):
        made = _DEPARTMENT.sub("", _POSTCODED.sub("", made)) or made
    return tidy_title(made) or text


def _without_markers(text: str) -> str:
    made = _BRACKETED.sub(" ", text) if "(" in text or "[" in text or "{" in text else text
    if "/" in made or "|" in made or "-" in made:
        made = _BARE.sub("", made)
    return tidy_title(made) or text


def tidy_title(text: str) -> str:
    text = _BLANKS.sub(" ", _EMPTY.sub("", text)).lstrip(_ENDS)
    text = text if text.count("(") > text.count(")") else text.rstrip(_ENDS)  # what is cut off stays so
    text = text.replace(" - - ", " - ").replace(" – – ", " – ").replace(" ,", ",")
    if text.startswith(")") or text.count(")") > text.count("("):
        text = text.strip(") ")
    return text
