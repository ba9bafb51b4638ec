"""The order of looking: files first, then numbers, then each import while it is held, then what lies around."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobpipe.ledger.models import Import
from jobpipe.runs.disk_space import size_of
from jobpipe.runs.file_lock import is_held
from jobpipe.runs.housekeeping.pruning_leftovers import leftovers, remove
from jobpipe.runs.housekeeping.verifying.accounts import verify_accounts
from jobpipe.runs.housekeeping.verifying.agreement import verify_agreement
from jobpipe.runs.housekeeping.verifying.archives import verify_archive, verify_unknown_archives
from jobpipe.runs.housekeeping.verifying.bodies import verify_bodies
from jobpipe.runs.housekeeping.verifying.files import verify_files
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verified, Verifying
from jobpipe.runs.housekeeping.verifying.numbers import verify_numbers
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.workspace import Workspace


def verify(workspace: Workspace, *, repair: bool = False) -> Verified:
    """`repair`: what can be put right is. A second one finds nothing that the first has put right."""
    looking = Verifying(repair, Verified())
    verify_files(workspace, looking)
    lost_from = verify_numbers(workspace, looking)
    for owner in Import.objects.order_by("name"):
        try:
            with hold(workspace, owner) as held:
                verify_agreement(held, owner, looking, came_back=owner.pk in lost_from)
                verify_bodies(held, owner, looking)
                verify_accounts(held, owner, looking)
                verify_archive(held, owner, looking)
        except ImportIsRunningError:
            looking.result.left[owner.name] = "it is being imported"
    verify_unknown_archives(workspace, looking)
    _verify_leftovers(workspace, looking)
    return looking.result


def _verify_leftovers(workspace: Workspace, looking: Verifying) -> None:
    locks = workspace.locks
    if locks.is_dir() and any(is_held(path) for path in locks.glob("*.lock")):
        return  # its files are nobody's leftovers yet
    paths = list(leftovers(workspace, datetime.now(UTC) - timedelta(hours=1)))
    if paths:
        size = sum(size_of(path) if path.is_dir() else path.lstat().st_size for path in paths)
        what = f"{len(paths):,} temporary files that dead processes have left, {size:,} bytes"
        finding = Finding("leftovers", what, "they are removed", count=len(paths))
        looking.found(finding, lambda: _remove_all(paths))


def _remove_all(paths: list[Path]) -> None:
    for path in paths:
        remove(path)
