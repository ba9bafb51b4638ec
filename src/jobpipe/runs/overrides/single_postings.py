"""What people decided of single postings, in force on what is stored: at once, and until its day is over.

A decision is in the ledger first (`jobpipe.runs.overrides.deciding`).  `Override.applied` marks what the stored posting
was made under; where that is not what counts today, the posting is made again from its stored record, in a run of the
kind `reprocess`.  So a decision that ends by its day, one that is taken back and one whose application was killed are
found alike, by a query of the ledger and no look at the documents.  Records that come later get it from the charge.

The record of an excluded posting has the outcome `filtered`, each time that it comes.
"""

from __future__ import annotations

import msgspec
import xxhash
from django.db.models import Q

from jobpipe.definition.overrides import PostingOverride
from jobpipe.documents.store import Status, is_listed
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import Import, Override, OverrideScope, Run, RunKind, RunState
from jobpipe.ledger.opening import drop_dead_connection
from jobpipe.ledger.unavailable import ledger_expected
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.mappings.remapping import Touched, remap_records
from jobpipe.runs.overrides.layers import posting_override, single_postings_in, single_postings_of
from jobpipe.runs.overrides.taking_down import PERSON, excluded_keys
from jobpipe.runs.preparing import Preparation, prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.starting import StopRequest, new_run
from jobpipe.runs.workspace import Workspace

_WHY = "stored records of postings that a person decided over"


def mark_of(one: PostingOverride | None) -> str:
    """Of what a posting is made under; "" = under nothing."""
    if one is None:
        return ""
    return xxhash.xxh3_128_hexdigest(msgspec.json.encode([one.number, one.excluded, one.values], order="sorted"))


def of_today(preparation: Preparation) -> Preparation:
    """With what counts of single postings by now: to be asked when the import is held."""
    return preparation.with_postings(single_postings_of(preparation.definition.import_))


def settle(
    workspace: Workspace,
    preparation: Preparation,
    owner: Import,
    *,
    progress: Progress,
    stop: StopRequest,
    workers: int | None,
) -> RunReport | None:
    """Make the postings again that were made under something else than what counts today; None = there are none.

    `preparation`: with what was in force when records were last made.  The import is held, and no run of it unfinished.
    """
    entries = list(Override.objects.filter(_unsettled(owner.name)))
    before = preparation.overrides.postings
    now = single_postings_in(one for one in entries if one.active)
    preparation = preparation.with_postings(now)
    marks = {one.key: mark_of(now.get(one.key)) for one in entries}
    stale = {one.key for one in entries if one.applied != marks[one.key]}
    stale |= {key for key in before.keys() | now.keys() if mark_of(before.get(key)) != mark_of(now.get(key))}
    if not stale:
        return None
    report = None
    touched = Touched(workspace.documents, owner.pk, keys=tuple(sorted(stale)))
    if touched.are_there():
        run = new_run(workspace, owner, preparation, "", RunKind.REPROCESS)
        report = remap_records(workspace, preparation, run, touched, progress, stop, workers, why=_WHY)
        if report.state != RunState.SUCCEEDED:
            return report
    touched.forget_gone()
    changed = [one for one in entries if one.applied != marks[one.key]]
    for one in changed:
        one.applied = marks[one.key]
    with workspace.writing():
        Override.objects.bulk_update(changed, ["applied"], batch_size=500)
    return report


def _unsettled(owner: str) -> Q:
    """What counts, or once did and may still be on a stored posting."""
    return Q(scope=OverrideScope.POSTING, owner=owner) & (Q(active=True) | ~Q(applied=""))


def settle_import(
    workspace: Workspace, name: str, *, progress: Progress, stop: StopRequest, workers: int | None = None
) -> RunReport | None:
    """The same for an import that nobody holds; None = nothing was to be done, or the import never ran.

    Raises DefinitionError for an invalid definition, ImportIsRunningError or UsageError where a run is under way or was
    interrupted: whoever ends that run settles it.
    """
    from jobpipe.runs.reprocessing import refuse_over_an_interrupted_run

    preparation = prepare(workspace, name)
    drop_dead_connection()
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        return None
    with ledger_expected(), hold(workspace, owner) as held:
        refuse_over_an_interrupted_run(held, owner)
        return settle(held, preparation, owner, progress=progress, stop=stop, workers=workers)


def settle_now(workspace: Workspace, name: str, *, progress: Progress, stop: StopRequest) -> RunReport | str | None:
    """The same at any moment; a text says why all of it waits but the taking down of excluded postings.

    While a run has the import, live postings are taken down under its number, and what else there is to do is done at
    its end: the feed of changes shows it then.
    """
    try:
        return settle_import(workspace, name, progress=progress, stop=stop, workers=0)
    except (ImportIsRunningError, UsageError, DefinitionError) as error:
        _take_down_stored(workspace, name)
        return error.message


def overdue(workspace: Workspace) -> list[str]:
    """The imports of which something counts that is not in force on what is stored: for a scheduler.

    A decision that has ended by its day, and one whose process ended before it was settled.
    """
    drop_dead_connection()
    wanted = Q(scope=OverrideScope.POSTING) & (Q(active=True) | ~Q(applied=""))
    found: dict[str, None] = {}
    for one in Override.objects.filter(wanted).order_by("owner", "key"):
        if one.owner not in found and one.applied != mark_of(posting_override(one) if one.active else None):
            found[one.owner] = None
    # One that never ran has nothing that is stored.
    known = set(Import.objects.filter(name__in=found).values_list("name", flat=True)) & set(workspace.project.imports())
    return [name for name in found if name in known]


def _take_down_stored(workspace: Workspace, name: str) -> None:
    run = Run.objects.filter(import_row__name=name, state=RunState.RUNNING).order_by("-id").first()
    run = run or Run.objects.filter(import_row__name=name).order_by("-id").first()
    if run is None:
        return
    keys = sorted(excluded_keys(name))
    rows = workspace.documents.postings_by_key(run.import_row_id, keys).values()
    # Also what is hidden: it would be delivered as soon as its near-duplicate is not.
    listed = [row.row for row in rows if is_listed(row)]
    workspace.documents.expire(run.import_row_id, run.pk, listed, PERSON, status=Status.EXCLUDED)
