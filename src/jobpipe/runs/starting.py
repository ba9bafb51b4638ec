"""What every kind of run begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jobpipe.ledger.models import Import, Run, RunKind, RunState
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.workspace import Workspace


@dataclass(slots=True)
class StopRequest:
    """Set from outside: finish the batch, wait for no source. The run stays `running`, to be taken up again."""

    requested: bool = False


def new_run(
    workspace: Workspace, owner: Import, preparation: Preparation, file: str, kind: RunKind = RunKind.IMPORT
) -> Run:
    with workspace.writing():
        return Run.objects.create(
            import_row=owner,
            kind=kind,
            state=RunState.RUNNING,
            started_at=datetime.now(UTC),
            revision=preparation.revision_text,
            definition=preparation.loaded.text,
            instead=file,
        )
