"""From notices that wait to messages in the outbox: what is due to one recipient goes together."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from jobpipe.definition.project import Project
from jobpipe.incidents.notifications.collecting import last_told
from jobpipe.incidents.notifications.message import Message, message_of
from jobpipe.incidents.notifications.page import as_page
from jobpipe.incidents.notifications.payload import as_payload
from jobpipe.incidents.notifications.recipients import Recipients
from jobpipe.incidents.notifications.text import as_text
from jobpipe.incidents.notifications.timing import Habits, due_at
from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import Notice, NoticeState, Notification
from jobpipe.ledger.turns import turn_to_write

# Notices in one transaction; what is left goes with the next pass.
_AT_ONCE = 20_000


def compose(project: Project, now: datetime) -> int:
    """How many messages were put into the outbox."""
    recipients = Recipients(project.settings)
    waiting = Notice.objects.filter(state=NoticeState.WAITING).order_by("recipient")
    made = 0
    for name in list(waiting.values_list("recipient", flat=True).distinct()):
        with turn_to_write(), transaction.atomic():
            made += _compose_for(project, recipients, name, now)
    return made


def due_notices(project: Project, name: str, notices: Iterable[Notice], now: datetime) -> list[Notice]:
    """Those of one recipient whose time has come: what is urgent does not take the digest along."""
    habits = Recipients(project.settings).habits(name)
    last = last_told(name)
    due: list[Notice] = []
    for urgent in (True, False):
        some = [one for one in notices if one.urgent == urgent]
        if some and due_at(habits, min(one.at for one in some), urgent=urgent, last=last) <= now:
            due += some
    return due


def speaks(notice: Notice) -> bool:
    """Whether there is still something to say: nobody has it in hand, and it is not gone, or is where it was told."""
    state = notice.incident.state
    return state == "resolved" if notice.action == "resolved" else state in WAITING


def _compose_for(project: Project, recipients: Recipients, name: str, now: datetime) -> int:
    found = Notice.objects.filter(state=NoticeState.WAITING, recipient=name).select_related("incident")
    notices = list(found.select_for_update(of=("self",))[:_AT_ONCE])
    silent = [one.pk for one in notices if not speaks(one)]
    Notice.objects.filter(pk__in=silent).update(state=NoticeState.SILENT)
    due = due_notices(project, name, [one for one in notices if speaks(one)], now)
    made = 0
    for not_by in {one.not_by for one in due}:
        some = [one for one in due if one.not_by == not_by]
        made += _put_out(project, recipients, name, not_by, some, now)
    return made


def _put_out(
    project: Project, recipients: Recipients, name: str, not_by: str, notices: list[Notice], now: datetime
) -> int:
    message = message_of(notices, project.settings.notify.link)
    habits: Habits = recipients.habits(name)
    routes = recipients.routes(name, not_by=not_by)
    numbers = [one.pk for one in notices]
    if not routes:
        Notice.objects.filter(pk__in=numbers).update(state=NoticeState.SILENT)
        return 0
    made = [_notification(name, route.channel, list(route.to), message, habits, now) for route in routes]
    for one in made:
        one.save()
    Notice.objects.filter(pk__in=numbers).update(state=NoticeState.TOLD, message=made[0])
    return len(made)


def _notification(
    name: str, channel: str, to: list[str], message: Message, habits: Habits, now: datetime
) -> Notification:
    return Notification(
        key=uuid.uuid4().hex,
        recipient=name,
        channel=channel,
        to=to,
        subject=message.subject,
        text=as_text(message, habits.zone),
        html=as_page(message, habits.zone),
        payload=as_payload(message, name, now),
        created_at=now,
        next_try=now,
    )
