"""What was worked out for a page, for as long as what it depends on stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from jobpipe.runs.workspace import Workspace
from jobpipe.web.project import workspace

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """Of each thing it is about the last one. For any number of threads, of which two may work out the same."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Workspace, Any, Made]] = {}

    def of(self, about: Hashable, mark: Any, work: Callable[[], Made]) -> Made:
        """What `work` gives, anew where the mark or the project is another."""
        there = workspace()
        known = self._known.get(about)
        if known is None or known[0] is not there or known[1] != mark:
            known = self._known[about] = there, mark, work()
        return known[2]
