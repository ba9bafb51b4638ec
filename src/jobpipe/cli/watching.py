"""Showing something again whenever a file of a project is saved.

The files are looked at (`stat`) a few times a second: they are a handful, and that works where the notifications of a
kernel do not (shared folders, containers).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import click

from jobpipe.definition.file_stamp import Stamp
from jobpipe.errors import JobpipeError

# Seconds.
TICK = 0.2


def show_again(show: Callable[[], None], stamps: Callable[[], Mapping[Path, Stamp | None]]) -> None:
    """Until it is interrupted. What is wrong with a file is shown, and waits to be mended."""
    while True:
        before = _steady(stamps)
        _show(show)
        while stamps() == before:
            time.sleep(TICK)


def _steady(stamps: Callable[[], Mapping[Path, Stamp | None]]) -> Mapping[Path, Stamp | None]:
    """Once nothing is being written: many editors empty a file before they fill it."""
    seen = stamps()
    while True:
        time.sleep(TICK / 2)
        now = stamps()
        if now == seen:
            return now
        seen = now


def _show(show: Callable[[], None]) -> None:
    from jobpipe.cli.errors import print_error

    if sys.stdout.isatty():
        click.clear()
    try:
        show()
    except JobpipeError as error:
        sys.stdout.flush()
        print_error(error)
    sys.stdout.flush()
    click.echo(f"{datetime.now():%H:%M:%S}  waits for the next save; Ctrl-C ends", err=True)
