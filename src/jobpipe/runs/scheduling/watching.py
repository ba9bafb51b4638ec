"""Imports that do not come when they should: told once each, as an incident, and taken back when they have come."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F

from jobpipe.definition.project import Project
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import record, resolve_gone
from jobpipe.ledger.models import ScheduledImport
from jobpipe.runs.overview import Overview
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.summaries import bring_up_to_date, shown, summaries

log = logging.getLogger("jobpipe.scheduler")

_MISSED = (ImportState.LATE, ImportState.DOWN)


def watch(project: Project, now: datetime) -> list[Overview]:
    """Look at all imports; those whose state is another than at the last look. What has changed is summed up anew."""
    bring_up_to_date(now)
    scheduled = summaries(now).filter(import_row__scheduled__isnull=False)
    other = scheduled.exclude(import_row__scheduled__state=F("state_now")).order_by("import_row__name")
    changed = shown(other, now)
    for one in changed:
        if one.scheduled is not None:
            _tell(project, one, one.scheduled.state)
            ScheduledImport.objects.filter(pk=one.number).update(state=one.state)
    return changed


def _tell(project: Project, one: Overview, before: str) -> None:
    if before in _MISSED and one.state != before:
        resolve_gone(one.name, [before], why=f"it is {one.state}")
    if one.state not in _MISSED:
        return
    log.warning("%s is %s: %s", one.name, one.state, said_of(one))
    record(project, [Occurrence(kind=one.state, message=said_of(one), stage="schedule")], import_name=one.name)


def said_of(one: Overview) -> str:
    """Why an import is late or down."""
    since = f"{one.last_good:%Y-%m-%d %H:%M} UTC" if one.last_good is not None else ""
    good = f"the last good run began at {since}" if since else "it never had a good run"
    if one.punctuality.missed is None:
        return f"its last run failed, {good}"
    return f"it was due at {one.punctuality.missed:%Y-%m-%d %H:%M} UTC ({one.schedule}), {good}"
