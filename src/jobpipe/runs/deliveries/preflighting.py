"""What a destination would refuse of the postings that are there now, and whose matter that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from jobpipe.destinations.formats.format import Refusal
from jobpipe.ledger.models import Import
from jobpipe.runs.deliveries.wanting import Wanting, live_postings_of
from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    import_name: str
    key: str
    title: str
    is_selected: bool
    refusals: list[Refusal]


def preflight(workspace: Workspace, destination: str, *, only: str = "") -> Iterator[Judged]:
    """Every live posting of the imports that feed it, or of the one named `only`. Flat memory.

    Raises UsageError where there is no such destination, DefinitionError where its file is not valid.
    """
    definition = workspace.project.load_destination(destination)
    wanting = Wanting(workspace.documents, definition)
    for owner in _owners(workspace, destination, only):
        for state, posting in live_postings_of(workspace.documents, owner):
            shaped, refusals = wanting.judge(owner, posting)
            yield Judged(
                import_name=owner.name,
                key=state.key,
                title=state.title,
                is_selected=shaped is not None,
                refusals=refusals,
            )


def _owners(workspace: Workspace, destination: str, only: str) -> list[Import]:
    if only:
        workspace.project.load(only)
        return list(Import.objects.filter(name=only))
    return workspace.feeding.imports_of(destination)


@dataclass(slots=True)
class RefusedByRule:
    """The postings that one rule of a destination refuses."""

    rule: str
    field: str
    # Whose matter it is.
    role: str
    count: int = 0
    samples: list[tuple[Judged, str]] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class PreflightSummary:
    looked_at: int = 0
    fine: int = 0
    refused: int = 0
    left_out: int = 0
    # The one that refuses most first.
    rules: list[RefusedByRule] = dataclasses.field(default_factory=list)
    # There are more postings than were looked at.
    is_cut: bool = False


def preflight_summary(workspace: Workspace, destination: str, *, most: int, samples: int) -> PreflightSummary:
    """Of the first `most` postings, with a few samples a rule. Raises as `preflight`."""
    summary = PreflightSummary()
    rules: dict[str, RefusedByRule] = {}
    for one in preflight(workspace, destination):
        if summary.looked_at == most:
            summary.is_cut = True
            break
        summary.looked_at += 1
        if not one.is_selected:
            summary.left_out += 1
        elif one.refusals:
            summary.refused += 1
        else:
            summary.fine += 1
        for refusal in one.refusals:
            rule = rules.setdefault(refusal.rule, RefusedByRule(refusal.rule, refusal.field, refusal.role))
            rule.count += 1
            if len(rule.samples) < samples:
                rule.samples.append((one, refusal.message))
    summary.rules = sorted(rules.values(), key=lambda rule: -rule.count)
    return summary
