"""What a release of a taxonomy does, before it is applied: to codes, to mappings, to stored postings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from jobpipe.ledger.models import TaxonomyVersion
from jobpipe.runs.taxonomies.in_force import number_in_force, of_file, stored
from jobpipe.runs.taxonomies.releases import release_of
from jobpipe.runs.taxonomies.uses import MappingUse, PostingUses, mapping_uses, posting_uses
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.comparing import Differences, compare
from jobpipe.taxonomy.taxonomies import Taxonomy

# In the order in which they are shown: what loses something first.
KINDS = ("removed", "recoded", "merged", "split", "added", "renamed", "moved", "synonyms")


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One change of one code, and what has that code."""

    # One of KINDS.
    kind: str
    code: str
    # What it is called: before, where it was there.
    label: str
    # removed, recoded, split: what became of it; merged: what it took in; moved: what is above it now.
    codes: tuple[str, ...] = ()
    # renamed: what it is called now.
    after: str = ""
    # Entries of mappings that people made, rows that developers wrote, live postings, with the code; merged: or with
    # one of those that it took in.
    mappings: int = 0
    file_rows: int = 0
    postings: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasePlan:
    name: str
    # The release, and the version in force that it was compared with; 0 = the file, or nothing.
    number: int
    on: int
    # The version that it was loaded on.
    base: int
    label: str
    codes_before: int
    codes_after: int
    differences: Differences
    effects: list[Effect]
    # By kind: mappings and live postings, each once, with a code of which that is said.
    mappings_by_kind: dict[str, int]
    postings_by_kind: dict[str, int]
    # Labels that are mapped to a code that the release does not have.
    orphans: list[MappingUse]

    def of_kind(self, kind: str) -> list[Effect]:
        return [one for one in self.effects if one.kind == kind]

    def as_dict(self) -> dict[str, Any]:
        kinds = {
            kind: {
                "codes": len(self.of_kind(kind)),
                "mappings": self.mappings_by_kind.get(kind, 0),
                "postings": self.postings_by_kind.get(kind, 0),
            }
            for kind in KINDS
        }
        return {
            "taxonomy": self.name,
            "version": self.number,
            "label": self.label,
            "on": self.on,
            "codes": {"before": self.codes_before, "after": self.codes_after},
            "kinds": kinds,
            "changes": [asdict(one) for one in self.effects],
            "orphans": [orphan_document(one, self.differences) for one in self.orphans],
        }


def orphan_document(use: MappingUse, differences: Differences) -> dict[str, Any]:
    return {
        "table": use.table,
        "scope": use.scope,
        "owner": use.owner,
        "label": use.label,
        "code": use.code,
        "becomes": differences.recoded.get(use.code),
    }


def plan_release(workspace: Workspace, name: str, number: int | None = None) -> ReleasePlan:
    """Raises UsageError where no release waits. Writes nothing."""
    version = release_of(workspace, name, number)
    on = number_in_force(name)
    before = stored(name, on) if on else of_file(workspace.project, name) or Taxonomy(name, "", {})
    return plan_between(workspace, version, before, on)


def plan_between(workspace: Workspace, version: TaxonomyVersion, before: Taxonomy, on: int) -> ReleasePlan:
    name = version.name
    after = stored(name, version.number)
    differences = compare(before, after)
    groups = {kind: frozenset(_codes_of(differences, kind)) for kind in KINDS}
    uses = list(mapping_uses(workspace, name))
    merged = {_merge(target): frozenset((target, *sources)) for target, sources in differences.merged.items()}
    postings = posting_uses(workspace, name, groups | merged)
    counts = _Counts(
        mappings=Counter(use.code for use in uses if use.entry is not None),
        file_rows=Counter(use.code for use in uses if use.entry is None),
        postings=postings,
    )
    effects = [_counted(one, counts) for one in _effects(before, after, differences)]
    return ReleasePlan(
        name=name,
        number=version.number,
        on=on,
        base=version.base,
        label=version.label,
        codes_before=len(before.categories),
        codes_after=len(after.categories),
        differences=differences,
        effects=effects,
        mappings_by_kind={kind: sum(use.code in some for use in uses) for kind, some in groups.items()},
        postings_by_kind={kind: postings.by_group[kind] for kind in KINDS},
        orphans=[use for use in uses if use.code not in after.categories],
    )


class _Counts(NamedTuple):
    mappings: Counter[str]
    file_rows: Counter[str]
    postings: PostingUses


def _merge(target: str) -> str:
    """The group of all codes that one took in, and itself: no kind is called so."""
    return f"merged {target}"


def _counted(one: Effect, counts: _Counts) -> Effect:
    is_merge = one.kind == "merged"
    codes = {one.code, *one.codes} if is_merge else {one.code}
    found = counts.postings
    return replace(
        one,
        mappings=sum(counts.mappings[code] for code in codes),
        file_rows=sum(counts.file_rows[code] for code in codes),
        postings=found.by_group[_merge(one.code)] if is_merge else found.by_code[one.code],
    )


def _codes_of(differences: Differences, kind: str) -> Iterator[str]:
    """Of before: what mappings and postings may have."""
    if kind == "merged":
        for target, sources in differences.merged.items():
            yield from (target, *sources)
        return
    for one in getattr(differences, kind):
        yield one if isinstance(one, str) else one.code


def _effects(before: Taxonomy, after: Taxonomy, differences: Differences) -> Iterator[Effect]:
    old, new = before.categories, after.categories
    into: dict[str, list[str]] = {}
    for target, sources in differences.merged.items():
        for source in sources:
            into.setdefault(source, []).append(target)
    for code in differences.removed:
        became = differences.split.get(code) or tuple(into.get(code, ()))
        if code in differences.recoded:
            became = (differences.recoded[code],)
        yield Effect(kind="removed", code=code, label=old[code].label(), codes=became)
    for code, target in differences.recoded.items():
        yield Effect(kind="recoded", code=code, label=old[code].label(), codes=(target,))
    for target, sources in differences.merged.items():
        yield Effect(kind="merged", code=target, label=new[target].label(), codes=sources)
    for code, targets in differences.split.items():
        yield Effect(kind="split", code=code, label=old[code].label(), codes=targets)
    for code in differences.added:
        yield Effect(kind="added", code=code, label=new[code].label())
    for code, was, is_now in differences.renamed:
        yield Effect(kind="renamed", code=code, label=was, after=is_now)
    for code, _, parents in differences.moved:
        yield Effect(kind="moved", code=code, label=old[code].label(), codes=parents)
    for code in differences.synonyms:
        yield Effect(kind="synonyms", code=code, label=old[code].label())
