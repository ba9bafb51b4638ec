"""Writing an export: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.writing import write_whole
from jobpipe.posting import JobPosting


def export_to_file(
    postings: Iterable[JobPosting], output: OutputFormat, path: Path, setting: Setting | None = None
) -> int:
    """Write the postings beside `path`, then swap the file in; how many there were.

    A reader of `path` sees the old file or the new one, never a half.  Raises JobpipeError where the
    folder cannot be written.
    """
    counted = 0

    def count() -> Iterable[JobPosting]:
        nonlocal counted
        for posting in postings:
            counted += 1
            yield posting

    write_whole(output.write(count(), setting or Setting()), path)
    return counted
