"""What every runner prints when it is done: one line of JSON with the same names."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(slots=True, kw_only=True)
class Answer:
    read: int = 0
    # Of the runners that know what they had; the others say how many they wrote.
    new: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    rejected: int = 0
    expired: int | None = None


def arguments() -> tuple[Path, Path]:
    """The feed and the folder for what is kept from one day to the next."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {Path(sys.argv[0]).name} FEED FOLDER")
    feed, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    return feed, folder


def give(answer: Answer) -> None:
    print(json.dumps(asdict(answer)))
