"""Text that every ledger can store."""

from __future__ import annotations


def storable(text: str) -> str:
    """Without what PostgreSQL refuses, and sources may well hold: NUL, and halves of a UTF-16 pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
