"""How matters stand with notifications, for a person who looks: ways out, habits and rules in words, what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Max, QuerySet

from jobpipe.definition.notifying import MAIL, Channel, Recipient
from jobpipe.definition.project import Project
from jobpipe.definition.settings import Settings
from jobpipe.incidents.kinds import Severity
from jobpipe.incidents.notifications.composing import speaks
from jobpipe.incidents.notifications.recipients import Recipients
from jobpipe.incidents.notifications.timing import first_due
from jobpipe.ledger.models import Notice, NoticeState, Notification

# Notices that are looked at for one page.
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class WayOut:
    channel: str
    kind: str
    # Without what could be a secret.
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """Somebody, or whoever looks after a role together."""

    name: str
    channels: list[str]
    habits: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    recipient: str
    notices: int
    # In the zone of whoever reads it.
    due: datetime
    is_urgent: bool
    channels: list[str]


def ways_out(settings: Settings) -> list[WayOut]:
    found = []
    if (mail := settings.notify.mail) is not None:
        found.append(WayOut(MAIL, "mail", f"{mail.host}, from {mail.from_}"))
    return found + [WayOut(name, one.kinds[0], _target(one)) for name, one in sorted(settings.notify.channels.items())]


def _target(channel: Channel) -> str:
    """Of an address what says whose it is: the rest may be a key."""
    if channel.file is not None:
        return channel.file
    if channel.apprise is not None:
        service = channel.apprise.partition("://")[0]
        return f"{service}://…" if service.isidentifier() else "…"
    try:
        host = urlsplit(channel.webhook or "").hostname
    except ValueError:
        host = None
    return f"{host}/…" if host else "…"


def reached(settings: Settings) -> list[Reached]:
    """People by name, then roles."""
    roles = {f"role:{role}": one for role, one in settings.notify.roles.items()}
    known = Recipients(settings)
    return [
        Reached(
            name=name,
            channels=[f"{route.channel} ({', '.join(route.to)})" if route.to else route.channel for route in routes],
            habits=habits_of(one),
        )
        for name, one in {**dict(sorted(settings.people.items())), **roles}.items()
        for routes in [known.routes(name)]
    ]


def habits_of(one: Recipient) -> str:
    """`a digest daily 08:00; quiet 20:00-07:00, but for what is urgent`"""
    said = ["at once" if one.digest == "at once" else f"a digest {one.digest}"]
    if one.quiet:
        through = ", but for what is urgent" if one.urgent == "through" else ", for what is urgent too"
        said.append(f"quiet {', '.join(one.quiet)}{f' ({one.zone})' if one.zone else ''}{through}")
    if one.resolved:
        said.append("told of what is gone, too")
    return "; ".join(said)


def rules(settings: Settings) -> Iterator[str]:
    """Who hears of what and when, in words."""
    yield "Only what is new or back speaks: to the owner of the incident, and to whoever is reached as its role."
    severities = {str(severity) for severity in Severity}
    urgent = settings.notify.urgent
    if urgent:
        words = [f"what is {word}" if word in severities else f"`{word}`" for word in urgent]
        yield f"Urgent is {', '.join(words)}: it waits for no digest. The rest waits for the digest of each person."
    else:
        yield "Nothing is urgent: all waits for the digest of each person."
    if (then := settings.notify.escalate) is not None:
        steps = ", then ".join(then.to)
        minutes = then.after / 60
        yield (
            f"What is {then.severity} or worse and nobody has acknowledged after {minutes:,.0f} min goes to {steps}, "
            "one step after the other."
        )
    else:
        yield "Nothing escalates: `notify: {escalate: …}` of jobpipe.yaml says who is told next."


def messages() -> QuerySet[Notification]:
    """Without what they say: of whom, how, and what became of each."""
    return Notification.objects.defer("text", "html", "payload", "attachments")


def what_waits(project: Project) -> list[Waits]:
    """For whom, and until when: two statements. What has just happened is there within a minute."""
    recipients = Recipients(project.settings)
    by_name: dict[str, list[Notice]] = defaultdict(list)
    waiting = Notice.objects.filter(state=NoticeState.WAITING).select_related("incident").order_by("pk")
    for notice in waiting.only("recipient", "action", "urgent", "at", "incident__state")[:_MOST]:
        if speaks(notice):
            by_name[notice.recipient].append(notice)
    told = Notification.objects.filter(recipient__in=by_name).order_by().values_list("recipient")
    last = dict(told.annotate(last=Max("created_at")))
    return [_waits(recipients, name, some, last.get(name)) for name, some in sorted(by_name.items())]


def _waits(recipients: Recipients, name: str, notices: list[Notice], last: datetime | None) -> Waits:
    habits = recipients.habits(name)
    return Waits(
        recipient=name,
        notices=len(notices),
        due=first_due(habits, notices, last).astimezone(habits.zone),
        is_urgent=any(one.urgent for one in notices),
        channels=[route.channel for route in recipients.routes(name)],
    )
