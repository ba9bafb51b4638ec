"""Servers that are spoken to by libraries of their own: found through the network guard, and what is missing here."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

from jobpipe.destinations.ways.way import NotReachedError, RejectedLoginError
from jobpipe.errors import DefinitionError, Place
from jobpipe.safety.network import ForbiddenAddressError, NetworkGuard
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

_MOST_SAID = 300


def addresses_of(host: str, port: int, place: Place) -> list[str]:
    """Those that may be connected to, in the order to try them. Raises NotReachedError, RejectedLoginError."""
    guard = NetworkGuard.naming([f"{host}:{port}"])
    try:
        return asyncio.run(guard.addresses(host, port, place=place))
    except ForbiddenAddressError as error:
        raise RejectedLoginError(error.message, place=place, hint=error.hint) from error
    except OSError as error:
        raise NotReachedError(
            f"cannot be reached: the host {host} is not known", place=place, hint="check its name"
        ) from error


def library(module: str, *, what: str, extra: str, place: Place) -> Any:
    """Raises DefinitionError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DefinitionError(f"{what} needs {module}", place=place, hint=f"pip install 'job-pipe[{extra}]'") from error


def said_by(error: BaseException | str) -> str:
    """What a library or a server says of an error, in a line without secrets."""
    return one_line(redact(str(error)), _MOST_SAID) or type(error).__name__
