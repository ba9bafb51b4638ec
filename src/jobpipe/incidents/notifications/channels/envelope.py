"""What a channel is given, and how it says that it failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Notification


class ChannelError(JobpipeError):
    """A message could not be handed over; it is tried again."""

    code = "JP5007"


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    # The same whenever the message is sent again: without angle brackets.
    message_id: str
    recipient: str
    to: Sequence[str]
    subject: str
    text: str
    html: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    # [{"name": …, "type": "text/csv", "text": …}]
    attachments: Sequence[dict[str, str]] = ()

    @classmethod
    def of(cls, one: Notification) -> Self:
        return cls(
            message_id=f"{one.key}@job-pipe",
            recipient=one.recipient,
            to=tuple(one.to),
            subject=one.subject,
            text=one.text,
            html=one.html,
            payload=one.payload,
            attachments=tuple(one.attachments),
        )


def within(seconds: float, call: Callable[[], None]) -> None:
    """Calls it, and waits no longer: a server may send a byte a minute. Raises ChannelError, and what the call raises.

    What hangs is left to a thread that ends with the process.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="notification", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise ChannelError(f"no answer within {seconds:g} seconds")
    if raised:
        raise raised[0]
