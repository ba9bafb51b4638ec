"""The API, asked as a program does it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from jobpipe.ledger.models import Account
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.tokens import make_token


class Api:
    """Asks with one token; JSON in and out."""

    def __init__(self, who: Account, *scopes: str) -> None:
        self._client = Client(enforce_csrf_checks=True)
        self.token = make_token(who, "test", scopes or [*Scope])

    def ask(self, method: str, address: str, payload: Any = None, **headers: str) -> tuple[int, Any]:
        answer = self._client.generic(
            method,
            f"/api/v1{address}",
            b"" if payload is None else json.dumps(payload).encode(),
            "application/json",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )
        assert answer.headers["Content-Type"].startswith("application/json"), answer.content
        return answer.status_code, answer.json()

    def get(self, address: str) -> Any:
        status, document = self.ask("GET", address)
        assert status == 200, document
        return document

    def pages(self, address: str) -> list[Any]:
        """All items of a list, page by page."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.get(f"{address}{'&' if '?' in address else '?'}limit=1&cursor={cursor}")
            found += page["items"]
            cursor = page["next"]
        return found
