"""A report is read from what is stored: the run's account, the quarantine, the labels, the open incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from jobpipe.documents.store import Role, Selection, Status
from jobpipe.errors import UsageError
from jobpipe.incidents.states import UNRESOLVED
from jobpipe.ledger.models import Import, Incident, Run, RunKind, RunState
from jobpipe.runs.mappings.unmapped import unmapped_labels
from jobpipe.runs.quarantine import Rejected, with_places, without_places
from jobpipe.runs.source_reports.report import FeedReport, Refusals, SourceReport
from jobpipe.runs.workspace import Workspace

# Shown of each reason.
MAX_EXAMPLES = 5
# Groups whose examples are looked up; what a hook makes up as names of fields is not without end.
_MAX_GROUPS = 100
_MAX_LABELS = 12
# Days.
END_SOON = 7
_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL, RunState.FAILED)
# What a publisher can do something about, or should know.
TROUBLES = (
    *("source-unreachable", "source-refused", "source-untrusted", "source-missing", "source-changed-shape"),
    *("source-damaged", "source-over-limit", "source-forbidden", "source-suspected", "source-held", "source-shrank"),
)


def report_of_client(workspace: Workspace, client: str, *, examples: int = MAX_EXAMPLES) -> SourceReport:
    """All imports of a client. Raises UsageError where it has none."""
    names = imports_of_client(workspace, client)
    if not names:
        raise UsageError(f"no import is of a client {client!r}", hint="`--import NAME` reports on one import")
    return SourceReport(client=client, feeds=[feed_report(workspace, name, examples=examples) for name in names])


def report_of_import(
    workspace: Workspace, name: str, *, run: int | None = None, examples: int = MAX_EXAMPLES
) -> SourceReport:
    """Raises UsageError where there is no such import, or no such run of it."""
    client = workspace.project.load(name).definition.client
    return SourceReport(client=client or name, feeds=[feed_report(workspace, name, run=run, examples=examples)])


def imports_of_client(workspace: Workspace, client: str) -> list[str]:
    """The names of those whose definitions say so; what is not a valid definition is as the ledger knows it."""
    wanted = client.strip().casefold()
    known = dict(Import.objects.values_list("name", "client"))
    found = []
    for name in workspace.project.imports():
        try:
            of = workspace.project.load(name).definition.client
        except Exception:
            of = known.get(name, "")
        if of.strip().casefold() == wanted:
            found.append(name)
    return found


def feed_report(workspace: Workspace, name: str, *, run: int | None = None, examples: int = MAX_EXAMPLES) -> FeedReport:
    owner = Import.objects.filter(name=name).first()
    latest = _latest(owner) if owner is not None else None
    if owner is None or latest is None:
        if run is not None:
            raise UsageError(f"there is no run {run} of {name}", hint="`jobpipe runs` lists them")
        return FeedReport(name=name, troubles=_troubles(name))
    told = latest if run is None else _run(owner, run)
    # What an unchanged source held is in the account of the run that read it.
    counted = _run_that_read(told)
    account = counted.account if counted is not None else {}
    is_older = told.pk < latest.pk
    last = told.pk if is_older else None
    # A label that its table refuses is among what is refused.
    labels = [] if is_older else [one for one in unmapped_labels(workspace, [name]) if one.postings]
    return FeedReport(
        name=name,
        places=list((counted or told).parts.values_list("location", flat=True)[:5]),
        run=told.pk,
        at=told.finished_at or told.started_at,
        figures=_figures(account),
        unchanged=told.unchanged,
        is_older=is_older,
        refusals=refusals_of(workspace, owner, last, examples),
        troubles=() if is_older else _troubles(name),
        labels=[(one.label, one.postings) for one in labels[:_MAX_LABELS]],
        labels_in_all=len(labels),
        fields_lost=() if is_older else _fields_lost(name),
        end_soon=0 if is_older else _end_soon(workspace, owner),
    )


def refused_records(workspace: Workspace, owner: Import, last_run: int | None = None) -> Iterator[Rejected]:
    """Those that are refused today, without their lines; `last_run`: of those that this run or an earlier one met."""
    for record in without_places(workspace, owner):
        if last_run is None or record.run <= last_run:
            yield record


def _latest(owner: Import) -> Run | None:
    runs = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT, state__in=_OVER)
    return runs.defer("definition").order_by("-id").first()


def _run(owner: Import, number: int) -> Run:
    found = Run.objects.filter(import_row=owner, kind=RunKind.IMPORT, pk=number).defer("definition").first()
    if found is None:
        raise UsageError(f"there is no run {number} of {owner.name} that read its source", hint="`jobpipe runs`")
    return found


def _run_that_read(told: Run) -> Run | None:
    if told.account.get("read"):
        return told
    before = Run.objects.filter(import_row=told.import_row_id, kind=RunKind.IMPORT, pk__lt=told.pk)
    read = before.filter(state__in=_OVER[:3], unchanged=False).defer("definition").order_by("-id").first()
    return read if told.unchanged else None


def _figures(account: dict[str, int]) -> dict[str, int]:
    fine = sum(account.get(name, 0) for name in ("new", "updated", "unchanged"))
    return {
        "read": account.get("read", 0),
        "fine": fine,
        "refused": account.get("rejected", 0),
        "repeated": account.get("duplicate", 0),
        "left_out": account.get("filtered", 0),
        "closed": account.get("closed", 0),
    }


def refusals_of(
    workspace: Workspace, owner: Import, last_run: int | None, examples: int, *, most: int | None = None
) -> list[Refusals]:
    """One pass for the counts and the first few of each group, one look at the archive for their lines.

    `most`: of so many records alone; None = of all.
    """
    counts: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], list[Rejected]] = {}
    for record in islice(refused_records(workspace, owner, last_run), most):
        group = (record.reason, record.field)
        if group not in counts and len(counts) >= _MAX_GROUPS:
            group = (record.reason, "")
        counts[group] = counts.get(group, 0) + 1
        shown = first.setdefault(group, [])
        if len(shown) < examples:
            shown.append(record)
    placed = iter(list(with_places(workspace, owner, [record for some in first.values() for record in some])))
    located = {group: [next(placed) for _ in some] for group, some in first.items()}
    made = [
        Refusals(reason=reason, field=field, count=count, examples=located[reason, field])
        for (reason, field), count in counts.items()
    ]
    return sorted(made, key=lambda one: (-one.count, one.reason, one.field))


def _troubles(name: str) -> list[str]:
    found = Incident.objects.filter(import_name=name, kind__in=TROUBLES, state__in=UNRESOLVED)
    kinds = set(found.values_list("kind", flat=True))
    return [kind for kind in TROUBLES if kind in kinds]


def _fields_lost(name: str) -> list[str]:
    found = Incident.objects.filter(import_name=name, kind="fields-gone", state__in=UNRESOLVED)
    return list(found.order_by("-last_seen").values_list("message", flat=True)[:5])


def _end_soon(workspace: Workspace, owner: Import) -> int:
    """Of live postings; a bare date lasts until its end."""
    now = datetime.now(UTC)
    first, last = now.date().isoformat(), (now + timedelta(days=END_SOON)).date().isoformat()
    live = workspace.documents.select(owner.pk, Selection(role=Role.POSTING, status=Status.LIVE))
    return sum(first <= row.valid_through[:10] <= last for row in live if row.valid_through)
