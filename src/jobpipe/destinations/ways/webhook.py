"""A signed message for each batch, as Standard Webhooks has them: `{"type": "postings.changed", "data": {…}}`.

Any 2xx takes the whole batch: what its answer says is not read.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from jobpipe.definition.targets import WebhookTarget
from jobpipe.destinations.ways.envelope import batch_of, short_key
from jobpipe.destinations.ways.http import MOST_BYTES
from jobpipe.destinations.ways.pieces import in_pieces
from jobpipe.destinations.ways.way import Answer, Change
from jobpipe.destinations.ways.web import Web
from jobpipe.safety.signing import standard_headers

TYPE = "postings.changed"


class WebhookWay:
    def __init__(self, target: WebhookTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._name = name
        self._secret = target.secret
        self._is_whole = target.body == "whole"
        self._web = Web(target.webhook, auth=None, headers={}, timeout=target.timeout)
        standard_headers(self._secret, "", 0, b"")

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        return in_pieces(batch, idempotency_key, MOST_BYTES, self._send)

    def close(self) -> None:
        self._web.close()

    def _send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        key = short_key(idempotency_key)
        data = batch_of(self._name, idempotency_key, batch, with_postings=self._is_whole)
        body = msgspec.json.encode({"type": TYPE, "data": data})
        signed = standard_headers(self._secret, key, int(time.time()), body)
        if not self._secret:
            del signed["webhook-signature"]
        reply = self._web.post(body, {"Content-Type": "application/json", "Idempotency-Key": key, **signed})
        return Answer(said=f"HTTP {reply.status}")
