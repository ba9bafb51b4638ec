"""A message for programs: what webhooks and log files get."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobpipe.incidents.notifications.message import Group, Message, Told


def as_payload(message: Message, recipient: str, now: datetime) -> dict[str, Any]:
    """`id` is added where it is sent; times are ISO 8601."""
    return {
        "type": "incidents",
        "recipient": recipient,
        "at": now.isoformat(),
        "subject": message.subject,
        "groups": [_group(group, message.link) for group in message.groups],
    }


def _group(group: Group, link: str) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "title": group.title,
        "severity": group.severity,
        "what": group.what,
        "advice": group.advice,
        "since": group.since.isoformat(),
        "incidents": group.incidents,
        "imports": len(group.imports),
        "failures": group.failures,
        "postings": group.postings,
        "listed": [_told(one, link) for one in group.listed],
    }


def _told(told: Told, link: str) -> dict[str, Any]:
    return {
        "incident": told.number,
        "import": told.import_name,
        "message": told.message,
        "place": told.place,
        "since": told.since.isoformat(),
        "count": told.count,
        **({"link": f"{link}/incidents/{told.number}"} if link else {}),
    }
