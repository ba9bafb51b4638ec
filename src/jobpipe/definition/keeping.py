"""`keep:` and `disk:` of jobpipe.yaml: how long what is stored stays, and how much room it may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobpipe.definition.base import Model
from jobpipe.definition.sizes import Size
from jobpipe.safety.limits import parse_size

Days = Annotated[int | None, Field(ge=1, le=36_500)]


class KeepSettings(Model):
    """How long what is stored stays. Days; empty = for ever."""

    # Of each import: the runs whose bytes stay in the archive.
    archive_runs: int = Field(default=3, ge=1, le=1000)
    # Of the archives of all imports together; the oldest bytes go first. Empty = any.
    archive_size: Size = None
    # Of each posting: its earlier contents, the one of today among them.
    revisions: int = Field(default=3, ge=2, le=100)
    # Postings that are gone, with the records that made them; a later one with the same key is new.
    gone: Days = 365
    # Rejected records that no complete run can show to be gone: of imports given up, or of sources of changes.
    quarantine: Days = 90
    # Raw records that are shown with incidents which are resolved.
    samples: Days = 30
    # Incidents that are resolved.
    incidents: Days = 365
    # What is known of the parts of a run; its account stays.
    runs: Days = 180
    # What destinations have answered, change by change; what they have now stays known.
    receipts: Days = 90
    # Which postings each run changed: a destination that has been away for longer compares all of them.
    changes: Days = 90
    # Batches and files that were delivered; the last twenty of each destination stay, and the file that it has.
    deliveries: Days = 180
    logs: Days = 30


class DiskSettings(Model):
    """How much room there is. What comes near it is an incident; runs stop, to be taken up, before it is exceeded."""

    # Of ledger, documents, archive and all else in `state` together. Empty = as much as there is.
    budget: Size = None
    # What must stay free on the disk of `state`.
    free: Size = "200MB"

    @property
    def budget_bytes(self) -> int | None:
        return parse_size(self.budget) if self.budget is not None else None

    @property
    def free_bytes(self) -> int:
        return parse_size(self.free) if self.free is not None else 0
