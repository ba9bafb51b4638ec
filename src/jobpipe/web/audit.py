"""What people did: one line for each act, kept for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from jobpipe.ledger.models import AuditLine
from jobpipe.ledger.text import storable
from jobpipe.ledger.turns import turn_to_write


def note(request: HttpRequest, action: str, about: str = "", **details: Any) -> None:
    viewer = getattr(request, "viewer", None)
    note_of(viewer.name if viewer else "", action, about, address=address_of(request), **details)


def note_of(name: str, action: str, about: str = "", *, address: str = "", **details: Any) -> None:
    with turn_to_write():
        AuditLine.objects.create(
            at=datetime.now(UTC),
            account=storable(name)[:150],
            action=action,
            about=storable(about)[:300],
            details=_storable(details),
            address=address[:45],
        )


def _storable(said: Any) -> Any:
    if isinstance(said, str):
        return storable(said)
    if isinstance(said, dict):
        return {name: _storable(one) for name, one in said.items()}
    return [_storable(one) for one in said] if isinstance(said, list) else said


def address_of(request: HttpRequest) -> str:
    """Who asks; behind a proxy that the house trusts, whom that one names (the last of its list is what it saw)."""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return told if told and settings.SECURE_PROXY_SSL_HEADER else str(request.META.get("REMOTE_ADDR", ""))
