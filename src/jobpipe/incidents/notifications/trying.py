"""Trying channels out, and looking at what waits: nothing of this is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jobpipe.definition.project import Project
from jobpipe.incidents.notifications.channels import ChannelError
from jobpipe.incidents.notifications.collecting import collect, last_told
from jobpipe.incidents.notifications.composing import speaks
from jobpipe.incidents.notifications.message import message_of
from jobpipe.incidents.notifications.recipients import Recipients, Route
from jobpipe.incidents.notifications.sending import deliver
from jobpipe.incidents.notifications.text import as_text
from jobpipe.incidents.notifications.timing import first_due
from jobpipe.ledger.models import Notice, NoticeState, Notification
from jobpipe.safety.secrets import redact

_SAID = "This is a test of job-pipe's notifications: nothing is wrong. You hear of incidents this way."


def try_channels(
    project: Project, name: str, routes: Iterable[Route], now: datetime, environ: Mapping[str, str]
) -> list[tuple[str, str]]:
    """(channel, what went wrong) of each; "" = it was taken."""
    tried = []
    for route in routes:
        one = Notification(
            key=uuid.uuid4().hex,
            recipient=name,
            channel=route.channel,
            to=list(route.to),
            subject="[job-pipe] test",
            text=_SAID + "\n",
            html=f"<p>{_SAID}</p>",
            payload={"type": "test", "recipient": name, "at": now.isoformat()},
        )
        try:
            deliver(project, one, environ)
        except ChannelError as error:
            tried.append((route.channel, redact(str(error))))
        else:
            tried.append((route.channel, ""))
    return tried


def waiting(project: Project, now: datetime) -> list[dict[str, Any]]:
    """What waits for whom: recipient, channels, notices, due, subject, text."""
    collect(project, now)
    recipients = Recipients(project.settings)
    by_name: dict[str, list[Notice]] = {}
    for notice in Notice.objects.filter(state=NoticeState.WAITING).select_related("incident").order_by("pk"):
        if speaks(notice):
            by_name.setdefault(notice.recipient, []).append(notice)
    return [_waiting_for(project, recipients, name, notices) for name, notices in sorted(by_name.items())]


def _waiting_for(project: Project, recipients: Recipients, name: str, notices: list[Notice]) -> dict[str, Any]:
    habits = recipients.habits(name)
    due = first_due(habits, notices, last_told(name))
    message = message_of(notices, project.settings.notify.link)
    return {
        "recipient": name,
        "channels": [route.channel for route in recipients.routes(name)],
        "notices": len(notices),
        "due": due.astimezone(habits.zone),
        "subject": message.subject,
        "text": as_text(message, habits.zone),
    }
