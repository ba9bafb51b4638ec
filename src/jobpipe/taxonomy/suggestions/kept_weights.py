"""Weights that were learned from known labels, kept in a file by a digest of what they were learned from."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

import msgspec
import xxhash

from jobpipe.taxonomy.suggestions.evidence import Known
from jobpipe.taxonomy.suggestions.ranking import WEIGHTS

# Changes where the same labels would give other weights.
_VERSION = 2
# Of the files that are kept, the newest.
_MOST = 30


def kept_weights(folder: Path | None, kind: str, known: Known) -> list[float] | None:
    """None = not kept, or damaged."""
    if folder is None:
        return None
    try:
        weights = msgspec.json.decode(_path(folder, kind, known).read_bytes(), type=list[float])
    except (OSError, msgspec.DecodeError):
        return None
    return weights if len(weights) == WEIGHTS and all(map(math.isfinite, weights)) else None


def keep_weights(folder: Path | None, kind: str, known: Known, weights: list[float]) -> None:
    if folder is None:
        return
    path = _path(folder, kind, known)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(msgspec.json.encode(weights))
        temporary.replace(path)
        old = sorted(folder.glob("weights-*.json"), key=lambda one: one.stat().st_mtime, reverse=True)
        for one in old[_MOST:]:
            one.unlink(missing_ok=True)


def _path(folder: Path, kind: str, known: Known) -> Path:
    digest = xxhash.xxh3_128_hexdigest(msgspec.msgpack.encode((_VERSION, kind, known.wordings, known.codes)))
    return folder / f"weights-{digest}.json"
