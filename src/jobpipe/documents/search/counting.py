"""Counting what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from jobpipe.documents.search.store import FACTS, MOST_COUNTED, Survey

# Import, state, countries, contract, categories.
Counted = tuple[int, str, tuple[str, ...], str, tuple[str, ...]]


def surveyed(found: Iterable[Counted]) -> Survey:
    """Of at most `MOST_COUNTED` and one more."""
    imports: Counter[int] = Counter()
    facts: dict[str, Counter[str]] = {fact: Counter() for fact in FACTS}
    listed = list(islice(found, MOST_COUNTED + 1))
    count = len(listed)
    # Thousands of them are alike.
    for (import_id, state, countries, contract, categories), many in Counter(listed[:MOST_COUNTED]).items():
        imports[import_id] += many
        facts["state"][state] += many
        facts["contract"][contract] += many
        for fact, values in (("country", countries), ("category", categories)):
            for value in values:
                facts[fact][value] += many
    facts["contract"].pop("", None)
    return Survey(
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        imports=dict(imports),
        facts={fact: dict(counted) for fact, counted in facts.items()},
    )
