"""What each step of one field's rule was given, and what it made of it: for the person who writes the rule."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from jobpipe.errors import RecordError
from jobpipe.transform.field import Watch
from jobpipe.transform.stepping import Run


@dataclass(frozen=True, slots=True)
class StepTrace:
    # The field, or the part of one: title, salary.min.
    field: str
    # In the words of a definition: `split`, `each place`, `map`, `then clean`; `checked` = brought to the one form.
    piece: str
    given: Any
    # None = nothing.
    made: Any
    error: str = ""


def watching(field: str, traces: list[StepTrace]) -> Watch:
    """Puts what the pieces of this field's rule do into `traces`, as it happens."""

    def watch(name: str, piece: str, run: Run) -> Run:
        if name.partition(".")[0] != field:
            return run

        def run_and_tell(value: Any) -> Any:
            given = copy.deepcopy(value)
            try:
                made = run(value)
            except RecordError as error:
                traces.append(StepTrace(name, piece, given, None, error.message))
                raise
            traces.append(StepTrace(name, piece, given, copy.deepcopy(made)))
            return made

        return run_and_tell

    return watch
