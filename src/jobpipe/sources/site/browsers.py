"""Which browser reads pages that need JavaScript: one that is installed here already."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jobpipe.errors import DefinitionError

# Names its executable; not for definitions, which must not say what is run.
VARIABLE = "JOBPIPE_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OF_PLAYWRIGHT = ("chrome", "headless_shell", "chrome-headless-shell")


def find_browser() -> str:
    """The path of a Chromium: the one that JOBPIPE_CHROMIUM names, Playwright's own, the system's.

    Raises DefinitionError where there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if shutil.which(named):
            return named
        raise DefinitionError(f"{VARIABLE} names {named}, which is no executable file")
    found = _of_playwright() or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        raise DefinitionError(
            "`browser: true` needs Chromium, which is not installed",
            hint=f"`apt-get install chromium` or `playwright install chromium`; {VARIABLE} names another executable",
        )
    return found


def _of_playwright() -> str:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for version in sorted(folder.glob("chromium*-*"), key=lambda path: (len(path.name), path.name), reverse=True):
        for name in _OF_PLAYWRIGHT:
            for path in version.glob(f"*/{name}"):
                if os.access(path, os.X_OK):
                    return str(path)
    return ""


def is_sandboxed() -> bool:
    """Chromium's own sandbox does not work for root."""
    return os.geteuid() != 0
