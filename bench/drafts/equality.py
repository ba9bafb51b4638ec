"""Whether what a draft made of a record is what is expected, field by field."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from bench.drafts.records import Find, Record
from bench.drafts.rules import values

_TAG = re.compile(r"<[^>]*>")
_NUMBER = re.compile(r"\d+(?:[ ,.\u00a0\u202f’']\d{3})*(?:[.,]\d{1,2})?(?!\d)|\d+")
_WORD = re.compile(r"\w+")
# Marks of gender, which a title may keep or lose.
_GENDER = re.compile(r"[(\[/|–-]?\s*\b[hfmwdx](?:\s*[/|,]\s*[hfmwdx]){1,2}\b\s*[)\]]?", re.IGNORECASE)
# Of a description: the share of its words that must be there, and of foreign ones that may be.
_THERE, _FOREIGN = 0.97, 0.03


class Verdict(Enum):
    RIGHT = "right"
    # Another value than is right, or one where there is none.
    WRONG = "wrong"
    # No value where there is one.
    MISSING = "missing"
    # No value, and none was to be had.
    NOTHING = "nothing"


# The field of an expectation -> what of the posting says it.
DRAFTED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "title": lambda posting: posting.get("title"),
    # A digest stands for a reference where there is none.
    "reference": lambda posting: str(posting.get("reference") or "").partition("digest:")[0],
    "company": lambda posting: (posting.get("company") or {}).get("name"),
    "place": lambda posting: [one for one in posting.get("locations", []) if one.keys() - {"country"}],
    "url": lambda posting: posting.get("url"),
    "description": lambda posting: posting.get("description"),
    "apply_url": lambda posting: posting.get("apply_url"),
    "country": lambda posting: [one["country"] for one in posting.get("locations", []) if one.get("country")],
    "posted": lambda posting: posting.get("posted_at"),
    "updated": lambda posting: posting.get("updated_at"),
    "valid_through": lambda posting: posting.get("valid_through"),
    "contract": lambda posting: posting.get("contract"),
    "working_time": lambda posting: posting.get("working_time"),
    "remote": lambda posting: posting.get("remote"),
    "salary": lambda posting: posting.get("salary"),
}
CORE = ("title", "reference", "company", "place", "url", "description")


def judge(field: str, rules: list[Any], posting: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    """`rules`: each is right; [] = the source does not have the field."""
    drafted = DRAFTED[field](posting)
    compare = _COMPARE.get(field, _text)
    may_be_left = False
    for rule in rules:
        options = rule if isinstance(rule, Mapping) else {"from": rule}
        verdict = compare(drafted, options, record, find)
        if verdict is Verdict.RIGHT:
            return verdict
        may_be_left |= bool(options.get("optional")) or verdict is Verdict.NOTHING
        if (other := options.get("also_in")) and not drafted:
            return judge(other, [{**options, "also_in": None}], posting, record, find)
    if not _is_said(drafted):
        return Verdict.NOTHING if may_be_left or not rules else Verdict.MISSING
    return Verdict.WRONG


def _is_said(drafted: Any) -> bool:
    return bool(drafted)


def _outcome(is_right: bool, drafted: Any, expected: Any) -> Verdict:
    if is_right:
        return Verdict.RIGHT
    if not expected and not _is_said(drafted):
        return Verdict.NOTHING
    return Verdict.WRONG if _is_said(drafted) else Verdict.MISSING


# Texts ---------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Its words as they are read: without markup, twice escaped or not; a line."""
    for _ in range(3):
        opened = html.unescape(text)
        if opened == text:
            break
        text = opened
    return " ".join(unicodedata.normalize("NFC", _TAG.sub(" ", text)).replace("\u200b", "").split())


def folded(text: str) -> str:
    """For names: letters and digits alone, without accents."""
    bare = unicodedata.normalize("NFKD", plain(text)).casefold()
    return " ".join(_WORD.findall("".join(one for one in bare if not unicodedata.combining(one))))


