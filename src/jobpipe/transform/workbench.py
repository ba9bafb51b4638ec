"""What steps may look at and leave behind while one record is transformed.

One workbench a compiled definition; `begin` clears it for the next record.  Steps get it when they are
built, never when they are called, so that a step that needs nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobpipe.taxonomy.tables import MappingTable

# What a mapping table is given as: what a file says, or that with the decisions above it.
Table = Mapping[str, Any] | MappingTable


class Workbench:
    def __init__(
        self,
        *,
        tables: Mapping[str, Table] | None = None,
        hook: Callable[[str], Callable[..., Any]] | None = None,
    ) -> None:
        # Mapping tables by name; those in the rules of fields are named as `transform.tables.name_in_place` says.
        self.tables: Mapping[str, Table] = tables or {}
        # Finds a house's own function by "hooks:name"; raises DefinitionError when there is none.
        self.hook = hook
        self.day = ""
        self.day_was_used = False
        self.unmapped: list[tuple[str, str]] = []
        # Every label looked up in a table: `jobpipe.taxonomy.tables.Use.text`.
        self.labels: list[str] = []
        # The fields made so far, for steps such as `template`; in the definition's order.
        self.posting: dict[str, Any] = {}

    def begin(self, day: str) -> None:
        """The next record: words such as "yesterday" count from `day` (ISO date)."""
        self.day = day
        self.day_was_used = False
        self.unmapped = []
        self.labels = []
        self.posting = {}
