"""Progress in a terminal: one live line, with a bar; plain lines where it is not a terminal, or documents."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

import msgspec

from jobpipe.runs.progress import Progress, Reading

# none, bar, log or json; otherwise as fits what it is written to.
VARIABLE = "JOBPIPE_PROGRESS"
PLAIN_SECONDS = 10.0
LIVE_SECONDS = 0.2
# Characters of a bar.
_WIDTH = 8


def chosen_for(stream: TextIO) -> str:
    """What was asked for, else a bar in a terminal that somebody looks at."""
    asked = os.environ.get(VARIABLE, "")
    return asked or ("bar" if stream.isatty() and not os.environ.get("CI") else "log")


def progress_for(stream: TextIO) -> Progress:
    chosen = chosen_for(stream)
    if chosen == "none":
        return Progress()
    return {"bar": LiveProgress, "json": JsonProgress}.get(chosen, PlainProgress)(stream)


def bar_of(share: float) -> str:
    full = round(share * _WIDTH)
    return "━" * full + "─" * (_WIDTH - full)


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
        self._line(f"{name}: run {run}" if run else f"{name}: trying")

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
        if reading.share is not None:
            left = seconds / reading.share - seconds
            text += f", {reading.share:.0%}, {duration(left)} left"
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

    def describe(self, reading: Reading, seconds: float) -> str:
        text = super().describe(reading, seconds)
        return text if reading.share is None else f"{bar_of(reading.share)} {text}"

    def _write_over(self, text: str) -> None:
        import shutil

        width = shutil.get_terminal_size().columns - 1
        # Back to the start, erase the line (ECMA-48 EL), write what fits.
        self._stream.write("\r\x1b[K" + text[:width])
        self._stream.flush()
        self._is_open = True


class JsonProgress(PlainProgress):
    """A document a line, for programs: always the same names."""

    seconds_between = 1.0

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        super().__init__(stream)
        self._run = 0
        self._reading = Reading()

    def begin(self, name: str, run: int) -> None:
        self._name, self._run = name, run
        self._began = self._said = time.monotonic()
        self._tell("begin")

    def update(self, reading: Reading) -> None:
        self._reading = reading
        now = time.monotonic()
        if now - self._said >= self.seconds_between:
            self._said = now
            self._tell("progress")

    def say(self, message: str) -> None:
        self._tell("message", message)

    def end(self) -> None:
        self._tell("end")

    def _tell(self, event: str, message: str = "") -> None:
        reading = self._reading
        document = {
            "event": event,
            "import": self._name,
            "run": self._run,
            "stage": reading.stage,
            "records": reading.records,
            "known": reading.known,
            "bytes": reading.bytes,
            "total_bytes": reading.total_bytes,
            "seconds": round(time.monotonic() - self._began, 1),
            "message": message,
        }
        self._line(msgspec.json.encode(document).decode())


class Board:
    """Several imports: those that are under way, and how many are left. Written by one thread, told by many."""

    # Of the imports under way, at most so many have a line.
    most_lines = 10

    def __init__(self, stream: TextIO, imports: int) -> None:
        self._stream = stream
        self._imports = imports
        self._under_way: dict[str, _Line] = {}
        self._done = self._records = 0
        self._began = self._said = time.monotonic()

    def progress_of(self, name: str) -> Progress:
        return _Line(self, name)

    def ended(self, name: str, records: int) -> None:
        self._under_way.pop(name, None)
        self._done += 1
        self._records += records

    def show(self) -> None:
        """What there is to say now, where it is time to say it."""
        now = time.monotonic()
        if now - self._said >= PLAIN_SECONDS:
            self._said = now
            print(self.total(), file=self._stream, flush=True)

    def clear(self) -> None:
        """Make room for other lines."""

    def total(self) -> str:
        lines = list(self._under_way.values())
        left = self._imports - self._done - len(lines)
        records = self._records + sum(line.reading.records for line in lines)
        passed = duration(time.monotonic() - self._began)
        done = f"{self._done:,} of {self._imports:,} done, {len(lines)} under way, {left:,} to come"
        return f"{done}; {records:,} records, {passed}"

    def begun(self, line: _Line) -> None:
        self._under_way[line.name] = line


class LiveBoard(Board):
    """Lines that are written over: the imports that have been under way longest, and a total."""

    def __init__(self, stream: TextIO, imports: int) -> None:
        super().__init__(stream, imports)
        self._height = 0

    def show(self) -> None:
        import shutil

        size = shutil.get_terminal_size()
        lines = sorted(self._under_way.values(), key=lambda line: line.began)
        shown = lines[: max(1, min(self.most_lines, size.lines - 3))]
        width = max((len(line.name) for line in shown), default=0)
        texts = [f"  {line.name:{width}}  {line.describe()}" for line in shown]
        if len(lines) > len(shown):
            texts.append(f"  … and {len(lines) - len(shown)} more")
        texts.append(self.total())
        # Up to the first of the old lines, and what is below it is erased (ECMA-48 CPL, ED).
        up = f"\x1b[{self._height}F\x1b[J" if self._height else ""
        self._stream.write(up + "".join(text[: size.columns - 1] + "\n" for text in texts))
        self._stream.flush()
        self._height = len(texts)

    def clear(self) -> None:
        if self._height:
            self._stream.write(f"\x1b[{self._height}F\x1b[J")
            self._stream.flush()
            self._height = 0


class _Line(Progress):
    """One import on a board; told by its conductor's thread."""

    def __init__(self, board: Board, name: str) -> None:
        self._board = board
        self.name = name
        self.reading = Reading()
        self.began = time.monotonic()

    def begin(self, name: str, run: int) -> None:
        self.began = time.monotonic()
        self._board.begun(self)

    def update(self, reading: Reading) -> None:
        self.reading = reading

    def describe(self) -> str:
        reading = self.reading
        passed = duration(time.monotonic() - self.began)
        if not reading.records:
            return f"waiting for its source, {passed}"
        rate = reading.records / max(time.monotonic() - self.began, 0.001)
        told = f"{reading.records:,} records, {rate:,.0f}/s, {passed}"
        return told if reading.share is None else f"{bar_of(reading.share)} {reading.share:4.0%} {told}"


class JsonBoard(Board):
    """Documents of all imports, each with its name; nothing of them together."""

    def progress_of(self, name: str) -> Progress:
        return JsonProgress(self._stream)

    def show(self) -> None:
        pass


def board_for(stream: TextIO, imports: int) -> Board:
    chosen = chosen_for(stream)
    if chosen == "none":
        return SilentBoard(imports)
    return {"bar": LiveBoard, "json": JsonBoard}.get(chosen, Board)(stream, imports)


class SilentBoard(Board):
    def __init__(self, imports: int) -> None:
        super().__init__(sys.stderr, imports)

    def show(self) -> None:
        pass
