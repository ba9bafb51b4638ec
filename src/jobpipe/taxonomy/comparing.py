"""What a release of a taxonomy changes: codes added and removed, split and merged, renamed and moved.

Codes say which categories are the same; what became of a category is found from its labels: where one goes from its
code to others, as it is or only written otherwise.  A label that several codes had before says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.taxonomies import Category, Taxonomy


class Renamed(NamedTuple):
    code: str
    before: str
    after: str


class Moved(NamedTuple):
    """Another code is above it."""

    code: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Differences(msgspec.Struct, kw_only=True):
    """Codes in the order of the taxonomy that has them."""

    added: list[str] = []
    removed: list[str] = []
    # Removed -> the only added code that has its name, which nothing else became: the same category.
    recoded: dict[str, str] = {}
    # A code -> those that have its labels now, or stand below it as nothing did before.
    split: dict[str, tuple[str, ...]] = {}
    # A code -> those that it took the labels of, or that stood below it as nothing does now; at least one is gone.
    merged: dict[str, tuple[str, ...]] = {}
    renamed: list[Renamed] = []
    moved: list[Moved] = []
    # Codes of which only other names than the one to show have changed.
    synonyms: list[str] = []

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, name) for name in self.__struct_fields__)

    def touched(self) -> list[str]:
        """The codes of before that mean something else now, or nothing."""
        gone = dict.fromkeys(self.removed)
        return list(gone | dict.fromkeys(self.split) | dict.fromkeys(one.code for one in self.renamed))


def compare(before: Taxonomy, after: Taxonomy) -> Differences:
    old, new = before.categories, after.categories
    flows = _flows(old, new)
    found = Differences(
        added=[code for code in new if code not in old],
        removed=[code for code in old if code not in new],
        renamed=list(_renamed(old, new)),
        moved=[
            Moved(code, old[code].parents, new[code].parents)
            for code in old
            if code in new and set(old[code].parents) != set(new[code].parents)
        ],
    )
    renamed = {one.code for one in found.renamed}
    found.synonyms = [
        code for code in old if code in new and code not in renamed and set(old[code].terms) != set(new[code].terms)
    ]
    sources: dict[str, list[str]] = {}
    for code, targets in flows.items():
        for target in targets:
            sources.setdefault(target, []).append(code)
    found.recoded = dict(_recoded(old, new, flows, sources))
    found.split = dict(_split(old, new, flows))
    found.merged = dict(_merged(old, new, sources, found))
    return found


def _labels(categories: Mapping[str, Category]) -> dict[str, set[str]]:
    """Normalised label -> its codes."""
    found: dict[str, set[str]] = {}
    for one in categories.values():
        for term in one.terms:
            found.setdefault(normalise_label(term.text), set()).add(one.code)
    return found


def _flows(old: Mapping[str, Category], new: Mapping[str, Category]) -> dict[str, dict[str, None]]:
    """A code of before -> the codes that have labels now which it alone had."""
    had, has = _labels(old), _labels(new)
    flows: dict[str, dict[str, None]] = {}
    for code, category in old.items():
        for term in category.terms:
            label = normalise_label(term.text)
            if had[label] == {code}:
                flows.setdefault(code, {}).update(dict.fromkeys(sorted(has.get(label, ()))))
    return flows


def _recoded(
    old: Mapping[str, Category],
    new: Mapping[str, Category],
    flows: Mapping[str, Mapping[str, None]],
    sources: Mapping[str, list[str]],
) -> Iterable[tuple[str, str]]:
    for code, targets in flows.items():
        if code in new or len(targets) != 1:
            continue
        (target,) = targets
        if target not in old and sources[target] == [code] and _names(old[code]) & _names(new[target]):
            yield code, target


def _names(category: Category) -> set[str]:
    return {normalise_label(term.text) for term in category.terms if term.preferred}


def _split(
    old: Mapping[str, Category], new: Mapping[str, Category], flows: Mapping[str, Mapping[str, None]]
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """A label that went over from one code to another that was there before is no split, if the first is left."""
    had_below = {parent for one in old.values() for parent in one.parents}
    below: dict[str, list[str]] = {}
    for one in new.values():
        for parent in one.parents:
            if one.code not in old and parent in old and parent not in had_below:
                below.setdefault(parent, []).append(one.code)
    for code in old:
        targets = dict(flows.get(code, {})) | dict.fromkeys(below.get(code, ()))
        if code in new:
            targets = {code: None} | targets
        if len(targets) > 1 and (code not in new or any(target not in old for target in targets)):
            yield code, tuple(targets)


def _merged(
    old: Mapping[str, Category], new: Mapping[str, Category], sources: Mapping[str, list[str]], found: Differences
) -> Iterable[tuple[str, tuple[str, ...]]]:
    gone = [code for code in found.removed if code not in found.split]
    has_below = {parent for one in new.values() for parent in one.parents}
    taken = {target: list(codes) for target, codes in sources.items()}
    for code in gone:
        for parent in old[code].parents:
            # What was below it is part of it now.
            if parent in new and parent not in has_below and code not in found.recoded:
                taken.setdefault(parent, []).append(code)
    for target, codes in taken.items():
        into = dict.fromkeys([*([target] if target in old else []), *codes])
        if len(into) > 1 and any(code in gone for code in into):
            yield target, tuple(into)


def _renamed(old: Mapping[str, Category], new: Mapping[str, Category]) -> Iterable[Renamed]:
    """The name to show is another one, in a language that it had before."""
    for code, category in old.items():
        if code not in new:
            continue
        before, after = _shown(category), _shown(new[code])
        common = [language for language in before if language in after]
        for language in common:
            if before[language] != after[language]:
                yield Renamed(code, before[language], after[language])
                break
        else:
            if not common and category.label() != new[code].label():
                yield Renamed(code, category.label(), new[code].label())


def _shown(category: Category) -> dict[str, str]:
    """The name to show by language."""
    found: dict[str, str] = {}
    for term in category.terms:
        if term.preferred:
            found.setdefault(term.language, term.text)
    return found
