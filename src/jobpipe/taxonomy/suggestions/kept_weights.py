"""What was learned from known labels, kept in files: found again for the same labels, and for those with a few more.

A model of many labels takes half a minute to learn, and each decision changes the labels. So the file says what it was
learned from, and a model of nearly the same labels is taken and told what changed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import xxhash

from jobpipe.taxonomy.suggestions.ranking import WEIGHTS
from jobpipe.taxonomy.suggestions.wording import Wording

if TYPE_CHECKING:
    from jobpipe.taxonomy.suggestions.products import Floats

# Changes where the same labels would give other weights.
_VERSION = 5
# Of the files that are kept, the newest; coefficients take some megabytes each.
_MOST, _MOST_COEFFICIENTS = 30, 6
# So many labels may have come, gone or changed since a model was kept, and this share since it was learned.
_MOST_CHANGED = 100
_MOST_SINCE_LEARNED = 0.05

# The code, and the taxonomy that has it.
Code = tuple[str, str]


class KeptModel(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    # With which means it was learned.
    kind: str
    wordings: list[Wording]
    # Of each wording; none = it is not known any more.
    codes: list[tuple[Code, ...]]
    # In the order of the coefficients' columns.
    columns: list[Code]
    # Vocabulary and mean are those of so many wordings, the first ones; the others came later.
    learned_from: int
    # What came, went or changed since then.
    changed: int
    weights: list[float]
    # Whether there are coefficients beside it, one row a wording.
    has_coefficients: bool

    def changes(self, known: dict[Wording, tuple[Code, ...]]) -> list[Wording]:
        """Wordings that `known` has otherwise, or has alone, or does not have."""
        mine = dict(zip(self.wordings, self.codes, strict=True))
        here = [wording for wording, codes in known.items() if set(mine.get(wording, ())) != set(codes)]
        return [*here, *(wording for wording, codes in mine.items() if codes and wording not in known)]


def nearest_model(folder: Path | None, kind: str, known: dict[Wording, tuple[Code, ...]]) -> KeptModel | None:
    """The one with the fewest changes; None where nothing is kept, it is damaged, or too much has changed."""
    found: KeptModel | None = None
    fewest = _MOST_CHANGED + 1
    for path in _newest(folder, "weights-*.json"):
        with suppress(OSError, msgspec.DecodeError, ValueError):
            model = msgspec.json.decode(path.read_bytes(), type=KeptModel)
            if not _is_sound(model) or model.kind != kind:
                continue
            changes = len(model.changes(known))
            if changes < fewest and changes + model.changed <= _MOST_SINCE_LEARNED * model.learned_from:
                found, fewest = model, changes
    return found


def _is_sound(model: KeptModel) -> bool:
    return (
        model.version == _VERSION
        and len(model.weights) == WEIGHTS
        and all(map(math.isfinite, model.weights))
        and len(model.wordings) == len(model.codes) >= model.learned_from
    )


def kept_coefficients(folder: Path | None, model: KeptModel) -> Floats | None:
    """One row a wording, one column a code. None = not kept, or damaged."""
    import numpy as np

    if folder is None:
        return None
    try:
        kept = np.fromfile(_path(folder, model).with_suffix(".f16"), np.float16)
    except OSError:
        return None
    if kept.size != len(model.wordings) * len(model.columns) or not np.isfinite(kept).all():
        return None
    return kept.reshape(len(model.wordings), len(model.columns)).astype(np.float32)


def keep_model(folder: Path | None, model: KeptModel, coefficients: Floats | None) -> None:
    if folder is None:
        return
    path = _path(folder, model)
    if coefficients is not None:
        _write(path.with_suffix(".f16"), coefficients.astype("float16").tobytes())
        _forget(folder, "weights-*.f16", _MOST_COEFFICIENTS)
    _write(path, msgspec.json.encode(model))
    _forget(folder, "weights-*.json", _MOST)


def _write(path: Path, content: bytes) -> None:
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(content)
        temporary.replace(path)


def _forget(folder: Path, pattern: str, most: int) -> None:
    with suppress(OSError):
        for one in _newest(folder, pattern)[most:]:
            one.unlink(missing_ok=True)


def _newest(folder: Path | None, pattern: str) -> Sequence[Path]:
    if folder is None:
        return []
    with suppress(OSError):
        return sorted(folder.glob(pattern), key=lambda one: one.stat().st_mtime, reverse=True)
    return []


def _path(folder: Path, model: KeptModel) -> Path:
    told = (_VERSION, model.kind, model.wordings, model.codes, model.columns, model.learned_from)
    return folder / f"weights-{xxhash.xxh3_128_hexdigest(msgspec.msgpack.encode(told))}.json"
