"""How a publisher wants its report: what was said in the interface, else in the import, its client, the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import get_args

from jobpipe.definition.project import Project
from jobpipe.definition.reporting import LANGUAGES, ReportSettings, ReportWishes, When, check_mail, wishes_of
from jobpipe.errors import UsageError
from jobpipe.ledger.models import ReportSetting
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write

MAX_ADDRESSES = 20
WHENS: tuple[str, ...] = get_args(When)


def wishes_of_import(project: Project, name: str) -> ReportWishes:
    """Raises as `Project.load` does."""
    definition = project.load(name).definition
    return _wishes(project, definition.client, [definition.report])


def wishes_of_client(project: Project, client: str) -> ReportWishes:
    return _wishes(project, client, [])


def _wishes(project: Project, client: str, own: Sequence[ReportSettings]) -> ReportWishes:
    said = _said_by_people(client)
    wishes = wishes_of([*said, *own, *_layers(project, client)])
    # Nobody is somebody's word too.
    is_nobody = any(one.to == [] and "to" in one.model_fields_set for one in said)
    return wishes.model_copy(update={"to": ()}) if is_nobody else wishes


def _said_by_people(client: str) -> list[ReportSettings]:
    row = ReportSetting.objects.filter(client=client).first() if client else None
    if row is None:
        return []
    said = {"language": row.language or None, "when": row.when or None}
    return [ReportSettings.model_validate(said if row.to is None else {**said, "to": row.to})]


def _layers(project: Project, client: str) -> Iterator[ReportSettings]:
    wanted = client.strip().casefold()
    for name, settings in project.settings.clients.items():
        if wanted and name.strip().casefold() == wanted:
            yield settings.report
    yield project.settings.report


def say_wishes(client: str, *, to: Sequence[str], language: str, when: str, by: str) -> None:
    """From now on reports of this client's sources go like that. Raises UsageError for what cannot be."""
    addresses = list(dict.fromkeys(one.strip() for one in to if one.strip()))
    if len(addresses) > MAX_ADDRESSES:
        raise UsageError(f"{len(addresses)} addresses; the limit is {MAX_ADDRESSES}")
    for one in addresses:
        try:
            check_mail(one)
        except ValueError as error:
            raise UsageError(str(error), hint="one address a line") from error
    if language not in LANGUAGES or when not in WHENS:
        raise UsageError("there is no such language, or no such time", hint="choose one of the list")
    values = {"to": addresses, "language": language, "when": when}
    with turn_to_write():
        ReportSetting.objects.update_or_create(
            client=client, defaults={**values, "changed_at": datetime.now(UTC), "changed_by": storable(by)[:200]}
        )
