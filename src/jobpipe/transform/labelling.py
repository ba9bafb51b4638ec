"""The labels that one record was made with, as its state row keeps them."""

from __future__ import annotations

# A record with more of them is hardly one offer: of the others it remembers nothing.
MAX_LABELS = 500


def labels_text(uses: list[str]) -> str:
    """A line a use, each once, in the order of their appearance; see `jobpipe.taxonomy.tables.Use.text`."""
    return uses[0] if len(uses) == 1 else "\n".join(list(dict.fromkeys(uses))[:MAX_LABELS])
