"""A POST of JSON, signed, to an address that the network guard lets through.

    X-Jobpipe-Id         of the message: the same when it is sent again
    X-Jobpipe-Timestamp  seconds since 1970, when it was sent
    X-Jobpipe-Signature  sha256=hex(HMAC-SHA256(secret, timestamp + "." + body))

A receiver compares the signature in constant time, and refuses timestamps that are more than a few minutes old.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import msgspec

from jobpipe.definition.notifying import Channel
from jobpipe.incidents.notifications.channels.envelope import ChannelError, Envelope
from jobpipe.safety.network import NetworkGuard
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import expand, process_redactor
from jobpipe.safety.signing import signature_of

# Of an answer, which only says yes or no.
_MAX_ANSWER = 64 * 1024


class WebhookChannel:
    def __init__(self, said: Channel, environ: Mapping[str, str]) -> None:
        self._url = expand(said.webhook or "", environ, process_redactor)
        self._secret = expand(said.secret, environ, process_redactor)
        self._timeout = said.timeout
        self._allow = tuple(said.allow)

    def __call__(self, envelope: Envelope) -> None:
        body = msgspec.json.encode({"id": envelope.message_id, **envelope.payload})
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "job-pipe",
            "X-Jobpipe-Id": envelope.message_id,
            "X-Jobpipe-Timestamp": stamp,
            "X-Jobpipe-Signature": signature_of(self._secret, stamp, body),
        }
        asyncio.run(self._post(body, headers))

    async def _post(self, body: bytes, headers: dict[str, str]) -> None:
        import httpx2

        from jobpipe.sources.transports.connecting import client_for
        from jobpipe.sources.transports.tls import tls_context

        url = httpx2.URL(self._url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ChannelError("the webhook's address is no http(s) URL")
        # Unlike a feed's, its own host may not be private without being allowed.
        guard = NetworkGuard.naming((), allow=self._allow)
        try:
            async with (
                asyncio.timeout(self._timeout),
                await client_for(url, guard, tls_context(), self._timeout) as client,
                client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
                said = await _beginning(answer)
        except TimeoutError as error:
            raise ChannelError(f"no answer within {self._timeout:g} seconds") from error
        except httpx2.HTTPError as error:
            raise ChannelError(f"{url.host} cannot be reached: {error}") from error
        if not 200 <= status < 300:
            moved = "; a webhook is not redirected" if 300 <= status < 400 else ""
            raise ChannelError(f"HTTP {status} from {url.host}{moved}" + (f": {said}" if said else ""))


async def _beginning(answer: object) -> str:
    """A line of what it says; no more is read than that it may have."""
    read = b""
    async for chunk in answer.aiter_bytes():  # type: ignore[attr-defined]
        read += chunk
        if len(read) > _MAX_ANSWER:
            break
    return one_line(read.decode("utf-8", "replace"), 120)
