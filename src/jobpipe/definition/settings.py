"""`jobpipe.yaml`: what holds for a whole project."""

from __future__ import annotations

import os

from pydantic import Field

from jobpipe.definition.base import Model

MOST_WORKERS = 8


class Settings(Model):
    # Worker processes of one run; 0 = transform in the process that reads. Empty = one a core, at most 8.
    workers: int | None = Field(default=None, ge=0, le=256)
    # Where ledger, documents and archive lie.
    state: str = ".jobpipe"

    @property
    def worker_processes(self) -> int:
        if self.workers is not None:
            return self.workers
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
