"""Changes on their way to destinations, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from jobpipe.definition.targets import target_of
from jobpipe.destinations.ways.opening import changes_way, snapshot_way
from jobpipe.destinations.ways.way import Change, ChangesWay, Fate, SnapshotWay

# Names as people and attackers write them.
HOSTILE = "a\"b'c;DROP TABLE postings;--/../%2e?#é漢{destination}$where\\"


def upsert(key: str, number: int = 1, *, import_name: str = "apec", **posting: Any) -> Change:
    body = json.dumps({"title": f"{key} {number}", "url": f"https://example.org/{number}", **posting}).encode()
    return _change(key, number, import_name, "upsert", body)


def removal(key: str, number: int, *, import_name: str = "apec") -> Change:
    return _change(key, number, import_name, "remove", b"")


def _change(key: str, number: int, import_name: str, action: Any, body: bytes) -> Change:
    return Change(
        id=f"{import_name}/{key}",
        import_name=import_name,
        client="acme",
        key=key,
        action=action,
        number=number,
        revision=number,
        idempotency_key=f"partner:{import_name}/{key}:{number}",
        body=body,
    )


def changes_to(to: str, root: Path = Path(), **environ: str) -> ChangesWay:
    """`to` as it is written in YAML."""
    return changes_way(target_of(yaml.safe_load(to)), "partner", environ=environ, root=root)


def files_to(to: str, root: Path = Path(), **environ: str) -> SnapshotWay:
    return snapshot_way(target_of(yaml.safe_load(to)), "partner", environ=environ, root=root)


def fates(answer: Any) -> dict[str, Fate]:
    """Of those that were not simply accepted."""
    return {key: item.fate for key, item in answer.items.items() if item.fate is not Fate.ACCEPTED}
