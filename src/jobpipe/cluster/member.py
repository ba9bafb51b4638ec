"""What this process is in a cluster: a project folder, whose hooks.py is part of the image, and its addresses."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from jobpipe.cluster.app import connect
from jobpipe.definition.project import Project, find_project
from jobpipe.definition.settings import ClusterSettings
from jobpipe.errors import UsageError
from jobpipe.ledger.opening import open_ledger


@dataclass(frozen=True, slots=True)
class Member:
    project: Project
    # With the secrets in place.
    addresses: ClusterSettings

    @property
    def name(self) -> str:
        """Of this process, for people and for the ledger."""
        return f"{socket.gethostname()}:{os.getpid()}"


_member: Member | None = None


def become_member(project: Project) -> Member:
    """Point Celery and Django to the cluster of this project, for this process and those that it forks.

    Raises UsageError where its jobpipe.yaml names no cluster.
    """
    global _member
    addresses = project.settings.cluster.resolved(os.environ)
    for name in ("broker", "ledger"):
        if not getattr(addresses, name):
            raise UsageError(
                f"this project has no cluster: jobpipe.yaml names no `{name}`",
                hint="cluster: {ledger: postgresql://…, documents: mongodb://…, broker: amqp://…}",
            )
    connect(addresses.broker)
    open_ledger(project.state_dir / "ledger.sqlite3", addresses.ledger)
    _member = Member(project, addresses)
    return _member


def become_member_in(folder: str) -> Member:
    return become_member(find_project(Path(folder), os.environ))


def this_member() -> Member:
    """Raises UsageError in a process that is none."""
    if _member is None:
        raise UsageError("this process belongs to no cluster", hint="jobpipe worker starts one that does")
    return _member
