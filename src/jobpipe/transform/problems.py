"""What is wrong with a definition, each with its place in the YAML."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobpipe.errors import DefinitionError

# Keys and positions from the top of the definition in its normal form: ("posting", "title", "then", 0).
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    path: Path
    message: str
    hint: str = ""
    # Of the text there the characters that are meant (start, end); (0, 0) = all of it.
    span: tuple[int, int] = (0, 0)
    # See `jobpipe.error_codes`.
    code: str = "JP1001"

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class DefinitionProblems(DefinitionError):
    """Everything that is wrong with one definition."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)

    @property
    def path(self) -> Path:
        return self.problems[0].path


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest valid name; "" = none is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else ""
