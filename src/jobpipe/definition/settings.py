"""`jobpipe.yaml`: what holds for a whole project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jobpipe.definition.base import Model
from jobpipe.definition.keeping import DiskSettings, KeepSettings
from jobpipe.definition.notifying import NotifySettings, Recipient
from jobpipe.definition.reporting import ReportSettings
from jobpipe.definition.roles import Role
from jobpipe.definition.schedules import check_zone
from jobpipe.safety.secrets import expand, process_redactor

MOST_WORKERS = 8


_OPEN = re.compile(r"(?!JOBPIPE_)[A-Za-z_][A-Za-z0-9_]*\*?", re.IGNORECASE)


def _check_open(names: list[str]) -> list[str]:
    for name in names:
        if not _OPEN.fullmatch(name):
            raise ValueError(f"{name!r} opens no variable; write FEED_HOST, or FEED_* for all that begin so")
    return names


def is_among(name: str, open_variables: Iterable[str]) -> bool:
    """Whether a variable is one of those: FEED_* are all that begin so."""
    return any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in open_variables)


class HostSettings(Model):
    """How gently hosts are asked, by all imports that one command runs together."""

    # Requests to one host at the same time.
    per_host: int = Field(default=8, ge=1)
    # Requests at the same time, whoever they are to.
    in_all: int = Field(default=64, ge=1)
    # In a row, each after all its attempts, until a host is left alone.
    failures: int = Field(default=3, ge=1)
    # Seconds for which it is left alone.
    pause: float = Field(default=60.0, ge=0)


class ClusterSettings(Model):
    """Where a cluster keeps what one machine keeps in files; "" = in `state`. `${NAME}` is put in when it is used."""

    # postgresql://user:${PW}@host:port/database
    ledger: str = ""
    # mongodb://user:${PW}@host:port/database
    documents: str = ""
    # amqp://user:${PW}@host:port/vhost
    broker: str = ""
    # Batches of one run on their way at the same time: what keeps the queue short, so that imports take turns.
    window: int = Field(default=8, ge=1, le=1000)
    # Runs of one client at the same time. Empty = as many as there is room for.
    runs_per_client: int | None = Field(default=None, ge=1)
    # Seconds that the last run took, from which an import is a long one: those take at most half of a worker's places.
    long_run: float = Field(default=60.0, ge=0)

    def resolved(self, environ: Mapping[str, str]) -> ClusterSettings:
        """With the secrets in place, which nothing that this process prints shows from then on.

        Raises DefinitionError naming a variable that is missing.
        """
        addresses = ("ledger", "documents", "broker")
        return self.model_copy(
            update={name: expand(getattr(self, name), environ, process_redactor) for name in addresses}
        )


class NearDuplicatePolicy(Model):
    """Which posting is delivered where several imports of a client have the same job."""

    # off: nothing is compared. mark: all of them, each marked. first: the one that was seen first. richest: the one
    # that says most. The others are hidden, until it is gone.
    keep: Literal["off", "mark", "first", "richest"] = "mark"
    # Imports whose postings are kept before those of others, the best first; `keep` decides among the rest.
    prefer: list[str] = Field(default=[])


class NearDuplicateSettings(NearDuplicatePolicy):
    """For all clients, and for some another policy."""

    # Imports that take no part.
    except_: list[str] = Field(default=[], alias="except")
    clients: dict[str, NearDuplicatePolicy] = Field(default={})

    def policy_of(self, client: str) -> NearDuplicatePolicy:
        return self.clients.get(client, self)


class ClientSettings(Model):
    """What holds for all imports of one client."""

    # Role -> who holds it.
    owners: dict[Role, str] = Field(default={})
    # What publishers are told of their feeds.
    report: ReportSettings = ReportSettings()


class Settings(Model):
    # Worker processes of one run; 0 = transform in the process that reads. Empty = one a core, at most 8.
    workers: int | None = Field(default=None, ge=0, le=256)
    # Imports that run at the same time, where several are run together.
    at_once: int = Field(default=32, ge=1, le=1000)
    # Where ledger, documents and archive lie.
    state: str = ".jobpipe"
    # Of the imports' schedules, where they name none; as Europe/Paris.
    zone: Annotated[str, AfterValidator(check_zone)] = "UTC"
    hosts: HostSettings = HostSettings()
    # own: a host that a definition names may be private. strict: no host may, unless it lies in `allow`.
    guard: Literal["own", "strict"] = "own"
    # Networks that every source may lead to though they are private (10.0.0.0/8).
    allow: list[str] = Field(default=[])
    # Variables of the environment that definitions written in a browser may ask for, at any host: FEED_HOST, or FEED_*.
    # Others they name only where the file of the import does, besides sealed secrets.
    open_variables: Annotated[list[str], AfterValidator(_check_open)] = Field(default=[])
    cluster: ClusterSettings = ClusterSettings()
    near_duplicates: NearDuplicateSettings = NearDuplicateSettings()
    keep: KeepSettings = KeepSettings()
    disk: DiskSettings = DiskSettings()
    # Who holds which role, where neither the import nor its client says otherwise.
    owners: dict[Role, str] = Field(default={})
    # Who is told of incidents, by the name that `owners` give them.
    people: dict[str, Recipient] = Field(default={})
    notify: NotifySettings = NotifySettings()
    # What publishers are told of their feeds, where neither the import nor its client says otherwise.
    report: ReportSettings = ReportSettings()
    # By the name that definitions give as `client`.
    clients: dict[str, ClientSettings] = Field(default={})

    @property
    def worker_processes(self) -> int:
        if self.workers is not None:
            return self.workers
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
