"""The broker: how all processes of a cluster talk to it, and what is said of one that stays away."""

from __future__ import annotations

from typing import Any

from kombu import Connection

from jobpipe.errors import OutOfReachError

# Seconds.
HEARTBEAT = 20
CONNECT_TIMEOUT = 5
# For a word of the broker, when one is due: one whose queue is broken says nothing at all.
SILENCE = 30
TRANSPORT: dict[str, Any] = {"confirm_publish": True, "read_timeout": SILENCE, "write_timeout": SILENCE}


class BrokerUnavailableError(OutOfReachError):
    """The broker stays away: the run is left as it is, to be taken up again."""

    code = "JP3009"


def connection_to(broker: str) -> Connection:
    return Connection(broker, heartbeat=HEARTBEAT, connect_timeout=CONNECT_TIMEOUT, transport_options=dict(TRANSPORT))
