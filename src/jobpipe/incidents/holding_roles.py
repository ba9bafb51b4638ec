"""Decisions over who holds a role, and who stands in for whom. The open incidents move with them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.definition.roles import ROLES
from jobpipe.errors import UsageError
from jobpipe.incidents.owners import move_open
from jobpipe.ledger.models import Holiday, OwnerChange, RoleHolder, Scope
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write

MAX_NAME = 200


def set_holder(
    project: Project, role: str, person: str, *, scope: Scope = Scope.GLOBAL, owner: str = "", by: str
) -> int:
    """`person` holds the role from now on; "" = whoever the files and the wider scopes say. How many incidents moved.

    `owner`: the import or the client of the scope.  Raises UsageError for a role that there is not.
    """
    _check_role(role)
    person = _name(person)
    with turn_to_write(), transaction.atomic():
        found = RoleHolder.objects.select_for_update().filter(scope=scope, owner=owner, role=role)
        row = found.first()
        before = row.person if row else ""
        if person == before:
            return 0
        at = datetime.now(UTC)
        if not person:
            found.delete()
        else:
            values = {"person": person, "changed_at": at, "changed_by": by}
            RoleHolder.objects.update_or_create(scope=scope, owner=owner, role=role, defaults=values)
        OwnerChange.objects.create(
            action="set" if person else "unset",
            role=role,
            scope=scope,
            owner=owner,
            before=before,
            after=person,
            at=at,
            by=by,
        )
        where = f" of {owner}" if owner else ""
        return move_open(project, by=by, why=f"the role {role}{where} is now {person or 'as the files say'}")


def set_away(project: Project, person: str, substitute: str, first: date, last: date, *, by: str) -> int:
    """On these days, both included, `substitute` has what is `person`'s. How many incidents moved, if it begins today.

    Raises UsageError where the days or the two make no sense.
    """
    person, substitute = _name(person), _name(substitute)
    if not person or not substitute or person == substitute:
        raise UsageError("somebody else stands in for a person who is away", hint="--substitute NAME")
    if last < first:
        raise UsageError(f"{last} is before {first}")
    with turn_to_write(), transaction.atomic():
        at = datetime.now(UTC)
        overlapping = Holiday.objects.filter(person=person, first_day__lte=last, last_day__gte=first)
        if (other := overlapping.first()) is not None:
            raise UsageError(
                f"{person} is away from {other.first_day} to {other.last_day} already, with {other.substitute}",
                hint=f"jobpipe owners back {person}",
            )
        Holiday.objects.create(
            person=person, substitute=substitute, first_day=first, last_day=last, noted_at=at, noted_by=by
        )
        words = f"{first} to {last}"
        OwnerChange.objects.create(action="away", before=person, after=substitute, at=at, by=by, why=words)
        return move_open(project, by=by, why=f"{person} is away until {last}")


def set_back(project: Project, person: str, *, by: str) -> int:
    """`person` has what is theirs again, today; how many incidents moved. Raises UsageError if they were not away."""
    with turn_to_write(), transaction.atomic():
        away = Holiday.objects.filter(person=person, last_day__gte=datetime.now(UTC).date())
        if not away.exists():
            raise UsageError(f"{person} is not away")
        away.delete()
        OwnerChange.objects.create(action="back", after=person, at=datetime.now(UTC), by=by)
        return move_open(project, by=by, why=f"{person} is back")


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}", hint=f"there is {', '.join(ROLES)}")


def _name(text: str) -> str:
    name = " ".join(storable(text).split())
    if len(name) > MAX_NAME:
        raise UsageError(f"a name of {len(name)} characters", hint=f"at most {MAX_NAME}")
    return name
