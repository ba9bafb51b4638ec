"""Whether two postings of two sources are one job, with the reason in words."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from jobpipe.lifecycle.near_duplicates.places import Places, compare_places
from jobpipe.lifecycle.near_duplicates.profile import Profile
from jobpipe.lifecycle.near_duplicates.texts import Texts, compare_texts
from jobpipe.lifecycle.near_duplicates.title_words import SHIFTS
from jobpipe.lifecycle.near_duplicates.titles import unmatched
from jobpipe.posting import Salary

# Shares of shingles from which two texts are one: of the shorter one, and of both together where both say more.
SAME_WITHIN = 0.8
SAME_SHARED = 0.5
# A text that was cut off is whole within the other, and no shorter than this.
CUT_WITHIN = 0.95
MIN_CUT_SHARED = 0.15


class Judgement(NamedTuple):
    is_same: bool
    # For a person: what they have in common, or what tells them apart.
    reason: str
    # The higher, the surer; two postings that are one job are matched in this order.
    weight: int = 0
    # Of the shingles of both texts, 0 to 1.
    similarity: float = 0.0


def judge(one: Profile, other: Profile, *, shared: Set[str] = frozenset()) -> Judgement:
    """`shared`: of the signs `address`, `title` those that no third posting of the two imports has; without them
    an address may be that of a whole site, and a title one of many like it.  The order of the two does not matter.
    """
    places = compare_places(one.posting.locations, other.posting.locations)
    against = _contradiction(one, other, places)
    if against:
        return _no(against)
    titles = _compare_titles(one, other)
    strong = _strong_signs(one, other, titles, shared)
    if strong:
        return _by_strong_signs(one, other, titles, strong, places)
    if titles == "other":
        return _no("another title")
    return _by_content(one, other, titles, places, shared)


def _no(reason: str) -> Judgement:
    return Judgement(False, reason)


# What no likeness outweighs -------------------------------------------------------------------------


def _contradiction(one: Profile, other: Profile, places: Places) -> str:
    """ "" = nothing that both say speaks against it."""
    mine, yours = one.posting, other.posting
    if places is Places.OTHER:
        return "another place"
    if one.title.levels != other.title.levels:
        return "another level"
    if _numbers(one) != _numbers(other) or _differ(one.title.long_numbers, other.title.long_numbers):
        return "another number in the title"
    if one.contract and other.contract and one.contract != other.contract:
        return "another contract"
    if _differ(mine.working_time, yours.working_time) or _differ(one.title.hours, other.title.hours):
        return "another working time"
    if _differ(mine.remote, yours.remote) and "on_site" in (mine.remote, yours.remote):
        return "remote and on site"
    if mine.salary is not None and yours.salary is not None and _contradict(mine.salary, yours.salary):
        return "another salary"
    return ""


def _differ(one: object, other: object) -> bool:
    return bool(one) and bool(other) and one != other


def _numbers(profile: Profile) -> frozenset[int]:
    """Those that are part of a postal code say the place: Vendeur Paris (75), Paris 8."""
    codes = [word for word in profile.places if word.isdecimal()]
    return frozenset(
        number
        for number in profile.title.numbers
        if not any(code.startswith(f"{number:02}") or code.endswith(f"{number:02}") for code in codes)
    )


def _contradict(one: Salary, other: Salary) -> bool:
    """Two ranges of the same unit that have nothing in common."""
    if one.period != other.period or _differ(one.currency, other.currency):
        return _differ(one.currency, other.currency)
    mine, yours = _amounts(one), _amounts(other)
    return bool(mine and yours) and (max(mine) < min(yours) or max(yours) < min(mine))


def _amounts(salary: Salary) -> list[float]:
    """Zero means that nothing is said."""
    return [value for value in (salary.min, salary.max) if value]


# Titles ---------------------------------------------------------------------------------------------


def _compare_titles(one: Profile, other: Profile) -> str:
    """`same`, `within` (one says more, which the other's text says too) or `other`."""
    named = one.places | other.places | one.company | other.company
    mine, yours = one.title.core - named, other.title.core - named
    more, less = unmatched(mine, yours), unmatched(yours, mine)
    if not more and not less:
        return "same" if mine or yours or one.title.core == other.title.core else "other"
    if (more and less) or not (mine and yours):
        return "other"
    extra, others_words = (more, other.words) if more else (less, one.words)
    if extra & SHIFTS or unmatched(extra, frozenset(others_words)):
        return "other"
    return "within"


# What speaks for it ---------------------------------------------------------------------------------


def _strong_signs(one: Profile, other: Profile, titles: str, shared: Set[str]) -> list[str]:
    signs: list[str] = []
    if "address" in shared and one.addresses & other.addresses:
        signs.append("same address")
    if one.reference and one.reference == other.reference and titles != "other":
        signs.append(f"same reference {one.posting.reference[:40]} in both")
    return signs


def _by_strong_signs(one: Profile, other: Profile, titles: str, strong: list[str], places: Places) -> Judgement:
    texts = compare_texts(one, other)
    said = [*strong, *_said_of(titles, places)]
    if not texts.missing and texts.shared >= SAME_SHARED:
        said.append(f"same text ({texts.shared:.2f})")
    weight = 100 * len(strong) + _weight(texts, titles, places)
    return Judgement(True, ", ".join(said), weight, round(texts.shared, 3))


def _by_content(one: Profile, other: Profile, titles: str, places: Places, shared: Set[str]) -> Judgement:
    mine, yours = one.posting, other.posting
    if _differ(mine.language, yours.language):
        return _no("another language")
    company = _compare_companies(one, other)
    if company == "other":
        return _no("another company")
    if places is Places.UNKNOWN and (mine.locations or yours.locations):
        return _no("the place is not known to be the same")
    texts = compare_texts(one, other)
    said = [*_said_of(titles, places), *(["same company"] if company == "same" else [])]
    weight = _weight(texts, titles, places)
    if texts.missing:
        is_enough = titles == "same" and places is Places.SAME and company == "same" and "title" in shared
        if not is_enough:
            return _no("too little is said")
        return Judgement(True, ", ".join([*said, "no other like it"]), weight)
    if texts.told_apart:
        return _no("the texts name different things")
    if not _are_same(texts):
        return _no(f"another text ({texts.shared:.2f})")
    how = "same text" if texts.shared >= SAME_SHARED else "text cut off, otherwise the same"
    reason = ", ".join([f"{how} ({texts.shared:.2f})", *said])
    return Judgement(True, reason, weight, round(texts.shared, 3))


def _are_same(texts: Texts) -> bool:
    if texts.within >= SAME_WITHIN and texts.shared >= SAME_SHARED:
        return True
    return texts.within >= CUT_WITHIN and texts.shared >= MIN_CUT_SHARED


def _compare_companies(one: Profile, other: Profile) -> str:
    """`same`, `unknown` or `other`."""
    if not one.company or not other.company:
        return "unknown"
    return "same" if one.company <= other.company or other.company <= one.company else "other"


def _said_of(titles: str, places: Places) -> list[str]:
    said = ["same title" if titles == "same" else "title within the other's"] if titles != "other" else []
    return [*said, *(["same place"] if places is Places.SAME else [])]


def _weight(texts: Texts, titles: str, places: Places) -> int:
    """Below 100: no number of weak signs outweighs a strong one."""
    return round(60 * texts.shared) + 20 * (titles == "same") + 15 * (places is Places.SAME)
