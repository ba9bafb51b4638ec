"""Finding codes of a taxonomy: by what their labels say, and what stands below a code."""

from __future__ import annotations

import difflib

from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.taxonomies import Category, Taxonomy


def below(taxonomy: Taxonomy, code: str) -> list[Category]:
    """Directly below it; "" = at the top."""
    categories = taxonomy.categories.values()
    return [one for one in categories if (code in one.parents if code else not one.parents)]


def search(taxonomy: Taxonomy, text: str, *, limit: int) -> list[Category]:
    """Codes that begin with the text, then labels that hold all of its words, the shortest first."""
    begins = [one for one in taxonomy.categories.values() if one.code.casefold().startswith(text.strip().casefold())]
    words = normalise_label(text).split()
    found: list[tuple[int, str]] = []
    for one in taxonomy.categories.values():
        said = [normalise_label(term.text) for term in one.terms]
        lengths = [len(text) for text in said if all(word in text for word in words)]
        if lengths and words:
            found.append((min(lengths), one.code))
    codes = dict.fromkeys([*(one.code for one in begins), *(code for _, code in sorted(found))])
    return [taxonomy.categories[code] for code in list(codes)[:limit]]


def nearest_codes(taxonomy: Taxonomy, code: str, *, limit: int = 3) -> list[Category]:
    """Codes that may have been meant: written alike, or whose label was given instead of the code."""
    folded = {one.casefold(): one for one in taxonomy.categories}
    by_label = {normalise_label(term.text): one.code for one in taxonomy.categories.values() for term in one.terms}
    exact = by_label.get(normalise_label(code))
    alike = difflib.get_close_matches(code.casefold(), folded, n=limit, cutoff=0.6)
    labels = difflib.get_close_matches(normalise_label(code), by_label, n=limit, cutoff=0.75) if not alike else []
    codes = dict.fromkeys(
        [*([exact] if exact else []), *(folded[one] for one in alike), *(by_label[one] for one in labels)]
    )
    return [taxonomy.categories[one] for one in list(codes)[:limit]]
