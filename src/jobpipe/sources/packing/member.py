"""One file of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, read while the archive is at it."""

    name: str
    chunks: Iterator[bytes]
    # Not to be unpacked further, whatever it looks like.
    is_final: bool = False


def is_litter(name: str) -> bool:
    """A file that the packing computer added for itself (`__MACOSX/…`, `.DS_Store`, `Thumbs.db`)."""
    parts = name.replace("\\", "/").split("/")
    last = parts[-1].lower()
    return "__MACOSX" in parts or last.startswith("._") or last in (".ds_store", "thumbs.db", "desktop.ini")
