"""Recording: what went wrong becomes occurrences of incidents, and what is gone is resolved.

    record(project, [Occurrence(kind="source-unreachable", message="does not answer")], import_name="acme", run=run)

Ten thousand like failures are one incident, and one row of it is updated.  For a run its count is *set*, not added up:
what is recorded twice, because a Finish was repeated or a batch was made again after a kill, counts once.  A further
kind needs an entry in `jobpipe.incidents.kinds` and somebody who calls `record`; which runs resolve it says its
`Proof`, and for `Proof.TOLD` whoever recorded it calls `resolve_gone` when it is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.incidents.grouping import Group, Groups
from jobpipe.incidents.kinds import kind_named
from jobpipe.incidents.occurrence import MAX_MESSAGE, MAX_RAW, MAX_SAMPLES, Sample
from jobpipe.incidents.occurrence import Occurrence as Occurrence
from jobpipe.incidents.owners import Owners
from jobpipe.incidents.states import change_state
from jobpipe.ledger.models import Incident, IncidentChange, IncidentCount, IncidentState, Run
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write
from jobpipe.safety.secrets import process_redactor

_UPDATED = (
    *("message", "hint", "place", "client", "state", "muted_until", "owner", "last_seen", "last_run", "count"),
    *("regressions", "resolved_at", "samples", "details"),
)


@dataclass(kw_only=True, slots=True)
class Recorded:
    """The incidents that were touched, and those of them that speak: nobody knew of them, or thought them gone."""

    all: list[Incident] = field(default_factory=list)
    new: list[Incident] = field(default_factory=list)
    reopened: list[Incident] = field(default_factory=list)


def record(
    project: Project, occurrences: Iterable[Occurrence], *, import_name: str = "", run: Run | None = None
) -> Recorded:
    """Each group of like occurrences becomes an incident, or is one more sight of the one that it is.

    `import_name`: "" = of no import; `run`: whose failures these are, None = nobody's, and then they add up.  Messages
    and samples are redacted and cut here.  One transaction, within the caller's if there is one.  Raises InternalError
    for a kind that there is not.
    """
    return record_groups(project, Groups(import_name, occurrences), run=run)


def record_groups(project: Project, found: Groups, *, run: Run | None = None) -> Recorded:
    """The same, where what is alike has been put together before the transaction."""
    groups = found.all()
    for one in groups:
        kind_named(one.first.kind)
    if not groups:
        return Recorded()
    with turn_to_write(), transaction.atomic():
        return _record(Owners(project), groups, found.import_name, run)


def resolve_gone(
    import_name: str,
    kinds: Collection[str],
    *,
    still: Collection[str] = (),
    run: Run | None = None,
    by: str = "",
    why: str,
) -> list[Incident]:
    """Resolve the import's incidents of these kinds but for those whose fingerprints are in `still`."""
    with turn_to_write(), transaction.atomic():
        found = Incident.objects.filter(import_name=import_name, kind__in=list(kinds))
        unresolved = found.exclude(state=IncidentState.RESOLVED).order_by("fingerprint").select_for_update()
        return resolve_all(
            [incident for incident in unresolved if incident.fingerprint not in still], run=run, by=by, why=why
        )


def resolve_all(gone: list[Incident], *, run: Run | None = None, by: str = "", why: str) -> list[Incident]:
    """These incidents, within a transaction that holds them."""
    lines = [change_state(one, "resolved", IncidentState.RESOLVED, run=run, by=by, why=why) for one in gone]
    Incident.objects.bulk_update(gone, ["state", "muted_until", "resolved_at"], batch_size=100)
    IncidentChange.objects.bulk_create(lines)
    return gone


def _record(owners: Owners, groups: Sequence[Group], import_name: str, run: Run | None) -> Recorded:
    at = datetime.now(UTC)
    by_name = {one.fingerprint: one for one in groups}
    known = set(Incident.objects.filter(fingerprint__in=by_name).values_list("fingerprint", flat=True))
    # Of two processes that meet the same for the first time one makes the row.
    Incident.objects.bulk_create(
        [_begun(one, import_name, run, at) for one in groups if one.fingerprint not in known], ignore_conflicts=True
    )
    incidents = list(Incident.objects.filter(fingerprint__in=by_name).order_by("fingerprint").select_for_update())
    told = set(IncidentChange.objects.filter(incident__in=incidents).values_list("incident_id", flat=True))
    recorded = Recorded(all=incidents)
    lines: list[IncidentChange] = []
    for incident in incidents:
        _see(incident, by_name[incident.fingerprint], owners, run, at)
        if incident.pk not in told:
            lines.append(change_state(incident, "opened", IncidentState.OPEN, run=run))
            recorded.new.append(incident)
        elif incident.state == IncidentState.RESOLVED:
            incident.regressions += 1
            why = f"it was gone since {incident.resolved_at:%Y-%m-%d %H:%M}" if incident.resolved_at else ""
            lines.append(change_state(incident, "reopened", IncidentState.REOPENED, run=run, why=why))
            recorded.reopened.append(incident)
        elif incident.state == IncidentState.MUTED and incident.muted_until and incident.muted_until <= at:
            lines.append(change_state(incident, "unmuted", IncidentState.OPEN, run=run, why="its time is over"))
            recorded.reopened.append(incident)
    Incident.objects.bulk_update(incidents, _UPDATED, batch_size=100)
    IncidentChange.objects.bulk_create(lines)
    if run is not None:
        IncidentCount.objects.bulk_create(
            [IncidentCount(incident=one, run=run, count=one.count) for one in incidents],
            update_conflicts=True,
            unique_fields=["incident", "run"],
            update_fields=["count"],
        )
    return recorded


def _begun(one: Group, import_name: str, run: Run | None, at: datetime) -> Incident:
    said = one.first
    return Incident(
        fingerprint=one.fingerprint,
        import_name=import_name,
        kind=said.kind,
        stage=said.stage,
        step=said.step,
        field=said.field,
        message=_text(said.message),
        owner="",
        first_seen=at,
        last_seen=at,
        first_run=run.pk if run else 0,
    )


def _see(incident: Incident, one: Group, owners: Owners, run: Run | None, at: datetime) -> None:
    said = one.first
    incident.message, incident.hint, incident.place = _text(said.message), _text(said.hint), _text(said.place)
    incident.client = owners.client_of(incident.import_name)
    incident.owner = owners.owner_of(incident)
    incident.last_seen = at
    if run is not None:
        incident.last_run = run.pk
        incident.count = one.count
    else:
        incident.count += one.count
    if said.samples:
        incident.samples = [_sample(sample) for sample in said.samples[:MAX_SAMPLES]]
    if said.details:
        incident.details = said.details


def _sample(sample: Sample) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(sample)
    document["raw"] = _text(sample.raw[:MAX_RAW])
    document.update({name: _text(document[name]) for name in ("key", "message", "part")})
    return document


def _text(text: str) -> str:
    return storable(process_redactor.clean(text))[:MAX_MESSAGE]
