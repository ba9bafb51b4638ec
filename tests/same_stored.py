"""Whether two projects hold the same: row by row, posting by posting; and in words what differs."""

from __future__ import annotations

from typing import Any

# Of a report: what two honest runs over the same bytes cannot differ in.
COMPARED = ("account", "expired", "live", "state")
SHOWN = 10


def account_of(report: dict[str, Any]) -> dict[str, Any]:
    """Of `jobpipe run --json`."""
    return {name: report[name] for name in COMPARED}


def difference(mine: Any, theirs: Any) -> str:
    """Of what `ProjectFolder.contents` gives: the first rows and postings that differ."""
    (rows, postings), (their_rows, their_postings) = mine, theirs
    lines = [f"missing {row}" for row in rows if row not in their_rows]
    lines += [f"too many {row}" for row in their_rows if row not in rows]
    lines += [f"another posting {key}" for key in postings if postings[key] != their_postings.get(key)]
    return f"{len(lines)} differences\n" + "\n".join(lines[:SHOWN])
