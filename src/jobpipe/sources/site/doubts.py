"""What speaks against a crawl having seen all of its site, for the last answer."""

from __future__ import annotations

_SHOWN = 3


class Doubts:
    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}
        self.notices: list[str] = []

    def add(self, why: str) -> None:
        self._reasons.setdefault(why)

    def note(self, what: str) -> None:
        if len(self.notices) < 20:
            self.notices.append(what)

    @property
    def why(self) -> str:
        """ "" = none."""
        reasons = list(self._reasons)
        more = len(reasons) - _SHOWN
        return "; ".join(reasons[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
