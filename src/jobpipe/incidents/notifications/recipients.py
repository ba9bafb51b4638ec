"""Who can be told: the people and roles of jobpipe.yaml, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jobpipe.definition.notifying import MAIL, Recipient, daily_at, quiet_hours
from jobpipe.definition.roles import ROLES
from jobpipe.definition.settings import Settings
from jobpipe.incidents.kinds import KINDS
from jobpipe.incidents.notifications.timing import Habits
from jobpipe.incidents.owners import Owners
from jobpipe.ledger.models import Incident

_ROLE = "role:"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to one recipient."""

    channel: str
    # Mail addresses; () for other channels.
    to: tuple[str, ...] = ()


class Recipients:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known = {name.casefold(): one for name, one in settings.people.items()}

    def setting(self, name: str) -> Recipient | None:
        """None = nobody has said how to reach them."""
        if name.startswith(_ROLE):
            return {str(role): one for role, one in self._settings.notify.roles.items()}.get(name.removeprefix(_ROLE))
        return self._known.get(name.casefold())

    def names_for(self, incident: Incident) -> list[str]:
        """Its owner, and whoever looks after its role."""
        kind = KINDS.get(incident.kind)
        role = f"{_ROLE}{kind.role}" if kind else ""
        return [incident.owner, *([role] if role and self.setting(role) else [])]

    def names_at(self, step: str, incident: Incident, owners: Owners) -> list[str]:
        """A step of an escalation: a person, or whoever holds a role for this incident, and the role's own."""
        if step not in ROLES or self.setting(step) is not None:
            return [owners.present(step)]
        role = f"{_ROLE}{step}"
        holder = owners.of(step, incident.import_name, incident.client)
        return [holder, *([role] if self.setting(role) else [])]

    def habits(self, name: str) -> Habits:
        said = self.setting(name) or Recipient()
        quiet = [hours for text in said.quiet if (hours := quiet_hours(text)) is not None]
        return Habits(
            zone=ZoneInfo(said.zone or self._settings.zone),
            quiet=quiet,
            breaks_quiet=said.urgent == "through",
            daily=daily_at(said.digest),
            hourly=said.digest == "hourly",
        )

    def routes(self, name: str, *, not_by: str = "") -> list[Route]:
        """The channels that they want; where those are the one that fails, the first other one that there is."""
        said = self.setting(name)
        if said is None:
            return []
        wanted = [route for channel in said.channels or [MAIL] for route in self._route(channel, said)]
        if not not_by:
            return wanted
        left = [route for route in wanted if route.channel != not_by]
        others = (route for channel in (MAIL, *self._settings.notify.channels) for route in self._route(channel, said))
        return left or [route for route in others if route.channel != not_by][:1]

    def _route(self, channel: str, said: Recipient) -> Iterator[Route]:
        if channel != MAIL:
            yield Route(channel)
        elif said.mail is not None and self._settings.notify.mail is not None:
            yield Route(MAIL, (said.mail,))
