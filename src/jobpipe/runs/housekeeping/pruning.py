"""What is not needed any more goes: by age and size, as `keep` in jobpipe.yaml says.

It works while runs are under way: what belongs to one import goes while that import is held, and one that is being
imported is left for the next time.  Nothing goes that a run, a held or an interrupted one among them, a plan or a live
posting needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobpipe.definition.keeping import KeepSettings
from jobpipe.ledger.models import Import
from jobpipe.runs.housekeeping.compacting import compact_files
from jobpipe.runs.housekeeping.freed import Pruned
from jobpipe.runs.housekeeping.pruning_archive import prune_archive
from jobpipe.runs.housekeeping.pruning_deliveries import prune_change_lists, prune_deliveries, prune_receipts
from jobpipe.runs.housekeeping.pruning_documents import DocumentsPruning
from jobpipe.runs.housekeeping.pruning_ledger import prune_incidents, prune_messages, prune_run_details
from jobpipe.runs.housekeeping.pruning_leftovers import prune_leftovers
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.workspace import Workspace

# For which others may have to wait while a file is written anew.
COMPACTING_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ages:
    """Moments before which things go; None = they stay."""

    keep: KeepSettings
    now: datetime

    def before(self, days: int | None) -> datetime | None:
        return self.now - timedelta(days=days) if days is not None else None


def prune(workspace: Workspace, *, dry_run: bool = False, now: datetime | None = None) -> Pruned:
    """`dry_run`: only says what would go. Raises what the stores raise where they are out of reach."""
    ages = Ages(workspace.project.settings.keep, now or datetime.now(UTC))
    done = Pruned(dry_run)
    prune_archive(workspace, done)
    documents = DocumentsPruning(workspace, ages.before(ages.keep.gone), ages.before(ages.keep.quarantine), done)
    for owner in Import.objects.order_by("name"):
        try:
            with hold(workspace, owner) as held:
                documents.prune(held, owner)
        except ImportIsRunningError:
            done.left[owner.name] = "it is being imported"
    prune_incidents(
        workspace, done, samples_before=ages.before(ages.keep.samples), before=ages.before(ages.keep.incidents)
    )
    prune_run_details(workspace, done, ages.before(ages.keep.runs))
    prune_messages(workspace, done, ages.before(ages.keep.logs))
    prune_receipts(workspace, done, ages.before(ages.keep.receipts))
    prune_change_lists(workspace, done, ages.before(ages.keep.changes))
    prune_deliveries(workspace, done, ages.before(ages.keep.deliveries))
    prune_leftovers(workspace, done, ages.now, logs_before=ages.before(ages.keep.logs))
    compact_files(workspace, done, COMPACTING_SECONDS)
    return done
