"""What is wrong with a file that a person wrote: each fault with its line, its column and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobpipe.definition.yaml import Spot
from jobpipe.errors import DefinitionError, Place

# Characters of a line that are shown: with the number before it, it fits a terminal of 80 columns.
SHOWN = 70
# Of these, how many stand before the spot where a line is too long.
_BEFORE = 30

# A login that stands in the file itself: its place is the environment, and never a log.
_LOGIN = re.compile(
    r"""((?:basic|bearer|authorization|cookie|[\w-]*(?:token|secret|passw\w*|-key))["']?\s*:\s*["']?)([^"',{}\n]+)""",
    re.IGNORECASE,
)
# Of a URL: what stands before its host.
_LOGIN_OF_URL = re.compile(r"(://)([^/?#\s@\"']+)(?=@)")


@dataclass(frozen=True, slots=True)
class Fault:
    spot: Spot
    message: str
    hint: str = ""
    # See `jobpipe.error_codes`.
    code: str = "JP1001"


class InvalidFileError(DefinitionError):
    """All that is wrong with one file."""

    def __init__(self, shown: str, text: str, faults: Sequence[Fault]) -> None:
        self.shown = shown
        self.text = text
        self.faults = sorted(faults, key=lambda fault: (fault.spot.line, fault.spot.column))
        # As editors count them: a form feed or U+2028 begins no line.
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        first = self.faults[0]
        place = Place(source=shown, line=first.spot.line, column=first.spot.column)
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(first.message + more, place=place, hint=first.hint)
        self.code = first.code

    def render(self, *, word: str = "error") -> str:
        """Every fault with its line and a mark under the spot, for a terminal."""
        return "\n".join(self._render(fault, word) for fault in self.faults)

    def _render(self, fault: Fault, word: str) -> str:
        spot = fault.spot
        rendered = f"{word}: {self.shown}:{spot.line}:{spot.column}: {fault.message} [{fault.code}]"
        if spot.line <= len(self._lines):
            line, start = _window(without_logins(self._lines[spot.line - 1].replace("\t", " ")), spot.column)
            length = min(spot.length, max(1, len(line) - start + 1))
            number = f"{spot.line:4}"
            rendered += f"\n{number} | {line}\n{' ' * len(number)} | {' ' * (start - 1)}{'^' * length}"
        return rendered + (f"\n  hint: {fault.hint}" if fault.hint else "")

    def as_documents(self) -> list[dict[str, str | int]]:
        """For scripts and editors."""
        return [
            {
                "file": self.shown,
                "line": fault.spot.line,
                "column": fault.spot.column,
                "message": fault.message,
                "hint": fault.hint,
                "code": fault.code,
            }
            for fault in self.faults
        ]


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a long line around a column, and the column in it."""
    if len(line) <= SHOWN:
        return line, column
    if column <= SHOWN - 2:
        return line[: SHOWN - 1] + "…", column
    start = column - 1 - _BEFORE
    part = line[start : start + SHOWN - 2]
    return f"…{part}" + ("…" if start + len(part) < len(line) else ""), _BEFORE + 2


def without_logins(line: str) -> str:
    """Masked character by character, so that the columns stay; `${NAME}` is no secret."""
    for login in (_LOGIN, _LOGIN_OF_URL):
        line = login.sub(lambda found: found[1] + ("*" * len(found[2]) if "$" not in found[2] else found[2]), line)
    return line
