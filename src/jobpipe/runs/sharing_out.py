"""Which process conducts which import: those of one host all go to the same, which then knows all that is asked of it.

So the limits of a host, and its failures, are counted right without any word between the processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jobpipe.definition.project import Project
from jobpipe.definition.secret_values import resolve_secrets
from jobpipe.errors import JobpipeError
from jobpipe.runs.secret_values import environ_of
from jobpipe.runs.several import last_seconds
from jobpipe.sources.hosts import host_of


def hosts_of(project: Project, name: str) -> set[str]:
    """The hosts that its source names, as far as a definition can say it; none where it is not valid."""
    try:
        source = resolve_secrets(project.load(name).definition, environ_of(project)).source
    except JobpipeError:
        return set()
    # Whatever its bucket, an address of a store leads to the same service.
    addresses = ("s3" if text.startswith("s3://") else host_of(text) for text in _texts(source.model_dump()))
    return {host for host in addresses if host}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "://" in value:
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def groups_of(hosts: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Of imports and their hosts: what must not be apart has the same group; an import of no host has none."""
    parents: dict[str, str] = {}

    def top(host: str) -> str:
        while (parent := parents.setdefault(host, host)) != host:
            host = parent
        return host

    firsts: dict[str, str] = {}
    for name, of_one in hosts.items():
        first, *others = sorted(of_one) or [""]
        if first:
            firsts[name] = first
            for other in others:
                parents[top(other)] = top(first)
    return {name: top(first) for name, first in firsts.items()}


class SharingOut:
    """Who is next, for several processes: see `jobpipe.runs.several.Order`."""

    def __init__(
        self, names: Sequence[str], groups: Mapping[str, str], took: Mapping[str, float], *, processes: int = 1
    ) -> None:
        """`took`: seconds, of the last run of each."""
        self._left = sorted(names, key=lambda name: took.get(name, 0.0))
        self._groups = groups
        self._owners: dict[str, int] = {}
        # Who has not asked yet: a process that starts slowly has its part all the same.
        self._to_come = set(range(processes))

    def __len__(self) -> int:
        return len(self._left)

    def next(self, process: int, *, long: bool) -> str | None:
        """None = what is left, if anything, belongs to the others."""
        self._to_come.discard(process)
        places = reversed(range(len(self._left))) if long else range(len(self._left))
        for place in places:
            if self._may_have(process, self._groups.get(self._left[place])):
                return self._left.pop(place)
        return None

    def _may_have(self, process: int, group: str | None) -> bool:
        if group is None:
            return True
        if group not in self._owners and not (self._to_come and process in self._owners.values()):
            self._owners[group] = process
        return self._owners.get(group) == process

    def release(self, process: int) -> None:
        """It is no more: its hosts go to whoever comes first."""
        self._to_come.discard(process)
        self._owners = {group: owner for group, owner in self._owners.items() if owner != process}


def share_out(project: Project, names: Sequence[str], *, processes: int) -> SharingOut:
    """The ledger is open."""
    groups = groups_of({name: hosts_of(project, name) for name in names})
    return SharingOut(names, groups, last_seconds(), processes=processes)
