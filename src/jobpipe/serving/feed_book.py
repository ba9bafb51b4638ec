"""Which feeds there are, and what each asks of whoever wants it: as the files of `destinations/` say just now."""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobpipe.definition.file_stamp import Stamp, stamp_of
from jobpipe.definition.project import Project
from jobpipe.definition.targets import ServedTarget
from jobpipe.destinations.published import feed_folder
from jobpipe.errors import DefinitionError, JobpipeError, Place
from jobpipe.safety.secrets import process_redactor

log = logging.getLogger("jobpipe.serve")

# Seconds after which a password is looked for anew: it may be sealed, or in another environment by now.
_KEPT = 60.0


@dataclass(frozen=True, slots=True)
class Feed:
    name: str
    folder: Path
    # Of `user:password`; b"" = it is for everybody.
    login: bytes

    def lets_in(self, login: bytes) -> bool:
        """In a time that says nothing of how much of it was right."""
        return not self.login or hmac.compare_digest(_digest(login), self.login)


@dataclass(frozen=True, slots=True)
class _Page:
    stamp: Stamp | None
    at: float
    # None = it is no feed; an error = its file, or its password, cannot be read.
    feed: Feed | JobpipeError | None


class FeedBook:
    """For any number of threads."""

    def __init__(self, project: Project, login_of: Callable[[ServedTarget], str]) -> None:
        """`login_of`: `user:password`, without `${NAME}`."""
        self._project = project
        self._login_of = login_of
        self._turn = threading.Lock()
        self._pages: dict[str, _Page] = {}

    def feed(self, name: str) -> Feed | None:
        """None = there is no such feed. Raises JobpipeError where it cannot be said who may have it."""
        if name not in self._project.destinations():
            return None
        page = self._page(name)
        if isinstance(page.feed, JobpipeError):
            raise page.feed
        return page.feed

    def _page(self, name: str) -> _Page:
        stamp = stamp_of(self._project.root / "destinations" / f"{name}.yaml")
        with self._turn:
            page = self._pages.get(name)
            if page is None or page.stamp != stamp or time.monotonic() - page.at > _KEPT:
                page = _Page(stamp, time.monotonic(), self._read(name))
                self._pages[name] = page
            return page

    def _read(self, name: str) -> Feed | JobpipeError | None:
        try:
            target = self._project.load_destination(name).to
            if not isinstance(target, ServedTarget):
                return None
            return Feed(name, feed_folder(self._project.state_dir, name), self._login(name, target))
        except JobpipeError as error:
            log.error("the feed %s is not handed out: %s", name, error)
            return error

    def _login(self, name: str, target: ServedTarget) -> bytes:
        if not target.password:
            return b""
        login = self._login_of(target)
        user, _, password = login.partition(":")
        if not user or not password:
            # What was meant to be kept from everybody is not for everybody because a variable is empty.
            raise DefinitionError(
                "to.password is empty or has no user",
                place=Place(source=f"destinations/{name}.yaml"),
                hint='write `password: "${FEED_USER}:${FEED_PASSWORD}"`, and set both',
            )
        process_redactor.add(password)
        return _digest(login.encode())


def _digest(login: bytes) -> bytes:
    return hashlib.sha256(login).digest()
