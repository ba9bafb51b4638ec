"""`people:` and `notify:` of jobpipe.yaml: who is told of incidents, by which channel, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from jobpipe.definition.base import Model, several
from jobpipe.definition.reporting import Mail
from jobpipe.definition.roles import Role
from jobpipe.definition.schedules import Seconds, check_zone

# The channel that a person's mail address is for.
MAIL = "mail"
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")
_DAILY = re.compile(r"daily(?:\s+([01]?\d|2[0-3]):([0-5]\d))?")


def _check_quiet(text: str) -> str:
    found = quiet_hours(text)
    if found is None or found[0] == found[1]:
        raise ValueError(f"{text!r} are no hours: write 20:00-07:00")
    return text


def quiet_hours(text: str) -> tuple[time, time] | None:
    """From and until, which may be of the next day; None = not written so."""
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        return None
    first, minute, last, minute_2 = map(int, found.groups())
    return time(first, minute), time(last, minute_2)


def _check_digest(text: str) -> str:
    if text not in ("at once", "hourly") and not _DAILY.fullmatch(text):
        raise ValueError(f"{text!r} is not one of at once, hourly, daily 08:00")
    return text


def daily_at(digest: str) -> time | None:
    """None = it is no daily digest."""
    found = _DAILY.fullmatch(digest)
    if found is None:
        return None
    return time(int(found[1]), int(found[2])) if found[1] else time(8, 0)


class Recipient(Model):
    """A person, or whoever looks after a role together (a chat, an on-call service)."""

    # Address for the channel `mail`.
    mail: Mail | None = None
    # Names of `notify: channels`; empty = mail.
    channels: Annotated[list[str], BeforeValidator(several)] = Field(default=[])
    # Of the hours here; empty = the project's.
    zone: Annotated[str, AfterValidator(check_zone)] | None = None
    # Hours without messages: 20:00-07:00; several where there are several.
    quiet: Annotated[list[Annotated[str, AfterValidator(_check_quiet)]], BeforeValidator(several)] = Field(default=[])
    # Whether what is urgent breaks through the quiet hours.
    urgent: Literal["through", "wait"] = "through"
    # When what is not urgent comes, together: at once, hourly, daily 08:00.
    digest: Annotated[str, AfterValidator(_check_digest)] = "hourly"
    # Whether they are told of what is gone, too.
    resolved: bool = False


class MailServer(Model):
    """The SMTP server that takes the mails; `${NAME}` is put in when it is used."""

    host: str = Field(min_length=1)
    # Empty = 587, with `security: tls` 465.
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    # Whom the mails are from.
    from_: Mail = Field(alias="from")
    timeout: Seconds = Field(default=30.0, gt=0, le=600)


class Channel(Model):
    """One way to tell people: exactly one of webhook, apprise and file. `${NAME}` is put in when it is used."""

    # An address that takes a POST, signed with `secret`.
    webhook: str | None = None
    secret: str = ""
    # Private networks or addresses that the webhook may be in.
    allow: Annotated[list[str], BeforeValidator(several)] = Field(default=[])
    # A service as Apprise writes it: slack://…, tgram://…
    apprise: str | None = None
    # A file of the project folder that gets a line of JSON each.
    file: str | None = None
    timeout: Seconds = Field(default=30.0, gt=0, le=600)

    @property
    def kinds(self) -> list[str]:
        return [name for name in ("webhook", "apprise", "file") if getattr(self, name) is not None]


class Escalation(Model):
    """Who is told next where nobody acknowledges."""

    # How long somebody has who was told.
    after: Seconds = Field(gt=0)
    # People or roles, one after the other.
    to: Annotated[list[str], BeforeValidator(several)] = Field(default=["operator"])
    # From this severity on.
    severity: Literal["info", "warning", "error", "critical"] = "error"


class NotifySettings(Model):
    # Where the interface is: https://jobs.example.org; empty = messages have no links.
    link: str = ""
    mail: MailServer | None = None
    channels: dict[str, Channel] = Field(default={})
    # Severities, or kinds of incidents, that do not wait for a digest.
    urgent: Annotated[list[str], BeforeValidator(several)] = Field(default=["critical"])
    escalate: Escalation | None = None
    # Besides whoever holds the role.
    roles: dict[Role, Recipient] = Field(default={})

    @property
    def is_on(self) -> bool:
        return self.mail is not None or bool(self.channels)


# A path, what is wrong there, what to do.
_Wrong = tuple[tuple[str | int, ...], str, str]


def wrong_words(people: dict[str, Recipient], notify: NotifySettings) -> Iterator[_Wrong]:
    """What the models alone cannot see."""
    for name, channel in notify.channels.items():
        at = ("notify", "channels", name)
        if name == MAIL:
            yield at, "`mail` is the channel of `notify: mail`", "name this one otherwise"
        if len(channel.kinds) != 1:
            yield at, f"`{name}` is to be exactly one of webhook, apprise and file", ""
        if channel.webhook is not None and not channel.secret:
            yield at, f"the webhook `{name}` has no secret to sign with", "secret: ${HOOK_SECRET}"
    known = [MAIL, *notify.channels]
    told: list[tuple[tuple[str, ...], Recipient]] = [(("people", name), one) for name, one in people.items()]
    told += [(("notify", "roles", str(role)), one) for role, one in notify.roles.items()]
    for path, one in told:
        for named in one.channels:
            if named not in known:
                yield (*path, "channels"), f"there is no channel `{named}`", f"there is {', '.join(known)}"
        if (MAIL in one.channels or not one.channels) and one.mail is None:
            yield path, f"`{path[-1]}` has no address", "mail: name@example.org, or `channels`"
        elif (MAIL in one.channels or not one.channels) and notify.mail is None and notify.is_on:
            yield path, "there is no server for mails", "notify: {mail: {host: …, from: …}}"
