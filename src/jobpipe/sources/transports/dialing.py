"""Connecting to what is no web server: a socket to an address that the network guard has seen."""

from __future__ import annotations

import asyncio
import os
import socket

from jobpipe.errors import Place
from jobpipe.safety.network import NetworkGuard
from jobpipe.sources.transports.exchange import PassingTroubleError

CONNECT_TIMEOUT = 15.0
# An answer that is no file may take so many times as long as the server may be silent.
LONGEST_ANSWER = 10


async def dial(host: str, port: int, guard: NetworkGuard, *, timeout: float, place: Place) -> socket.socket:
    """Connected, and not blocking. Raises PassingTroubleError where nobody answers, ForbiddenAddressError."""
    loop = asyncio.get_running_loop()
    try:
        addresses = await guard.addresses(host, port, place=place)
    except OSError as error:
        raise PassingTroubleError(f"cannot be reached: the host {host} is not known", place=place) from error
    trouble: OSError = OSError("the host has no address")
    for address in addresses:
        plain = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        plain.setblocking(False)
        try:
            async with asyncio.timeout(min(CONNECT_TIMEOUT, timeout)):
                await loop.sock_connect(plain, (address, port))
            return plain
        except OSError as error:  # TimeoutError is one
            plain.close()
            trouble = error
        except BaseException:
            plain.close()
            raise
    if trouble.errno:
        said = os.strerror(trouble.errno)
    else:
        said = "no connection in time" if isinstance(trouble, TimeoutError) else str(trouble)
    raise PassingTroubleError(
        f"cannot be reached: {said}", place=place, hint="check the name of the host and the network"
    )


def silence(error: TimeoutError, place: Place) -> PassingTroubleError:
    """What a person is told of it; a socket says what it waited for, a clock does not."""
    if error.args:
        what, hint = "sends nothing more", "source.timeout says how many seconds to wait for a byte"
    else:
        what, hint = "sends too slowly", f"source.timeout says how many seconds to wait: {LONGEST_ANSWER} times for all"
    return PassingTroubleError(what, place=place, hint=hint)
