"""A crawl's process takes about a second to load what it needs, as the command itself does: both do it at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobpipe.sources.site.process import CrawlProcess, HeadStart

# It is only a guess: a process that nobody wants is ended, and who wants one and has none starts it.
_SITE = re.compile(r"^\s+site\s*:|^source\s*:\s*\{.*\bsite\s*:", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SETTINGS = "jobpipe.yaml"


@contextmanager
def head_start(folder: str | None, name: str) -> Iterator[HeadStart]:
    """For the import of this name, where it seems to be a site."""
    root = _root(folder)
    found = HeadStart(CrawlProcess(root) if root is not None and _seems_to_be_a_site(root, name) else None)
    try:
        yield found
    finally:
        found.close()


def _root(folder: str | None) -> Path | None:
    named = folder or os.environ.get("JOBPIPE_PROJECT")
    candidates = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents]
    return next((one.resolve() for one in candidates if (one / _SETTINGS).is_file()), None)


def _seems_to_be_a_site(root: Path, name: str) -> bool:
    try:
        text = (root / "imports" / f"{name}.yaml").read_text(encoding="utf-8") if _NAME.fullmatch(name) else ""
    except (OSError, ValueError):
        return False
    return _SITE.search(text) is not None
