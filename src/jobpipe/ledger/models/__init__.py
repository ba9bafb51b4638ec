"""The ledger's tables, by subject."""

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Batch, PartRead, Run, RunKind, RunState

__all__ = ["Batch", "Import", "PartRead", "Run", "RunKind", "RunState"]
