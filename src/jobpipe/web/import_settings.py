"""What a new import says besides its fields: whose it is, when it runs, who looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from jobpipe.definition.project import Project
from jobpipe.definition.schedules import Schedule
from jobpipe.drafting.draft import Draft
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import

# In words, as a definition has them; "" = it runs when somebody asks for it.
PRESETS = {
    "": "only when somebody asks for it",
    "every 1h": "every hour",
    "every 4h": "every 4 hours",
    "0 6 * * *": "every day at 6:00",
    "0 6,18 * * *": "every day at 6:00 and 18:00",
    "0 6 * * 1-5": "Monday to Friday at 6:00",
    "0 6 * * 1": "every Monday at 6:00",
}
# Of the publisher's data, and of the definition itself.
_ROLES = ("source", "developer")
_NEXT = 3
_MOST = 200


@dataclass(frozen=True, slots=True)
class Settings:
    client: str
    owner: str
    schedule: str
    schedules: Mapping[str, str]
    zone: str
    # When it would run, in the project's zone.
    next_times: list[datetime]


def settings_of(project: Project, draft: Draft, now: datetime) -> Settings:
    schedule = str(draft.more.get("schedule", ""))
    zone = project.settings.zone
    return Settings(
        client=draft.client,
        owner=str(next(iter(draft.more.get("owners", {}).values()), "")),
        schedule=schedule,
        schedules=PRESETS if schedule in PRESETS else {**PRESETS, schedule: schedule},
        zone=zone,
        next_times=_next_times(Schedule(schedule, zone, draft.import_), now) if schedule else [],
    )


def _next_times(schedule: Schedule, now: datetime) -> list[datetime]:
    return [due.astimezone(ZoneInfo(schedule.zone)) for due in islice(schedule.following(now), _NEXT)]


def known_clients() -> QuerySet[Import, str]:
    """Those of imports, by name: to choose from."""
    return Import.objects.exclude(client="").order_by("client").values_list("client", flat=True).distinct()


def is_of_settings(name: str) -> bool:
    """Whether a field of the form says one of them."""
    return name in ("client", "schedule", "owner")


def refuse_settings(given: Mapping[str, str], people: list[str]) -> None:
    """Raises UsageError for what was not offered."""
    if given.get("schedule", "") not in PRESETS:
        raise UsageError("that schedule is not offered", hint="others are written into the definition")
    owner = given.get("owner", "")
    if owner and owner not in people:
        raise UsageError(f"nobody here is called {owner!r}", hint="`people` in jobpipe.yaml names them")


def with_settings(draft: Draft, given: Mapping[str, str]) -> Draft:
    """What the form does not name stays."""
    more: dict[str, Any] = dict(draft.more)
    if "schedule" in given:
        _put(more, "schedule", given["schedule"])
    if "owner" in given:
        _put(more, "owners", dict.fromkeys(_ROLES, given["owner"]) if given["owner"] else "")
    draft = replace(draft, more=more)
    return _for_client(draft, given["client"].strip()[:_MOST]) if "client" in given else draft


def _put(more: dict[str, Any], word: str, value: Any) -> None:
    more.pop(word, None)
    if value:
        more[word] = value


def _for_client(draft: Draft, client: str) -> Draft:
    """A company that was taken from the client goes with it."""
    choices = tuple(
        replace(one, rule={"value": client}, samples=(client,))
        if client and one.field == "company" and draft.client and one.rule == {"value": draft.client}
        else one
        for one in draft.choices
    )
    return replace(draft, client=client, choices=choices)
