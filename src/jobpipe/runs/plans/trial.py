"""A run that is tried out: the same code over the same records, and nothing outside of this process hears of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobpipe.documents.overlay import OverlayDocuments
from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.runs.plans.effects import Effects
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.progress import Progress, Reading
from jobpipe.runs.verdicts import Verdicts
from jobpipe.runs.workspace import Workspace

# Of the run: higher than any that there will be.
_NUMBER = 2**62


class Trial:
    """To be closed."""

    def __init__(
        self, workspace: Workspace, preparation: Preparation, owner: Import, kind: RunKind, folder: Path
    ) -> None:
        """`folder`: for what would be written, which nobody else uses."""
        self.run = Run(
            pk=_NUMBER,
            import_row=owner,
            kind=kind,
            state=RunState.RUNNING,
            started_at=datetime.now(UTC),
            revision=preparation.revision_text,
        )
        self.effects = Effects(workspace.documents, owner.pk, _NUMBER)
        self.journal = _TrialJournal(self.effects)
        self._documents = OverlayDocuments(workspace.documents, folder, heed=self.effects.heed)
        self.workspace = replace(
            workspace,
            documents=self._documents,
            journal=self.journal,
            lease=None,
            # What workers elsewhere compute would be of use to nobody else.
            executors=None,
        )

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: Any) -> None:
        self._documents.close()


class _TrialJournal:
    """See `jobpipe.runs.workspace.Journal`."""

    writes = False

    def __init__(self, effects: Effects) -> None:
        self.meet = effects.meet
        # What is known of each part of the source.
        self.parts: dict[int, dict[str, Any]] = {}
        # About a byte a record.
        self._packed: list[bytes] = []

    def mark_done(self, batches: list[tuple[Verdicts, str]]) -> None:
        self._packed += [verdicts.pack() for verdicts, _ in batches]

    def verdicts(self) -> Iterator[Verdicts]:
        return map(Verdicts.unpack, self._packed)

    def save_part(self, number: int, known: Mapping[str, Any]) -> None:
        self.parts[number] = dict(known)

    def save_why(self) -> None:
        pass

    def begin_ending(self) -> bool:
        return True

    def save_sitting(self) -> None:
        pass

    def close(self) -> None:
        pass


class TrialProgress(Progress):
    """What is tried out has no number."""

    def __init__(self, shown: Progress, stage: str = "planning") -> None:
        self._shown = shown
        self._stage = stage

    def begin(self, name: str, run: int) -> None:
        self._shown.begin(name, 0)

    def update(self, reading: Reading) -> None:
        reading.stage = self._stage
        self._shown.update(reading)

    def say(self, message: str) -> None:
        self._shown.say(message)

    def end(self) -> None:
        self._shown.end()
