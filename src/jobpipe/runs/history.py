"""An import's past, as later runs weigh it."""

from __future__ import annotations

from django.db.models import Max, Q, QuerySet

from jobpipe.ledger.models import Run, RunKind, RunState
from jobpipe.ledger.order import one_at_a_time_in_the_feed_of_changes
from jobpipe.lifecycle.expiry import PastRun

# A month of runs every hour.
MAX_RUNS = 720
ACCEPTED, DISMISSED, SUPERSEDED = "accepted", "dismissed", "superseded"
_NOT_MADE = (RunState.QUEUED, RunState.SKIPPED)

__all__ = [
    "ACCEPTED",
    "DISMISSED",
    "SUPERSEDED",
    "PastRun",
    "complete_runs_since",
    "next_sequence",
    "past_runs",
    "runs_mark",
    "runs_that_need_their_bytes",
    "that_made_anything",
]

# Others were taken back before they began: they have no place in the feed of changes.
_NEVER_BEGUN = Q(state=RunState.CANCELLED, sequence__isnull=True)
_OVER = (RunState.SUCCEEDED, RunState.HELD, RunState.PARTIAL)


def that_made_anything(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Those that made anything."""
    return runs.exclude(state__in=_NOT_MADE).exclude(_NEVER_BEGUN)


def past_runs(run: Run) -> list[PastRun]:
    """The runs of its import before this one that read something of the source, the newest first."""
    before = Run.objects.filter(
        import_row=run.import_row_id, kind=RunKind.IMPORT, pk__lt=run.pk, state__in=_OVER
    ).order_by("-id")
    # Not the definition, which is long.
    return [_past(one) for one in before.defer("definition")[:MAX_RUNS]]


def _past(run: Run) -> PastRun:
    return PastRun(
        run=run.pk,
        at=run.finished_at or run.started_at,
        complete=bool(run.complete),
        was_held=run.state == RunState.HELD or bool(run.decided_by),
        accepted=run.decided_by == ACCEPTED,
        read=run.account.get("read", 0),
        unchanged=run.unchanged,
        live=run.live,
        absent=run.absent,
        returned=run.returned,
    )


def complete_runs_since(run: Run, first: int) -> int:
    """How many complete runs there were from the run `first` up to this one, which counts."""
    return (
        1
        + Run.objects.filter(
            import_row=run.import_row_id,
            kind=RunKind.IMPORT,
            complete=True,
            pk__gte=first,
            pk__lt=run.pk,
            state__in=(RunState.SUCCEEDED, RunState.HELD),
        ).count()
    )


def next_sequence() -> int:
    """The place in the feed of changes that comes after all that are taken; to be asked within a transaction."""
    one_at_a_time_in_the_feed_of_changes()
    return (Run.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1


def runs_mark() -> tuple[tuple[int, int | None], ...]:
    """Another one after any run has begun or ended: for what is derived of what runs have stored. One statement."""
    last = Run.objects.order_by("-id").values("id")[:1]
    latest = Run.objects.filter(sequence__isnull=False).order_by("-sequence").values("id")[:1]
    telling = Q(finished_at__isnull=True) | Q(pk__in=last) | Q(pk__in=latest)
    return tuple(Run.objects.filter(telling).order_by("id").values_list("id", "sequence"))


def runs_that_need_their_bytes(import_id: int) -> set[int]:
    """Those that go on from them, wait for a person, or are the last that today's source is compared with."""
    runs = Run.objects.filter(import_row=import_id, kind=RunKind.IMPORT)
    needed = set(runs.filter(state__in=(RunState.RUNNING, RunState.HELD)).values_list("pk", flat=True))
    last = runs.filter(complete=True, unchanged=False).order_by("-id").values_list("pk", flat=True).first()
    return needed | ({last} if last is not None else set())
