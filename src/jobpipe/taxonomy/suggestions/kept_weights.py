"""What was learned from known labels, kept in files by a digest of what it was learned from."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import xxhash

from jobpipe.taxonomy.suggestions.evidence import Known
from jobpipe.taxonomy.suggestions.ranking import WEIGHTS

if TYPE_CHECKING:
    from jobpipe.taxonomy.suggestions.products import Floats

# Changes where the same labels would give other weights.
_VERSION = 4
# Of the files that are kept, the newest; coefficients take some megabytes each.
_MOST, _MOST_COEFFICIENTS = 30, 6


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
    _write(_path(folder, kind, known), msgspec.json.encode(weights))
    _forget(folder, "weights-*.json", _MOST)


def kept_coefficients(folder: Path | None, kind: str, known: Known) -> Floats | None:
    """Of the regression over all labels: one row a label, one column a code. None = not kept, or damaged."""
    import numpy as np

    if folder is None:
        return None
    shape = len(known.codes), 1 + max((code for codes in known.codes for code in codes), default=-1)
    try:
        kept = np.fromfile(_path(folder, kind, known).with_suffix(".f16"), np.float16)
    except OSError:
        return None
    if kept.size != shape[0] * shape[1] or not np.isfinite(kept).all():
        return None
    return kept.reshape(shape).astype(np.float32)


def keep_coefficients(folder: Path | None, kind: str, known: Known, coefficients: Floats) -> None:
    if folder is None:
        return
    _write(_path(folder, kind, known).with_suffix(".f16"), coefficients.astype("float16").tobytes())
    _forget(folder, "weights-*.f16", _MOST_COEFFICIENTS)


def _write(path: Path, content: bytes) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(content)
        temporary.replace(path)


def _forget(folder: Path, pattern: str, most: int) -> None:
    with suppress(OSError):
        for one in sorted(folder.glob(pattern), key=lambda one: one.stat().st_mtime, reverse=True)[most:]:
            one.unlink(missing_ok=True)


def _path(folder: Path, kind: str, known: Known) -> Path:
    digest = xxhash.xxh3_128_hexdigest(msgspec.msgpack.encode((_VERSION, kind, known.wordings, known.codes)))
    return folder / f"weights-{digest}.json"
