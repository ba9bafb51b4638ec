"""Reads the amounts of a salary: ranges, thousands, currencies and periods, as nine languages write them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from jobpipe.transform.codes import CURRENCIES
from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.salary_words import AROUND, COUNTED, FROM, PERIODS, SHARED, SIGNS, THOUSANDS, TO, UP_TO
from jobpipe.transform.steps.values import read_number

# More than this is no salary, in whatever currency.
_MOST = 1e10
# A longer text is no salary, but says something of it.
_LONGEST = 600

_SIGN_BEFORE = r"(?:US|CA|AU|NZ|HK|SG|MX|[CASR])?\$|[€£¥₹₽₺₪₩฿₴]|(?<![A-Za-z])(?:SFr|Fr|kr|Rs)\.?(?=\s?\d)"
_SIGN_AFTER = (
    r"[kK]\s?(?:€|£|\$|EUR\b|CHF\b)|T€|[€£$¥₹₽₺₪₩฿₴]|TEUR\b|(?i:euros?|dollars?|pounds?|livres|francs|franken|kronor|kroner)\b"
    r"|(?i:z[łl]|k[čc]|tkr|kr|ft|lei|sfr|fr)\b"
)
_DIGITS = r"\d{1,3}(?P<group>[ .,'’])\d{3}(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,4})?"
_AMOUNT = re.compile(
    rf"(?P<before>{_SIGN_BEFORE}|\b[A-Z]{{3}}\b)?\s?(?<![\w.,])(?P<digits>{_DIGITS})(?:,-|\.-|,--|,–)?"
    rf"(?:\s?(?P<k>[kK]|mille|tausend|Tsd\.?|mil|thousand)(?![A-Za-zÀ-ÿ€£$]))?"
    rf"(?:\s?(?P<after>{_SIGN_AFTER}|[A-Z]{{3}}\b))?"
)
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\t": " ", "\n": " ", "\r": " "})
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_PERIOD_WORD = re.compile(r"(?P<count>\d[\d.,]* ?)?(?P<word>[a-z]+'[a-z]+|[a-z]+|p\.? ?a\b\.?|p\.? ?m\b\.?|p/?h\b)")
_DATE = re.compile(r"\b\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b")


class Amount(NamedTuple):
    value: float
    start: int
    end: int
    # ISO 4217; "" = none is known.
    currency: str
    # The sign or word of money beside the number; "" = there is none.
    sign: str
    is_thousands: bool


def read_salary(text: str, currency: str | None, period: str | None) -> dict[str, Any] | None:
    """What a salary says, as the parts of `Salary`; None = it says nothing (an empty text, or zero).

    `currency` and `period` are the source's own, for texts that name none.
    """
    text = " ".join(text.translate(_BLANKS).split())
    if len(text) > _LONGEST:
        return {"text": text}
    amounts = _amounts(text, currency)
    if not any(one.value for one in amounts):
        return None if not text or (amounts and not _words_left(text)) else {"text": text}
    folded = fold(text)
    if len(folded) != len(text):  # places in the text are places in it
        folded = text.lower()
    chosen = [one for one in _chosen(text, folded, amounts) if one.value <= _MOST]
    if not any(one.value for one in chosen):
        return {"text": text}
    made = _range(folded, chosen)
    made["currency"] = _currency_of(chosen) or _currency_in(text) or currency
    made["period"] = _period_in(folded, chosen[0].start, chosen[-1].end) or period
    made["text"] = text
    return {name: value for name, value in made.items() if value is not None}


# The amounts -----------------------------------------------------------------------------------------


def _amounts(text: str, currency: str | None) -> list[Amount]:
    """Every number of a text that can be an amount of money."""
    dates = [(one.start(), one.end()) for one in _DATE.finditer(text)] if text.count("/") + text.count(".") > 1 else []
    found = []
    for one in _AMOUNT.finditer(text):
        if not (_is_money(one["before"]) or _is_money(one["after"])):
            if _counts_something(text, one.end("digits")) and not one["k"]:
                continue
            if any(start <= one.start("digits") < end for start, end in dates):
                continue
        found.append(_amount(one, currency))
    return found


def _is_money(sign: str | None) -> bool:
    """Whether what stands beside a number is a sign or a word of money; any three capitals are found there."""
    if not sign:
        return False
    return not (len(sign) == 3 and sign.isalpha() and sign.isupper() and sign not in CURRENCIES)


def _amount(found: re.Match[str], currency: str | None) -> Amount:
    before = found["before"] if _is_money(found["before"]) else ""
    sign = ((found["after"] if _is_money(found["after"]) else "") or before).replace(" ", "").rstrip(".").casefold()
    code = sign.upper() if sign.upper() in CURRENCIES else SIGNS.get(sign, SIGNS.get(sign.lstrip("k"), ""))
    if currency is not None and currency in SHARED.get(sign, ()):
        code = currency
    is_thousands = bool(found["k"]) or sign in THOUSANDS or (sign[:1] == "k" and sign[1:].upper() in CURRENCIES)
    value = read_number(found["digits"]) * (1000 if is_thousands else 1)
    start = found.start("before") if before else found.start("digits")
    end = found.end() if _is_money(found["after"]) or not found["after"] else found.start("after")
    return Amount(value, start, end, code, sign, is_thousands)


def _counts_something(text: str, end: int) -> bool:
    """Whether the number that ends here counts hours, months, percents or places, not money."""
    rest = text[end : end + 20].lstrip()
    if rest.startswith("%"):
        return True
    word = _WORD.match(rest)
    if word is None:
        return False
    # "3ème", "B2B": a letter at the very number that is none of ours.
    return fold(word[0]) in COUNTED or (text[end : end + 1].isalpha() and word[0] not in ("k", "K", "T"))


def _chosen(text: str, folded: str, amounts: list[Amount]) -> list[Amount]:
    """The amounts that are the salary: one, or the two ends of a range."""
    with_money = [index for index, one in enumerate(amounts) if (one.sign or one.is_thousands) and one.value]
    if with_money:
        first = with_money[0]
    elif _period_in(folded, 0, 0) or not _words_left(text):
        first = 0
    else:
        return []
    if first > 0 and _are_range(folded, amounts[first - 1], amounts[first]):
        first -= 1
    if first + 1 < len(amounts) and _are_range(folded, amounts[first], amounts[first + 1]):
        return _levelled(amounts[first], amounts[first + 1])
    return [amounts[first]]


def _are_range(folded: str, low: Amount, high: Amount) -> bool:
    """Whether only a word for "to" stands between two amounts, beside words of money and periods."""
    between = folded[low.end : high.start]
    if len(between) > 40:
        return False
    words = re.findall(r"[^\W\d_]+'?[^\W\d_]*|[-–—/~]", between)
    joins = [word for word in words if word in TO]
    others = [word for word in words if word not in TO and word not in PERIODS and word not in AROUND]
    return bool(joins) and not others and not (high.currency and low.currency and high.currency != low.currency)


def _levelled(low: Amount, high: Amount) -> list[Amount]:
    """A range says its thousands once: 35-40 k€, 30–40 000 kr."""
    if 0 < low.value < 1000 and low.value * 1000 <= high.value and not low.is_thousands:
        is_short = high.is_thousands or (high.value >= 1000 and not low.sign)
        return [low._replace(value=low.value * 1000), high] if is_short else [low, high]
    if low.is_thousands and not high.is_thousands and 0 < high.value < 1000 and high.value * 1000 >= low.value:
        return [low, high._replace(value=high.value * 1000)]
    return [low, high]


def _range(folded: str, chosen: list[Amount]) -> dict[str, Any]:
    values = sorted(one.value for one in chosen)
    if len(values) == 2:
        return {"min": values[0] or None, "max": values[1]}
    before = folded[: chosen[0].start].rstrip(" :.")
    after = folded[chosen[0].end :].strip()
    if _ends_with(before, UP_TO) or after.startswith(("max", "maxi")):
        return {"min": None, "max": values[0]}
    if _ends_with(before, FROM) or after.startswith(("+", "min", "mini", "et plus", "and up", "and more", "und mehr")):
        return {"min": values[0], "max": None}
    return {"min": values[0], "max": values[0]}


def _ends_with(text: str, endings: tuple[str, ...]) -> bool:
    for one in endings:
        if text.endswith(one):
            rest = text[: -len(one)]
            if not rest or not (rest[-1].isalpha() and one[0].isalpha()):
                return True
    return False


# Currency and period ---------------------------------------------------------------------------------


def _currency_of(chosen: list[Amount]) -> str | None:
    return next((one.currency for one in reversed(chosen) if one.currency), None)


_USUAL = re.compile(
    r"\b(EUR|USD|GBP|CHF|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|INR|JPY|NZD|SGD)\b|([€£])|\b(euros?)\b", re.I
)


def _currency_in(text: str) -> str | None:
    """A currency that stands away from its number: "Salaire (EUR) : 2000"."""
    found = _USUAL.search(text)
    if found is None:
        return None
    return found[1].upper() if found[1] else SIGNS[found[2]] if found[2] else "EUR"


def _period_in(folded: str, start: int, end: int) -> str | None:
    """The period: the first named after the amounts, else the last before them."""
    before = None
    for found in _PERIOD_WORD.finditer(folded):
        word = found["word"].replace(".", "").replace(" ", "").replace("/", "")
        period = PERIODS.get(word) or (PERIODS.get(word.partition("'")[2]) if "'" in word else None)
        if period is None or ((found["count"] and found.start() < start) or _is_counted(folded, found, end)):
            continue
        if (
            (len(word) <= 2 or word == "any")
            and not _is_after_per(folded, found.start("word"))
            and word not in ("pa", "pm", "ph", "pw")
        ):
            continue
        if found.start("word") >= end:
            return period
        before = period
    return before


def _is_counted(folded: str, found: re.Match[str], end: int) -> bool:
    """12 mois, 35 h: the number before belongs to the word, unless the number is the amount itself."""
    return bool(found["count"]) and found.start("word") >= end and found.start("count") >= end


def _is_after_per(folded: str, start: int) -> bool:
    """Short words (h, j, an, mo) are periods only after "/" or "per"."""
    before = folded[max(0, start - 5) : start].rstrip()
    return before.endswith(
        ("/", "per", "par", "pro", "por", "al", "pr.", "pr", "l'", "de l'", " i", "p", "brut", "€", "$", "£")
    )


def _words_left(text: str) -> list[str]:
    """The words of a text that are none of money, periods, or what usually stands beside them."""
    words = [fold(word) for word in _WORD.findall(text.replace("’", "'"))]
    return [
        word
        for word in words
        if not (word in AROUND or word in PERIODS or word in SIGNS or word in TO or word.upper() in CURRENCIES)
        and not (word in THOUSANDS or word in FROM or word in UP_TO)
    ]
