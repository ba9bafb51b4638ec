"""On which engines the projects of tests keep their state: files, or with JOBPIPE_TEST_ENGINES=cluster real servers."""

from __future__ import annotations

import os
from pathlib import Path

import mongo_server
import postgres_server

ON_A_CLUSTER = os.environ.get("JOBPIPE_TEST_ENGINES", "") == "cluster"


def own_settings(folder: Path) -> str:
    """What the jobpipe.yaml of the project in this folder begins with: it has stores that nobody else has."""
    if not ON_A_CLUSTER:
        return ""
    return settings_of(postgres_server.shared_server().ledger(), mongo_server.documents_uri(folder))


def settings_of(ledger: str, documents: str = "") -> str:
    return f"cluster: {{ledger: '{ledger}', documents: '{documents}'}}\n"


def examples(number: int) -> int:
    """How many a law is tried on: on servers, where a run takes several times as long, a third of them."""
    return max(number // 3, 5) if ON_A_CLUSTER else number
