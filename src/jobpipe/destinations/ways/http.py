"""Changes in batches, as JSON, to a URL: `{"destination": …, "batch": …, "items": [{"id": …, "posting": …}]}`.

The header `Idempotency-Key` names the batch: whoever has seen it has done it. Where there is a secret, the headers of
Standard Webhooks sign the body.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from jobpipe.definition.targets import HttpTarget
from jobpipe.destinations.ways.envelope import batch_of, short_key
from jobpipe.destinations.ways.item_answers import answers_in
from jobpipe.destinations.ways.pieces import in_pieces
from jobpipe.destinations.ways.way import Answer, Change
from jobpipe.destinations.ways.web import Web
from jobpipe.safety.limits import MEGABYTE
from jobpipe.safety.signing import standard_headers

# Postings of one request, about: servers often take 10 MB.
MOST_BYTES = 8 * MEGABYTE


class HttpWay:
    def __init__(self, target: HttpTarget, name: str) -> None:
        """Raises DefinitionError."""
        self._name = name
        self._secret = target.secret
        self._items = target.items
        self._web = Web(target.http, auth=target.auth, headers=target.headers, timeout=target.timeout)
        # A secret that is none is told before anything is sent.
        standard_headers(self._secret, "", 0, b"")

    def send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        return in_pieces(batch, idempotency_key, MOST_BYTES, self._send)

    def close(self) -> None:
        self._web.close()

    def _send(self, batch: Sequence[Change], idempotency_key: str) -> Answer:
        key = short_key(idempotency_key)
        body = msgspec.json.encode(batch_of(self._name, idempotency_key, batch))
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}
        if self._secret:
            headers |= standard_headers(self._secret, key, int(time.time()), body)
        reply = self._web.post(body, headers)
        items = answers_in(reply.body, batch, self._items, is_mixed=reply.status == 207, place=self._web.place)
        return Answer(items=items, said=f"HTTP {reply.status}")
