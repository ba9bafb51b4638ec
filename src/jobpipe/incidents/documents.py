"""Incidents as documents, for scripts and programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobpipe.incidents.finding import severity_of
from jobpipe.incidents.kinds import KINDS
from jobpipe.ledger.models import Incident


def incident_document(incident: Incident, *, whole: bool = False) -> dict[str, Any]:
    kind = KINDS.get(incident.kind)
    document = {
        "incident": incident.pk,
        "kind": incident.kind,
        "severity": severity_of(incident),
        "role": kind.role if kind else "",
        "owner": incident.owner,
        "assigned": bool(incident.assigned_to),
        "state": incident.state,
        "muted_until": _iso(incident.muted_until),
        "import": incident.import_name,
        "client": incident.client,
        "stage": incident.stage,
        "field": incident.field,
        "title": kind.title if kind else "",
        "message": incident.message,
        "hint": incident.hint,
        "place": incident.place,
        "count": incident.count,
        "regressions": incident.regressions,
        "first_seen": _iso(incident.first_seen),
        "last_seen": _iso(incident.last_seen),
        "first_run": incident.first_run or None,
        "last_run": incident.last_run or None,
    }
    if whole:
        document["advice"] = kind.advice if kind else ""
        document["samples"] = incident.samples
        document["details"] = incident.details
        document["counts"] = [{"run": one.run_id, "count": one.count} for one in incident.counts.order_by("run_id")]
        document["history"] = history_of(incident)
    return document


def history_of(incident: Incident) -> list[dict[str, Any]]:
    return [
        {
            "at": _iso(line.at),
            "action": line.action,
            "before": line.before,
            "after": line.after,
            "run": line.run_id,
            "by": line.by,
            "why": line.why,
        }
        for line in incident.changes.order_by("id")
    ]


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
