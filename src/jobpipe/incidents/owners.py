"""Whose an incident is: derived from who holds its role, each time it is asked.

The narrowest scope counts most: the import, then its client, then the house; in each what people decided (`RoleHolder`)
is above what the files say.  A role that nobody holds is the operator's, and where nobody is that either, the person
named `operator`: so nothing is without exactly one owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.definition.roles import FALLBACK, LAST_ROLE, Role
from jobpipe.errors import JobpipeError
from jobpipe.incidents.kinds import KINDS
from jobpipe.ledger.models import Holiday, Import, Incident, IncidentChange, IncidentState, RoleHolder, Scope
from jobpipe.ledger.turns import turn_to_write


class Owners:
    """As they are now: one look at the ledger, and at each definition that is asked about."""

    def __init__(self, project: Project, *, today: date | None = None) -> None:
        self._project = project
        self._decided = {(one.scope, one.owner, one.role): one.person for one in RoleHolder.objects.all()}
        today = today or datetime.now(UTC).date()
        away = Holiday.objects.filter(first_day__lte=today, last_day__gte=today)
        self._substitutes = {one.person: one.substitute for one in away}
        self._of_imports: dict[str, tuple[str, dict[str, str]]] = {}

    def holder(self, role: str, import_name: str = "", client: str = "") -> tuple[str, str]:
        """(person, which layer says so), whether that person is there or not."""
        client, of_import = self._of_import(import_name, client)
        for wanted in dict.fromkeys((role, LAST_ROLE)):
            for person, layer in self._layers(wanted, import_name, client, of_import):
                if person:
                    return person, layer if wanted == role else f"{layer}, as {LAST_ROLE}"
        return FALLBACK, "nobody holds it"

    def _layers(
        self, role: str, import_name: str, client: str, of_import: dict[str, str]
    ) -> Iterable[tuple[str | None, str]]:
        decided, settings = self._decided, self._project.settings
        if import_name:
            yield decided.get((Scope.IMPORT, import_name, role)), f"decided for {import_name}"
            yield of_import.get(role), f"imports/{import_name}.yaml"
        if client:
            yield decided.get((Scope.CLIENT, client, role)), f"decided for client {client}"
            of_client = settings.clients.get(client)
            yield _said(of_client.owners, role) if of_client else None, f"jobpipe.yaml, client {client}"
        yield decided.get((Scope.GLOBAL, "", role)), "decided for all"
        yield _said(settings.owners, role), "jobpipe.yaml"

    def of(self, role: str, import_name: str = "", client: str = "") -> str:
        """Who has what is for this role, today."""
        return self.present(self.holder(role, import_name, client)[0])

    def present(self, person: str) -> str:
        """Whoever stands in for a person who is away; who is away in turn with all substitutes keeps it."""
        asked, seen = person, {person}
        while (substitute := self._substitutes.get(asked)) is not None:
            if substitute in seen:
                return person
            seen.add(substitute)
            asked = substitute
        return asked

    def owner_of(self, incident: Incident) -> str:
        if incident.assigned_to:
            return self.present(incident.assigned_to)
        kind = KINDS.get(incident.kind)
        return self.of(kind.role if kind else LAST_ROLE, incident.import_name, incident.client)

    def client_of(self, import_name: str) -> str:
        return self._of_import(import_name, "")[0]

    def _of_import(self, name: str, client: str) -> tuple[str, dict[str, str]]:
        """Its client and its definition's owners; of a definition that is not valid what the ledger knows."""
        if not name:
            return client, {}
        if name not in self._of_imports:
            try:
                definition = self._project.load(name).definition
                self._of_imports[name] = definition.client, {str(role): who for role, who in definition.owners.items()}
            except JobpipeError:
                row = Import.objects.filter(name=name).only("client").first()
                self._of_imports[name] = row.client if row else client, {}
        return self._of_imports[name]


def _said(owners: Mapping[Role, str], role: str) -> str | None:
    return {str(name): person for name, person in owners.items()}.get(role)


def move_open(project: Project, *, by: str = "", why: str = "") -> int:
    """Give every incident that is not resolved to whoever has it by now; how many moved.

    One statement for each new owner, and a line of history for each incident.
    """
    moved = 0
    with turn_to_write(), transaction.atomic():
        owners = Owners(project)
        at = datetime.now(UTC)
        lines: list[IncidentChange] = []
        by_owner: dict[str, list[int]] = {}
        unresolved = Incident.objects.exclude(state=IncidentState.RESOLVED).only(
            "id", "kind", "import_name", "client", "owner", "assigned_to"
        )
        for incident in unresolved.order_by("id").select_for_update():
            owner = owners.owner_of(incident)
            if owner == incident.owner:
                continue
            by_owner.setdefault(owner, []).append(incident.pk)
            line = IncidentChange(incident=incident, action="moved", before=incident.owner, after=owner, at=at)
            line.by, line.why = by, why
            lines.append(line)
        for owner, numbers in by_owner.items():
            moved += Incident.objects.filter(pk__in=numbers).update(owner=owner)
        IncidentChange.objects.bulk_create(lines)
    return moved
