"""A taxonomy: the categories that postings are sorted into, with what each is called in which language."""

from __future__ import annotations

import msgspec


class Term(msgspec.Struct, array_like=True, frozen=True):
    """One way of naming a category."""

    text: str
    # ISO 639-1; "" = not said.
    language: str = ""
    # The name to show; all others are synonyms.
    preferred: bool = False


class Category(msgspec.Struct, array_like=True, frozen=True):
    code: str
    # The order is the source's; at least one.
    terms: tuple[Term, ...]
    # The codes above it; more than one where the taxonomy is no tree.
    parents: tuple[str, ...] = ()

    def label(self, language: str = "") -> str:
        """What to show: the preferred name in that language, else any preferred one, else the first."""
        preferred = [term for term in self.terms if term.preferred] or list(self.terms)
        return next((term.text for term in preferred if term.language == language), preferred[0].text)


class Taxonomy(msgspec.Struct, frozen=True):
    name: str
    version: str
    # By code, in the source's order.
    categories: dict[str, Category]
