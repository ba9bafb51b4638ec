"""What jobpipe.yaml says of the network, made to hold for this process."""

from __future__ import annotations

from jobpipe.definition.settings import Settings
from jobpipe.safety.network import make_strict
from jobpipe.sources.hosts import HostLimits, set_limits


def set_network(settings: Settings) -> None:
    """Before anything is fetched. Raises DefinitionError where a network in it is none."""
    make_strict(strict=settings.guard == "strict", allow=settings.allow)
    limits = settings.hosts
    set_limits(HostLimits(per_host=limits.per_host, in_all=limits.in_all, failures=limits.failures, pause=limits.pause))
