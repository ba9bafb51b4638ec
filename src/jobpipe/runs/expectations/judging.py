"""What a run's figures say beside those of the runs before it: the breaks, as occurrences of incidents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Selection, Status, unpack_prior
from jobpipe.incidents.expectations.breaks import Break
from jobpipe.incidents.expectations.causes import KINDS, Cause, kind_of
from jobpipe.incidents.expectations.figures import Figures, fields_lost, unpack_figures
from jobpipe.incidents.expectations.judging import judge
from jobpipe.incidents.expectations.past import Past, PastFigures
from jobpipe.incidents.expectations.staleness import REMEMBERED, patience_with
from jobpipe.incidents.expectations.words import message_of
from jobpipe.incidents.grouping import Groups
from jobpipe.incidents.occurrence import Occurrence, Sample
from jobpipe.ledger.models import Incident, IncidentChange, IncidentState, Run, RunFigures, RunKind, RunState

# Of the last runs all are looked at, of the days before the last one each.
ALL_OF_THE_LAST, DAYS_BEFORE = 12, 50
_LOOKED_AT = 500
_EXAMPLES = 3
_MAX_VALUE = 120
STALE = "source-stale"
# What is missing is told by these where a posting may expire by it.
_SAY_FEWER = frozenset({"source-shrank", "source-held", "source-flapping"})


@dataclass
class Judged:
    """What is to be recorded of a run."""

    occurrences: list[Occurrence] = field(default_factory=list)
    # Names of the measures that broke.
    broken: list[str] = field(default_factory=list)
    # Kinds of incidents of which this run can show that they are gone.
    shows: tuple[str, ...] = ()


def judge_run(documents: Documents, run: Run, figures: Figures | None, met: Groups) -> Judged:
    """`figures`: None where the run found its source unchanged, or left none; `met`: what is told of it already."""
    if run.kind != RunKind.IMPORT or run.instead or run.state not in (RunState.SUCCEEDED, RunState.HELD):
        return Judged()
    judged = Judged(shows=(STALE,))
    judged.occurrences += _stale(run)
    if figures is None:
        return judged
    if run.state == RunState.HELD:
        # What is held is told already; nobody learns from so few.
        return Judged(broken=["count"])
    past = past_of(run)
    if past.runs:
        own_change = is_own_change(past.runs[-1].run, run)
        breaks = judge(figures, past, run.started_at, own_change=own_change)
        judged.broken = [one.measure for one in breaks]
        if any(one.first.kind in _SAY_FEWER for one in met.all()):
            breaks = [one for one in breaks if one.measure != "count"]
        judged.occurrences += _occurrences(documents, run, breaks, own_change=own_change)
    judged.shows = (*KINDS, STALE)
    return judged


# The past ---------------------------------------------------------------------------------------------


def past_of(run: Run) -> Past:
    """The runs before this one that left figures: the last ones, and of each day before these the last."""
    rows = list(
        RunFigures.objects.filter(import_row=run.import_row_id, run_id__lt=run.pk)
        .order_by("-run_id")
        .values_list("run_id", "at", "broken", "run__revision", "run__decided_by")[:_LOOKED_AT]
    )
    chosen = _chosen([(number, at) for number, at, *_ in rows])
    rows = [row for row in reversed(rows) if row[0] in chosen]
    accepted = _accepted(run, [(row[0], row[1]) for row in rows])
    remade = _remade(run)
    runs: list[PastFigures] = []
    before, revision_before = 0, ""
    for number, at, broken, revision, decided_by in rows:
        is_ours = bool(before) and (revision != revision_before or any(before < one < number for one in remade))
        runs.append(
            PastFigures(
                run=number,
                at=at,
                read=partial(_read, number),
                broken=frozenset(broken),
                accepted=accepted.get(number, frozenset()) | ({"count"} if decided_by == "accepted" else set()),
                own_change=is_ours,
            )
        )
        before, revision_before = number, revision
    return Past(runs)


def is_own_change(before: int, run: Run) -> bool:
    """Whether the definition, or what labels mean, was changed since that run."""
    last = Run.objects.filter(pk=before).values_list("revision", flat=True).first()
    return last != run.revision or any(before < one < run.pk for one in _remade(run))


def _read(number: int) -> Figures:
    return unpack_figures(bytes(RunFigures.objects.values_list("packed", flat=True).get(run_id=number)))


def _chosen(rows: Sequence[tuple[int, datetime]]) -> set[int]:
    """`rows`: the newest first."""
    last = {number for number, _ in rows[:ALL_OF_THE_LAST]}
    of_days: dict[Any, int] = {}
    for number, at in rows[ALL_OF_THE_LAST:]:
        of_days.setdefault(at.date(), number)
    return last | set(list(of_days.values())[:DAYS_BEFORE])


def _remade(run: Run) -> list[int]:
    """Runs that made stored postings anew, and changed some."""
    found = Run.objects.filter(import_row=run.import_row_id, kind=RunKind.REPROCESS, pk__lt=run.pk)
    return [number for number, account in found.values_list("pk", "account")[:50] if account.get("updated")]


def _accepted(run: Run, rows: Sequence[tuple[int, datetime]]) -> dict[int, frozenset[str]]:
    """Run -> measures of which a person said after it, by resolving their incident, that this is how it is now."""
    changes = IncidentChange.objects.filter(
        incident__import_name=run.import_row.name, incident__kind__in=KINDS, action="resolved"
    ).exclude(by="")
    found: dict[int, frozenset[str]] = {}
    for at, details in changes.values_list("at", "incident__details"):
        before = [number for number, moment in rows if moment <= at]
        if before:
            found[before[-1]] = found.get(before[-1], frozenset()) | frozenset(details.get("measures", ()))
    return found


# What broke -------------------------------------------------------------------------------------------


def _occurrences(documents: Documents, run: Run, breaks: Sequence[Break], *, own_change: bool) -> Iterator[Occurrence]:
    """One a cause: what broke in an earlier run stays with the incident of then."""
    known = _open_incidents(run)
    groups: dict[tuple[str, str], list[Break]] = {}
    new: dict[str, list[Break]] = {}
    for one in breaks:
        kind = kind_of(one.measure)
        identity = known.get((kind, one.measure))
        if identity is not None:
            groups.setdefault((kind, identity), []).append(one)
        else:
            new.setdefault(kind, []).append(one)
    for kind, some in new.items():
        groups[kind, " ".join(sorted(one.measure for one in some))[:500]] = some
    for (kind, identity), some in groups.items():
        yield _occurrence(documents, run, Cause(kind, _gravest_first(some)), identity, own_change=own_change)


def _gravest_first(breaks: Sequence[Break]) -> list[Break]:
    return sorted(breaks, key=lambda one: (-one.postings, one.measure))


def _open_incidents(run: Run) -> dict[tuple[str, str], str]:
    """(kind, measure) -> the identity of the incident that has it."""
    found = Incident.objects.filter(import_name=run.import_row.name, kind__in=KINDS).exclude(
        state=IncidentState.RESOLVED
    )
    return {
        (kind, measure): details.get("identity", "")
        for kind, details in found.values_list("kind", "details")
        for measure in details.get("measures", ())
    }


def _occurrence(documents: Documents, run: Run, cause: Cause, identity: str, *, own_change: bool) -> Occurrence:
    fields = [one.measure.partition(":")[2] for one in cause.breaks if one.measure.startswith("field:")]
    samples = _samples(documents, run, fields) if fields and not all(one.lasts for one in cause.breaks) else ()
    message = message_of(cause)
    if samples:
        message += f"; for example {samples[0].key!r}: {samples[0].message}"
    hint = "the definition or its mappings were changed since the last run: was this meant?" if own_change else ""
    return Occurrence(
        kind=cause.kind,
        message=message,
        hint=hint,
        stage="finish",
        identity=identity,
        count=max(1, max(one.postings for one in cause.breaks)),
        samples=samples,
        details={
            "identity": identity,
            "measures": [one.measure for one in cause.breaks],
            "figures": [
                {"measure": one.measure, "before": round(one.before, 4), "now": round(one.now, 4), "runs": one.runs}
                for one in cause.breaks
            ],
        },
    )


def _samples(documents: Documents, run: Run, fields: Sequence[str]) -> tuple[Sample, ...]:
    """A few postings that lost one of these fields in this run, with what they had."""
    wanted, found = set(fields), []
    for row in documents.select(run.import_row_id, Selection(status=Status.LIVE, changed_in_run=run.pk)):
        before = unpack_prior(row.prior)
        lost = [name for name in fields_lost(before.facts, row.facts) if name in wanted] if before is not None else []
        if before is None or not lost:
            continue
        stored = documents.body(run.import_row_id, row.row, before.revision)
        had = _value(unpack(stored).posting, lost[0]) if stored is not None else ""
        said = f"{lost[0]} was {had}" if had else f"{lost[0]} was there"
        found.append(
            Sample(key=row.key, message=f"{said}, and is not there any more", part=row.part, ordinal=row.ordinal)
        )
        if len(found) == _EXAMPLES:
            break
    return tuple(found)


def _value(posting: bytes, name: str) -> str:
    root, _, part = name.partition(".")
    value = msgspec.json.decode(posting).get(root) if posting else None
    first = value[0] if part and isinstance(value, list) and value else value
    if part and isinstance(first, dict):
        first = first.get(part, first)
    text = first if isinstance(first, str) else msgspec.json.encode(first).decode() if first is not None else ""
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"


# Nothing new ------------------------------------------------------------------------------------------


def _stale(run: Run) -> Iterator[Occurrence]:
    if not run.unchanged and (run.account.get("new") or run.account.get("updated") or run.absent):
        return
    changes = changes_before(run)
    now = datetime.now(UTC)
    patience = patience_with(changes, now)
    if patience is None or now - changes[-1] <= patience.allowed:
        return
    yield Occurrence(
        kind=STALE,
        message=f"nothing new since {changes[-1]:%Y-%m-%d %H:%M}: that is {_span(now - changes[-1])}, "
        f"while something new came every {_span(patience.usual)} and never later than after {_span(patience.longest)}",
        stage="fetch",
        identity=STALE,
    )


def changes_before(run: Run) -> list[datetime]:
    """When its import's runs found something new, the oldest first."""
    found = RunFigures.objects.filter(import_row=run.import_row_id, run_id__lt=run.pk, changed=True)
    return sorted(found.order_by("-run_id").values_list("at", flat=True)[:REMEMBERED])


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return (
        f"{hours:.0f} hours"
        if 1.5 <= hours < 48
        else f"{hours * 60:.0f} minutes"
        if hours < 1.5
        else f"{hours / 24:.0f} days"
    )
