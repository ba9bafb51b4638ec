"""The few pages that are looked at to draft a site: by the project's own transport, within its network guard, as
robots.txt allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.errors import SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.formats.html.page import Page, read_page
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.transports.exchange import user_agent
from jobpipe.sources.transports.http import HttpTransport
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Request

# All requests together, that for robots.txt included.
MOST_VISITS = 10
_MOST_BYTES = 12 * 1024 * 1024
_SECONDS = 30.0
# A page that is looked at by the way is not waited for.
_PATIENCE = Patience(attempts=2, longest_wait=2.0, longest_retry_after=5.0)

Tell = Callable[[str], None]


class Asking(Protocol):
    def __call__(self, *, location: str) -> Request: ...


@dataclass(frozen=True, slots=True)
class Visited:
    # After redirects.
    url: str
    body: bytes
    charset: str

    @property
    def page(self) -> Page:
        return read_page(self.body, FormatSettings(page_url=self.url, transport_encoding=self.charset or None))


class Visits:
    """Of one site, that of the address which a person named."""

    def __init__(self, start: str, tell: Tell, asking: Asking = Request) -> None:
        """`asking`: with what one logs in at that site, and nowhere else."""
        self._start = start
        self._asking = asking
        self._tell = tell
        self._left = MOST_VISITS
        self._robots: dict[str, RobotFileParser] = {}
        self._seen: dict[str, Visited | None] = {}

    def begin(self) -> Visited:
        """The page itself. Raises SourceError where it cannot be had, or robots.txt forbids it."""
        if not self._may(self._start):
            raise SourceError(
                f"robots.txt of {parts_of(self._start).netloc} forbids it",
                hint="ask the site for its consent, or for a feed",
            )
        return self._ask(self._start)

    def at(self, url: str) -> Visited | None:
        """None = it cannot be had, or may not, or enough was asked."""
        url = url.partition("#")[0]
        if url not in self._seen:
            self._seen[url] = self._try(url)
        return self._seen[url]

    def sitemaps(self) -> list[str]:
        """Those that robots.txt names, else where they usually are."""
        robots = self._robots_of(self._start)
        return list(robots.site_maps() or []) or [urljoin(self._start, "/sitemap.xml")]

    def _try(self, url: str) -> Visited | None:
        if not url.startswith(("http://", "https://")) or self._left <= 0 or not self._may(url):
            return None
        try:
            return self._ask(url)
        except SourceError as error:
            self._tell(f"{redact(url)}: {error.message}")
            return None

    def _ask(self, url: str) -> Visited:
        self._left -= 1
        self._tell(f"looking at {redact(url)}")
        is_own = parts_of(url)[:2] == parts_of(self._start)[:2]
        asked = self._asking(location=url) if is_own else Request(location=url)
        request = replace(asked, timeout=_SECONDS, max_bytes=_MOST_BYTES)
        # What a page leads to is reached only where it is public: a page names no machine of the house.
        with open_stream(request, HttpTransport(patience=_PATIENCE, named_by=self._start)) as stream:
            body = b"".join(stream)
            arrival = stream.arrival
        return Visited(arrival.found_at or url, body, arrival.charset)

    def _may(self, url: str) -> bool:
        return self._robots_of(url).can_fetch(user_agent(), url)

    def _robots_of(self, url: str) -> RobotFileParser:
        """A site without one allows all."""
        parts = parts_of(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            robots = self._robots[site] = RobotFileParser()
            try:
                text = self._ask(f"{site}/robots.txt").body.decode("utf-8", "replace")
            except SourceError:
                text = ""
            robots.parse([] if "<html" in text[:500].lower() else text.splitlines())
        return self._robots[site]
