"""A service that gives recorded answers, each to exactly the request that it was recorded for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api_service import ApiService, Asked, Reply


class RecordedService(ApiService):
    """`answers.json` of a folder: what is asked (`asks`, `query`, `body`, `form`, `authorization`) and what is given
    for it (`gives` or `file`, `status`, `headers`, `type`). `{here}` in an answer is the service's own address."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.exchanges: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        # The places of those that were asked for.
        self.given: set[int] = set()
        # What was asked and is not among them.
        self.strangers: list[Asked] = []
        self.on("/", self._answer)

    @property
    def here(self) -> str:
        return self.url("")

    def _answer(self, asked: Asked) -> Reply:
        for place, exchange in enumerate(self.exchanges):
            if _is_for(exchange, asked):
                self.given.add(place)
                return Reply(
                    body=self._body(exchange),
                    status=exchange.get("status", 200),
                    headers=exchange.get("headers", {}),
                    content_type=exchange.get("type", "application/json"),
                )
        self.strangers.append(asked)
        return Reply(status=403, body={"error": "nothing was recorded for this"})

    def _body(self, exchange: dict[str, Any]) -> bytes:
        if "file" in exchange:
            return (self.folder / exchange["file"]).read_bytes()
        return json.dumps(exchange["gives"], ensure_ascii=False).replace("{here}", self.here).encode()


def _is_for(exchange: dict[str, Any], asked: Asked) -> bool:
    return (
        exchange["asks"] == f"{asked.method} {asked.path}"
        and exchange.get("query", {}) == asked.query
        and ("body" not in exchange or exchange["body"] == asked.json)
        and ("form" not in exchange or exchange["form"] == asked.form)
        and ("authorization" not in exchange or exchange["authorization"] == asked.headers.get("authorization"))
    )
