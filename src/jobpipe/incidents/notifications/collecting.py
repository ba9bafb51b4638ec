"""From changes of incidents to notices: who is to hear of what.  Asked again, nothing is added."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from jobpipe.definition.project import Project
from jobpipe.definition.settings import Settings
from jobpipe.incidents.kinds import KINDS, Severity
from jobpipe.incidents.notifications.recipients import Recipients
from jobpipe.incidents.owners import Owners
from jobpipe.incidents.states import WAITING
from jobpipe.ledger.models import Incident, IncidentChange, Notice, NoticeState, Notification, NotificationState
from jobpipe.ledger.turns import turn_to_write

SPEAKING = ("opened", "reopened", "unmuted")
FAILED_CHANNEL = "notification-failed"
# Changes that are older when somebody first asks are history, no news.
_NEWS = timedelta(days=2)
# Numbers of changes are given before they are visible: one that comes late is at most so far behind.
_BEHIND = 10_000
# In one transaction.
_AT_ONCE = 1_000
_GRAVITY = {severity: place for place, severity in enumerate(Severity)}


def collect(project: Project, now: datetime) -> int:
    """A notice for each recipient of each change that speaks; how many."""
    recipients = Recipients(project.settings)
    with turn_to_write(), transaction.atomic():
        floor = (Notice.objects.aggregate(last=Max("change_id"))["last"] or 0) - _BEHIND
        fresh = IncidentChange.objects.filter(
            ~Exists(Notice.objects.filter(change_id=OuterRef("pk"))),
            pk__gt=floor,
            at__gte=now - _NEWS,
            action__in=(*SPEAKING, "resolved"),
        )
        made: list[Notice] = []
        for change in fresh.select_related("incident").order_by("pk")[:_AT_ONCE]:
            names = recipients.names_for(change.incident)
            if change.action == "resolved":
                names = _told_and_curious(change, recipients)
            # Nobody to tell: said once, so that it is not asked again.
            made += [_notice(project.settings, change, name, now) for name in names or [""]]
        Notice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def escalate(project: Project, now: datetime) -> int:
    """Tell the next ones of what nobody has acknowledged in time; how many notices."""
    said = project.settings.notify.escalate
    if said is None:
        return 0
    recipients, owners = Recipients(project.settings), Owners(project, today=now.date())
    grave = [kind.name for kind in KINDS.values() if _GRAVITY[kind.severity] >= _GRAVITY[Severity(said.severity)]]
    made: list[Notice] = []
    with turn_to_write(), transaction.atomic():
        waiting = Incident.objects.filter(state__in=WAITING, kind__in=grave)
        for incident in waiting.filter(notices__isnull=False).distinct().order_by("pk"):
            made += _next_step(incident, said.to, timedelta(seconds=said.after), recipients, owners, now)
        Notice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _next_step(
    incident: Incident, steps: list[str], after: timedelta, recipients: Recipients, owners: Owners, now: datetime
) -> list[Notice]:
    """Of the last time that it opened: the step that is due; [] = none, or it has been taken."""
    change = incident.changes.filter(action__in=SPEAKING).order_by("-pk").first()
    if change is None:
        return []
    notices = list(Notice.objects.filter(change=change).select_related("message"))
    taken = {one.action for one in notices}
    step = sum(f"escalated {number}" in taken for number in range(len(steps)))
    if step >= len(steps):
        return []
    before = f"escalated {step - 1}" if step else change.action
    told = [moment for one in notices if one.action == before and (moment := _told_at(one)) is not None]
    # Nobody could be told: then nobody has any time.
    is_hopeless = all(_is_lost(one) for one in notices if one.action == before)
    if not is_hopeless and (not told or now < min(told) + after):
        return []
    names = recipients.names_at(steps[step], incident, owners)
    return [
        Notice(
            recipient=name,
            incident=incident,
            change=change,
            action=f"escalated {step}",
            urgent=True,
            at=now,
            not_by=_failed_channel(incident),
            state=_state_for(name, recipients),
        )
        for name in dict.fromkeys(names)
    ]


def _told_at(notice: Notice) -> datetime | None:
    return notice.message.sent_at if notice.message is not None else None


def _is_lost(notice: Notice) -> bool:
    if notice.state == NoticeState.SILENT:
        return True
    return notice.message is not None and notice.message.state == NotificationState.FAILED


def _told_and_curious(change: IncidentChange, recipients: Recipients) -> list[str]:
    """Those who heard that it was there, and want to hear that it is gone."""
    told = Notice.objects.filter(incident=change.incident, state=NoticeState.TOLD, change_id__lt=change.pk)
    names = told.exclude(recipient="").order_by("recipient").values_list("recipient", flat=True).distinct()
    return [name for name in names if (said := recipients.setting(name)) is not None and said.resolved]


def _notice(settings: Settings, change: IncidentChange, name: str, now: datetime) -> Notice:
    incident = change.incident
    is_urgent = change.action != "resolved" and _is_urgent(settings, incident)
    return Notice(
        recipient=name,
        incident=incident,
        change=change,
        action=change.action,
        urgent=is_urgent,
        not_by=_failed_channel(incident),
        at=now,
        state=_state_for(name, Recipients(settings)),
    )


def _state_for(name: str, recipients: Recipients) -> NoticeState:
    return NoticeState.WAITING if recipients.setting(name) is not None else NoticeState.SILENT


def _is_urgent(settings: Settings, incident: Incident) -> bool:
    kind = KINDS.get(incident.kind)
    words = {incident.kind, kind.severity.value if kind else ""}
    return not words.isdisjoint(settings.notify.urgent)


def _failed_channel(incident: Incident) -> str:
    return str(incident.details.get("channel", "")) if incident.kind == FAILED_CHANNEL else ""


def last_told(recipient: str) -> datetime | None:
    latest = Notification.objects.filter(recipient=recipient).order_by("-pk").first()
    return latest.created_at if latest is not None else None
