"""On which engines the projects of tests keep their state: files, or with JOBPIPE_TEST_ENGINES=cluster real servers."""

from __future__ import annotations

import os

from postgres_server import shared_server

ON_A_CLUSTER = os.environ.get("JOBPIPE_TEST_ENGINES", "") == "cluster"


def own_settings() -> str:
    """What a project's jobpipe.yaml begins with: each call names stores that nobody else has."""
    return f"cluster: {{ledger: '{shared_server().ledger()}'}}\n" if ON_A_CLUSTER else ""


def examples(number: int) -> int:
    """How many a law is tried on: on servers, where a run takes several times as long, a third of them."""
    return max(number // 3, 5) if ON_A_CLUSTER else number
