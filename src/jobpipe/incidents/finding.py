"""Incidents by what people ask for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, QuerySet, Value, When

from jobpipe.errors import UsageError
from jobpipe.incidents.kinds import KINDS, Severity
from jobpipe.incidents.states import UNRESOLVED, WAITING
from jobpipe.ledger.models import Incident, IncidentState

_GRAVEST_FIRST = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Empty = whatever it is."""

    import_name: str = ""
    client: str = ""
    owner: str = ""
    kind: str = ""
    role: str = ""
    # Of `IncidentState`; empty = those that are not resolved, or `all_states`.
    state: str = ""
    all_states: bool = False


def find(wanted: Filter) -> QuerySet[Incident]:
    """Those that wait first, of these the gravest, then the latest. Raises UsageError for a word that there is not."""
    found = Incident.objects.all()
    if wanted.kind:
        _check("kind", wanted.kind, list(KINDS))
        found = found.filter(kind=wanted.kind)
    if wanted.role:
        found = found.filter(kind__in=[kind.name for kind in KINDS.values() if kind.role == wanted.role])
    if wanted.state:
        _check("state", wanted.state, IncidentState.values)
        found = found.filter(state=wanted.state)
    elif not wanted.all_states:
        found = found.filter(state__in=UNRESOLVED)
    exact = {"import_name": wanted.import_name, "client": wanted.client, "owner": wanted.owner}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    return found.annotate(_waits=_waits(), _gravity=_gravity()).order_by("_waits", "_gravity", "-last_seen", "-id")


def incident_numbered(number: int) -> Incident:
    incident = Incident.objects.filter(pk=number).first()
    if incident is None:
        raise UsageError(f"there is no incident {number}", hint="`jobpipe incidents --all` lists them")
    return incident


def severity_of(incident: Incident) -> Severity:
    kind = KINDS.get(incident.kind)
    return kind.severity if kind else Severity.WARNING


def _check(what: str, word: str, known: list[str]) -> None:
    if word not in known:
        raise UsageError(f"there is no {what} {word!r}", hint=f"there is {', '.join(known)}")


def _waits() -> Case:
    return Case(When(state__in=WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())


def _gravity() -> Case:
    cases = [
        When(kind__in=[kind.name for kind in KINDS.values() if kind.severity == severity], then=Value(place))
        for place, severity in enumerate(_GRAVEST_FIRST)
    ]
    return Case(*cases, default=Value(len(cases)), output_field=IntegerField())
