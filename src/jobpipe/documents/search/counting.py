"""Counting what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jobpipe.documents.search.store import FACTS, MOST_COUNTED, Survey

# Import, state, countries, contract, categories.
Counted = tuple[int, str, Sequence[str], str, Sequence[str]]


def surveyed(found: Iterable[Counted]) -> Survey:
    """Of at most `MOST_COUNTED` and one more."""
    imports: Counter[int] = Counter()
    facts: dict[str, Counter[str]] = {fact: Counter() for fact in FACTS}
    count = 0
    for import_id, state, countries, contract, categories in found:
        count += 1
        if count > MOST_COUNTED:
            break
        imports[import_id] += 1
        facts["state"][state] += 1
        facts["contract"][contract] += 1
        facts["country"].update(countries)
        facts["category"].update(categories)
    facts["contract"].pop("", None)
    return Survey(
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        imports=dict(imports),
        facts={fact: dict(counted) for fact, counted in facts.items()},
    )
