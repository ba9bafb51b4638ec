"""What becomes of an incident: its states, who changed them, and when.

    open ──▶ acknowledged ──▶ resolved ──▶ reopened (a regression)
      └──▶ muted until a day ──▶ open

Each change is a line of its history.  All of these change the object that they are given, and save it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from jobpipe.errors import UsageError
from jobpipe.incidents.owners import Owners
from jobpipe.ledger.models import Incident, IncidentChange, IncidentState, Run
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write

UNRESOLVED = (IncidentState.OPEN, IncidentState.REOPENED, IncidentState.ACKNOWLEDGED, IncidentState.MUTED)
# Those that wait for somebody.
WAITING = (IncidentState.OPEN, IncidentState.REOPENED)


def change_state(
    incident: Incident, action: str, state: IncidentState, *, by: str = "", why: str = "", run: Run | None = None
) -> IncidentChange:
    """The line of history, which is not saved; nor is the incident."""
    before, incident.state = incident.state, state
    at = datetime.now(UTC)
    if state != IncidentState.MUTED:
        incident.muted_until = None
    incident.resolved_at = at if state == IncidentState.RESOLVED else None
    return IncidentChange(
        incident=incident, action=action, before=before, after=state, at=at, by=by, why=storable(why), run=run
    )


def acknowledge(number: int, *, by: str, why: str = "") -> Incident:
    """Somebody has it in hand. Raises UsageError where there is nothing to acknowledge."""
    return _by_a_person(number, "acknowledged", IncidentState.ACKNOWLEDGED, by, why)


def mute(number: int, until: datetime, *, by: str, why: str = "") -> Incident:
    """Nobody is told of it until then. Raises UsageError where that is over, or it is resolved."""
    if until <= datetime.now(UTC):
        raise UsageError(
            f"{until:%Y-%m-%d %H:%M} is over", hint="`--until 2031-05-01`, or a number of days: `--until 7d`"
        )
    return _by_a_person(number, "muted", IncidentState.MUTED, by, why, until=until)


def resolve(number: int, *, by: str, why: str = "") -> Incident:
    """A person says that it is gone; if it is not, it is a regression. Raises UsageError where it is resolved."""
    return _by_a_person(number, "resolved", IncidentState.RESOLVED, by, why)


def assign(number: int, person: str, owners: Owners, *, by: str, why: str = "") -> Incident:
    """Give it to somebody, whoever holds its role; "" = to whoever does. Raises UsageError where it is resolved."""
    with turn_to_write(), transaction.atomic():
        incident = _locked(number)
        _refuse_resolved(incident)
        before, incident.assigned_to = incident.owner, person
        incident.owner = owners.owner_of(incident)
        incident.save(update_fields=["assigned_to", "owner"])
        line = IncidentChange(incident=incident, action="assigned", before=before, after=incident.owner, by=by)
        line.at, line.why = datetime.now(UTC), storable(why)
        line.save()
    return incident


def comment(number: int, said: str, *, by: str) -> Incident:
    """A line of its history, and nothing else. Raises UsageError where it says nothing."""
    said = storable(said.strip())
    if not said:
        raise UsageError("a comment says something")
    with turn_to_write(), transaction.atomic():
        incident = _locked(number)
        IncidentChange(incident=incident, action="commented", at=datetime.now(UTC), by=by, why=said).save()
    return incident


def end_mutes() -> int:
    """Those whose day has come are open again; how many."""
    ended = 0
    with turn_to_write(), transaction.atomic():
        over = Incident.objects.filter(state=IncidentState.MUTED, muted_until__lte=datetime.now(UTC))
        for incident in over.order_by("id").select_for_update():
            line = change_state(incident, "unmuted", IncidentState.OPEN, why="its time is over")
            incident.save(update_fields=["state", "muted_until", "resolved_at"])
            line.save()
            ended += 1
    return ended


def _by_a_person(
    number: int, action: str, state: IncidentState, by: str, why: str, *, until: datetime | None = None
) -> Incident:
    with turn_to_write(), transaction.atomic():
        incident = _locked(number)
        _refuse_resolved(incident)
        line = change_state(incident, action, state, by=by, why=why)
        incident.muted_until = until
        incident.save(update_fields=["state", "muted_until", "resolved_at"])
        line.save()
    return incident


def _locked(number: int) -> Incident:
    incident = Incident.objects.select_for_update().filter(pk=number).first()
    if incident is None:
        raise UsageError(f"there is no incident {number}", hint="`jobpipe incidents --all` lists them")
    return incident


def _refuse_resolved(incident: Incident) -> None:
    if incident.state == IncidentState.RESOLVED:
        raise UsageError(f"incident {incident.pk} is resolved", hint="if it comes back, it opens by itself")
