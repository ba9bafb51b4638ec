"""What the steps that read wordings share: a wording that none of them knows is listed, or rejects the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from jobpipe.errors import RecordError
from jobpipe.transform.workbench import Workbench

# What becomes of a wording that is not known.
Unmapped = Literal["none", "reject"]


def wording_reader(
    step: str,
    read: Callable[[str], str | None],
    unmapped: Unmapped,
    bench: Workbench,
    refusal: Callable[[str], tuple[str, str]],
) -> Callable[[str], str | None]:
    """The function of a step whose `read` gives None for a wording that it does not know.

    `refusal` gives the message and the hint with which such a wording is rejected.
    """

    def run(text: str) -> str | None:
        wording = text.strip()
        if not wording:
            return None
        found = read(wording)
        if found is None:
            bench.unmapped.append((f"step:{step}", wording))
            if unmapped == "reject":
                message, hint = refusal(wording)
                raise RecordError(message, reason="unmapped", hint=hint)
        return found

    return run
