"""What a run tells a person besides its account."""

from __future__ import annotations

from jobpipe.ledger.models import Run
from jobpipe.ledger.text import storable


def note(run: Run, kind: str, message: str) -> None:
    """Add a notice to the run, which is not saved here."""
    run.notices = [*run.notices, {"kind": kind, "message": storable(message)}]
