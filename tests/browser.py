"""Debian's Chromium, driven by Playwright, and the interface of a project served to it: for tests in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jobpipe.cli.showing import interface_of
from jobpipe.health.listening import listening
from jobpipe.runs.workspace import Workspace

CHROMIUM = shutil.which("chromium") or ""


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """The URL of the interface, until the block ends."""
    with listening(interface_of(workspace), "127.0.0.1:0") as url:
        yield url


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of Playwright's synchronous interface."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
