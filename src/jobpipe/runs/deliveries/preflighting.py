"""What a destination would refuse of the postings that are there now, and whose matter that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobpipe.destinations.formats.format import Refusal
from jobpipe.ledger.models import Import
from jobpipe.runs.deliveries.feeding import Feeding
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
    return Feeding(workspace.project).imports_of(destination)
