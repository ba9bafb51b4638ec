"""Paths to elements outside the records: which element is a record, a feed-level value, or the total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Name(NamedTuple):
    """An element's name: as its tag writes it, and without the prefix."""

    written: str
    local: str

    @classmethod
    def of(cls, written: bytes, encoding: str = "utf-8") -> Name:
        text = written.decode(encoding, "backslashreplace")
        return cls(text, text.rpartition(":")[2])


class ElementPath:
    """`offre`, `jobs/job`, `/source/jobs/job`, `/source/@count`: names with or without their prefix.

    With a slash in front it is the whole way from the root, without one the end of the way.
    """

    def __init__(self, text: str) -> None:
        path = text.strip()
        self.text = text
        self._is_absolute = path.startswith("/") and not path.startswith("//")
        steps = [step.removesuffix("[*]") for step in path.strip("/").split("/") if step and step != "text()"]
        # The name of an attribute of the last element; "" = the element's text.
        self.attribute = steps.pop().removeprefix("@") if steps and steps[-1].startswith("@") else ""
        self.steps = tuple(steps)

    def leads_to(self, way: Sequence[Name]) -> bool:
        """`way`: from the root to the element itself."""
        steps = self.steps
        if not steps:
            return len(way) == 1
        if len(way) < len(steps) or (self._is_absolute and len(way) != len(steps)):
            return False
        return all(map(_is_named, steps, way[len(way) - len(steps) :]))

    def may_end_at(self, name: Name) -> bool:
        """A first, cheap question about an element."""
        return not self.steps or _is_named(self.steps[-1], name)

    def leads_below(self, way: Sequence[Name]) -> bool:
        """The element has the right name and lies in the right place, but deeper than it should (a whole way only)."""
        steps = self.steps
        return (
            self._is_absolute
            and 1 < len(steps) < len(way)
            and _is_named(steps[-1], way[-1])
            and all(map(_is_named, steps[:-1], way))
        )

    def leads_through(self, way: Sequence[Name]) -> bool:
        """The element is on the way to what is meant, and not its end (a whole way only)."""
        return self._is_absolute and len(way) < len(self.steps) and all(map(_is_named, self.steps, way))


def _is_named(step: str, name: Name) -> bool:
    return step in ("*", name.written) or (":" not in step and step == name.local)