def _text(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    expected = [plain(str(one)) for one in values(rule, record, find)]
    given = plain(str(drafted or ""))
    return _outcome(bool(given) and given.casefold() in {one.casefold() for one in expected}, drafted, expected)


def _title(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    expected = {folded(_GENDER.sub(" ", plain(str(one)))) for one in values(rule, record, find)}
    given = folded(_GENDER.sub(" ", plain(drafted or "")))
    return _outcome(bool(given) and given in expected, drafted, expected)


def _url(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    """`ends`: the page that a relative address counts from is not known."""
    expected = [_address(str(one)) for one in values(rule, record, find)]
    given = _address(drafted or "")
    is_right = any(given == one or (rule.get("ends") and given.endswith(one)) for one in expected)
    return _outcome(bool(given) and is_right, drafted, expected)


def _address(text: str) -> str:
    return html.unescape(text.strip()).rstrip("/>").removeprefix("https://").removeprefix("http://")


def _description(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    """All of `from`, and nothing but it and what it `may` have besides."""
    must = " ".join(values({**rule, "may": None}, record, find))
    may = " ".join(one for path in rule.get("may") or [] for one in values(path, record, find))
    words, allowed = Counter(_words(must)), Counter(_words(f"{must} {may}"))
    given = Counter(_words(drafted or ""))
    there = (words & given).total() >= _THERE * words.total()
    foreign = (given - allowed).total() > _FOREIGN * given.total() + 2
    return _outcome(bool(words) and there and not foreign, drafted, words)


def _words(text: str) -> list[str]:
    return folded(text).split()


# Places --------------------------------------------------------------------------------------------------


def _place(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    """Each city (or, where none is named, each text) is named by a location, and each location names one.

    `any`: one of them is enough. A postal code, where it is known, is not another.
    """
    cities = [folded(str(one)) for one in values(rule["city"], record, find)] if "city" in rule else []
    texts = [folded(str(one)) for one in values(rule["text"], record, find)] if "text" in rule else []
    expected = [one for one in cities or texts if one]
    given = drafted or []
    named = [bool([one for one in given if _names(one, name)]) for name in expected]
    known = [*expected, *texts]
    is_right = bool(given) and bool(expected) and (any(named) if rule.get("any") else all(named))
    is_right &= all(any(_names(one, name) for name in known) for one in given)
    postal = {one.replace(" ", "") for one in values(rule["postal"], record, find)} if "postal" in rule else None
    if postal is not None:
        is_right &= all(str(one.get("postal_code", "")).replace(" ", "") in {"", *postal} for one in given)
    return _outcome(is_right, given, expected)


def _names(location: Mapping[str, Any], name: str) -> bool:
    said = folded(str(location.get("city") or "")), folded(str(location.get("text") or ""))
    return any(one and (f" {name} " in f" {one} " or f" {one} " in f" {name} ") for one in said)


def _country(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    expected = {str(one) for one in values(rule, record, find)}
    return _outcome(bool(drafted) and set(drafted) <= expected, drafted, expected)


# Dates ---------------------------------------------------------------------------------------------------


def _date(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    expected = values(rule, record, find)
    is_right = drafted is not None and any(_same_moment(str(drafted), one) for one in expected)
    return _outcome(is_right, drafted, expected)


def _same_moment(drafted: str, expected: datetime) -> bool:
    """The day that is written; or the same moment, where both have a zone."""
    if len(drafted) == len("2026-11-24"):
        return date.fromisoformat(drafted) == expected.date()
    given = datetime.fromisoformat(drafted)
    if given.tzinfo is not None and expected.tzinfo is not None:
        return given == expected or given.date() == expected.date()
    has_time = bool(expected.hour or expected.minute)
    if given.replace(tzinfo=None) == expected.replace(tzinfo=None):
        return True
    return not has_time and given.date() == expected.date()


# Words of the schema, and salaries -------------------------------------------------------------------------


def _word(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    accepted = [one for given in values(rule, record, find) for one in (given if isinstance(given, list) else [given])]
    if not drafted and None in accepted:
        return Verdict.NOTHING
    return _outcome(drafted in accepted, drafted, [one for one in accepted if one])


def _salary(drafted: Any, rule: Mapping[str, Any], record: Record, find: Find) -> Verdict:
    """`phrase`: it is a text, whose numbers may be taken; else `min`, `max`, `currency`, `period` are rules, or
    groups of `patterns`, the first of which that fits counts; where none does, only the text can be right."""
    drafted = drafted if drafted and drafted.keys() - {"currency", "period"} else None
    texts = [str(one) for one in values(rule, record, find)] if "from" in rule else []
    if rule.get("phrase"):
        return _outcome(drafted is not None and _is_of_phrase(drafted, texts), drafted, texts)
    expected = _by_patterns(rule, texts) if "patterns" in rule else _by_parts(rule, record, find)
    if expected is None:
        is_text = drafted is not None and not {"min", "max"} & drafted.keys() and _is_of_phrase(drafted, texts)
        return Verdict.RIGHT if is_text else _outcome(False, drafted, None)
    return _outcome(drafted is not None and _is_same_salary(drafted, expected), drafted, expected)


def _by_patterns(rule: Mapping[str, Any], texts: list[str]) -> dict[str, Any] | None:
    for text in texts:
        for pattern in rule["patterns"]:
            if found := re.search(pattern, plain(text)):
                return _as_salary(found.groupdict(), rule)
    return None


def _by_parts(rule: Mapping[str, Any], record: Record, find: Find) -> dict[str, Any] | None:
    parts = {
        name: next(iter(values(rule[name], record, find)), None) for name in ("min", "max", "currency", "period")
        if name in rule
    }  # fmt: skip
    return _as_salary(parts, {}) if parts.get("min") or parts.get("max") else None


def _as_salary(parts: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in ("min", "max"):
        if parts.get(name):
            made[name] = float(re.sub(r"[\s,]", "", str(parts[name]))) * rule.get("times", 1)
    for name in ("currency", "period"):
        given = parts.get(name)
        made[name] = rule.get(f"{name}s", {}).get(given, given) or rule.get(name)
    return made


def _is_same_salary(drafted: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """What the source does not say (a currency, a period) may not be said; one number may be both ends."""
    low, high = expected.get("min"), expected.get("max")
    ends = (drafted.get("min"), drafted.get("max"))
    accepted = [(low, high)]
    if low == high:
        accepted += [(low, None), (None, high)]
    if high is None:
        accepted.append((low, low))
    same_words = all(
        drafted.get(name) == expected.get(name) or (drafted.get(name) is None and expected.get(name) is None)
        for name in ("currency", "period")
    )
    return ends in accepted and same_words


def _is_of_phrase(drafted: Mapping[str, Any], texts: list[str]) -> bool:
    whole = folded(" ".join(texts))
    found = _NUMBER.findall(plain(" ".join(texts)))
    numbers = {float(re.sub(part, "", one).rstrip(".")) for one in found for part in (r"[^\d.]", r"\D")}
    said = {float(drafted[name]) for name in ("min", "max") if drafted.get(name) is not None}
    if said:
        return said <= numbers | {one * 1000 for one in numbers}
    return bool(drafted.get("text")) and folded(str(drafted["text"])) in whole


_COMPARE: dict[str, Callable[[Any, Mapping[str, Any], Record, Find], Verdict]] = {
    "title": _title,
    "url": _url,
    "apply_url": _url,
    "description": _description,
    "place": _place,
    "country": _country,
    "posted": _date,
    "updated": _date,
    "valid_through": _date,
    "contract": _word,
    "working_time": _word,
    "remote": _word,
    "salary": _salary,
}
