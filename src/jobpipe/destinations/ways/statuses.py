"""What an HTTP status says of a whole request (RFC 9110 §15), for a destination."""

from __future__ import annotations

from collections.abc import Mapping

from jobpipe.destinations.ways.way import (
    NotReachedError,
    RefusedError,
    RejectedLoginError,
    TooSoonError,
    UnknownFateError,
    WayError,
)
from jobpipe.errors import Place
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact
from jobpipe.sources.transports.retry_after import seconds_of

# The server has not dealt with the request, and may later.
_BUSY = frozenset({408, 425, 429})
# A person is needed: the login, the right, the address, the method, the proxy.
_PERSON = {
    401: ("refuses the login", "check the secrets of to.auth"),
    403: ("denies access", "ask whoever runs it to let this login or address in"),
    404: ("is not there", "check the address"),
    405: ("takes no POST", "check the address"),
    407: ("is behind a proxy that asks for a login", "check HTTPS_PROXY"),
    410: ("is gone for good", "ask whoever runs it for the new address"),
}
# A server that asks for more is not believed: it is asked again after a day.
_LONGEST_WAIT = 86_400.0
_MOST_SAID = 200


def is_asked_again(status: int) -> bool:
    return status in _BUSY


def error_of(status: int, headers: Mapping[str, str], body: bytes, place: Place) -> WayError:
    """Of a status that is not 2xx."""
    http = f"(HTTP {status})" + said_in(body, headers.get("content-type", ""))
    wait = seconds_of(headers.get("retry-after", ""))
    if status in _BUSY or (status == 503 and wait is not None):
        what = "is asked too often" if status == 429 else "is busy"
        if wait is None:
            return NotReachedError(f"{what} {http}", place=place, hint="it is asked again later")
        seconds = min(wait, _LONGEST_WAIT)
        return TooSoonError(f"{what} {http}: it asks to come back in {seconds:,.0f} seconds", seconds, place=place)
    if status in _PERSON:
        what, hint = _PERSON[status]
        return RejectedLoginError(f"{what} {http}", place=place, hint=hint)
    if status < 400:
        to = one_line(redact(headers.get("location", "")), _MOST_SAID)
        hint = "what is sent follows no redirect: write the new address"
        return RejectedLoginError(f"redirects to {to or 'nowhere'} (HTTP {status})", place=place, hint=hint)
    if status == 409:
        return UnknownFateError(f"is still at work on this very batch, or has it {http}", place=place)
    if status >= 500:
        hint = "nothing is wrong here: it is tried again; tell whoever runs it if it stays so"
        return UnknownFateError(f"has trouble of its own {http}", place=place, hint=hint)
    return RefusedError(
        f"refuses the batch {http}", place=place, hint="the answer says why; its rules may have changed"
    )


def said_in(body: bytes, content_type: str) -> str:
    """The beginning of what a service says, for whoever can do something about it."""
    if not any(word in content_type.lower() for word in ("json", "xml", "text/plain")):
        return ""
    said = one_line(redact(body[: 4 * _MOST_SAID].decode("utf-8", "replace")), _MOST_SAID)
    return f"; it says {said}" if said else ""
