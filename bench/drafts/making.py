"""Drafts a definition as a newcomer does, in a fresh project, and gives the postings that it makes of the sample."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from jobpipe.cli.main import jobpipe
from jobpipe.definition.project import find_project
from jobpipe.errors import JobpipeError
from jobpipe.runs.previewing import preview

_MOST = 100_000


@dataclass
class Made:
    # In the order of the source; None = no posting came of the record.
    postings: list[dict[str, Any] | None] = field(default_factory=list)
    # The places of those that no definition can read: the source broke them.
    unreadable: frozenset[int] = frozenset()
    # What a person would have been asked, by field.
    asked: list[str] = field(default_factory=list)
    definition: str = ""
    seconds: float = 0.0
    # Why there is no definition, or no record; "" = there is.
    trouble: str = ""


def make(sample: Path) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "jobpipe.yaml").write_text("{}\n")
        (root / "imports").mkdir()
        shutil.copy(sample, root / sample.name)
        begun = time.perf_counter()
        words = ["-C", folder, "new", "drafted", str(root / sample.name), "--yes", "--json"]
        given = CliRunner().invoke(jobpipe, words)
        made = Made(seconds=time.perf_counter() - begun)
        if given.exit_code:
            made.trouble = " ".join((given.output or repr(given.exception)).split())[:300]
            return made
        made.asked = [one["about"] for one in json.loads(given.stdout).get("questions", [])]
        made.definition = (root / "imports" / "drafted.yaml").read_text()
        try:
            records = preview(find_project(root, {}), "drafted", count=_MOST).records
        except JobpipeError as error:
            made.trouble = str(error)
            return made
        made.postings = [one.posting for one in records]
        made.unreadable = frozenset(place for place, one in enumerate(records) if one.record is None)
        return made
