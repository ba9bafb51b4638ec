"""Progress in a terminal: one live line; plain lines where it is not a terminal."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from jobpipe.runs.progress import Progress, Reading

PLAIN_SECONDS = 5.0
LIVE_SECONDS = 0.2


def progress_for(stream: TextIO) -> Progress:
    return LiveProgress(stream) if stream.isatty() else PlainProgress(stream)


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


class PlainProgress(Progress):
    """A line at the beginning, one every few seconds, for logs."""

    seconds_between = PLAIN_SECONDS

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._name = ""
        self._began = self._said = time.monotonic()

    def begin(self, name: str, run: int) -> None:
        self._name = name
        self._began = self._said = time.monotonic()
        self._line(f"{name}: run {run}")

    def update(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._said >= self.seconds_between:
            self._said = now
            self._line(self.describe(reading, now - self._began))

    def say(self, message: str) -> None:
        self._line(f"{self._name}: {message}" if self._name else message)

    def describe(self, reading: Reading, seconds: float) -> str:
        """Stage, records, speed, and how long it may still take where the size is known."""
        rate = reading.records / seconds if seconds > 0 else 0.0
        text = f"{self._name}: {reading.stage}, {reading.records:,} records"
        if reading.known:
            text += f" ({reading.known:,} known)"
        text += f", {rate:,.0f}/s"
        if reading.total_bytes and reading.bytes:
            share = min(1.0, reading.bytes / reading.total_bytes)
            left = seconds / share - seconds
            text += f", {share:.0%}, about {duration(left)} left"
        elif reading.bytes:
            text += f", {reading.bytes / 1e6:,.0f} MB"
        return text

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class LiveProgress(PlainProgress):
    """One line that is written over."""

    seconds_between = LIVE_SECONDS

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        super().__init__(stream)
        self._is_open = False

    def begin(self, name: str, run: int) -> None:
        self._name = name
        self._began = time.monotonic()
        self._said = self._began - LIVE_SECONDS

    def update(self, reading: Reading) -> None:
        now = time.monotonic()
        if now - self._said >= self.seconds_between:
            self._said = now
            self._write_over(self.describe(reading, now - self._began))

    def say(self, message: str) -> None:
        self._write_over("")
        super().say(message)

    def end(self) -> None:
        if self._is_open:
            self._write_over("")
            self._is_open = False

    def _write_over(self, text: str) -> None:
        import shutil

        width = shutil.get_terminal_size().columns - 1
        # Back to the start, erase the line (ECMA-48 EL), write what fits.
        self._stream.write("\r\x1b[K" + text[:width])
        self._stream.flush()
        self._is_open = True
