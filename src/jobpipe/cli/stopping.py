"""Processes that live until they are told to stop."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import TYPE_CHECKING

from jobpipe.cli.main import INTERRUPTED

if TYPE_CHECKING:
    from jobpipe.runs.starting import StopRequest


def stop_on_signals(stop: StopRequest) -> None:
    """SIGTERM or Ctrl-C; once more ends the process at once."""

    def stop_it(number: int, frame: FrameType | None) -> None:
        if stop.requested:
            # What ends at any moment can be taken up again.
            os._exit(INTERRUPTED)
        stop.requested = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_it)
