"""The ledger's tables, by subject."""

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.leases import HostTrouble, HostTurns, Lease
from jobpipe.ledger.models.runs import Batch, PartRead, Run, RunKind, RunState

__all__ = ["Batch", "HostTrouble", "HostTurns", "Import", "Lease", "PartRead", "Run", "RunKind", "RunState"]
