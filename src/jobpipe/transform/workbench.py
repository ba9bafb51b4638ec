"""What steps may look at and leave behind while one record is transformed.

One workbench a compiled definition; `begin` clears it for the next record.  Steps get it when they are
built, never when they are called, so that a step that needs nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Workbench:
    def __init__(
        self,
        *,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        hook: Callable[[str], Callable[..., Any]] | None = None,
    ) -> None:
        # Mapping tables by name: label -> value.
        self.tables: Mapping[str, Mapping[str, Any]] = tables or {}
        # Finds a house's own function by "hooks:name"; raises DefinitionError when there is none.
        self.hook = hook
        self.day = ""
        self.day_was_used = False
        self.unmapped: list[tuple[str, str]] = []
        # The fields made so far, for steps such as `template`; in the definition's order.
        self.posting: dict[str, Any] = {}

    def begin(self, day: str) -> None:
        """The next record: words such as "yesterday" count from `day` (ISO date)."""
        self.day = day
        self.day_was_used = False
        self.unmapped = []
        self.posting = {}
