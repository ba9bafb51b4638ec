"""What the columns of a table are called."""

from __future__ import annotations

from collections.abc import Sequence

from jobpipe.sources.record import FormatSettings


def column_names(first_row: Sequence[str], settings: FormatSettings) -> tuple[str, ...]:
    """From the header, or from how many cells the first row has where there is none.

    The definition's `columns` go before; a column without a name is called by its number (`column_3`).  A name
    that stands twice stays: a path with it means both.
    """
    given = settings.columns
    written = [" ".join(cell.split()) for cell in first_row] if settings.header else [""] * len(first_row)
    if not settings.header and given:
        # They say how wide the table is, whatever is in its first row.
        return given
    names = [*given, *written[len(given) :]]
    return tuple(name or f"column_{number}" for number, name in enumerate(names, start=1))
