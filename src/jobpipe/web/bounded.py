"""Work that a page waits for, but not for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

from jobpipe.errors import JobpipeError

_Made = TypeVar("_Made")


class TookTooLongError(JobpipeError):
    """Nobody waits for it any more; it ends by itself."""

    code = "JP4005"


def within(seconds: float, work: Callable[[], _Made]) -> _Made:
    """What `work` gives, on a thread of its own; raises what it raises, and TookTooLongError."""
    made: list[_Made] = []
    failed: list[BaseException] = []

    def do() -> None:
        try:
            made.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=do, name="bounded", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not made:
        hint = "try again, or `jobpipe preview` in a terminal"
        raise TookTooLongError(f"it took longer than {seconds:.0f} s", hint=hint)
    return made[0]
