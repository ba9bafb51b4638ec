"""The labels that one record was made with, as its state row keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from jobpipe.taxonomy.tables import use_of

# A record with more of them is hardly one offer: of the others it remembers nothing.
MAX_LABELS = 500


def labels_text(uses: list[str], unmapped: Iterable[tuple[str, str]]) -> str:
    """A line a use, each once, in the order of their appearance; see `jobpipe.taxonomy.tables.Use.text`."""
    if len(uses) == 1 and not unmapped:
        return uses[0]
    # What a step for wordings (contract, country …) did not know is noted as unmapped only.
    noted = [use_of(table, label, None).text for table, label in unmapped if table.startswith("step:")]
    return "\n".join(list(dict.fromkeys(uses + noted))[:MAX_LABELS])
