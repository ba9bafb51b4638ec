"""What the crawl's process is told, as JSON on its standard input."""

from __future__ import annotations

from datetime import datetime

import msgspec

from jobpipe.definition.sites import Site
from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError
from jobpipe.safety.limits import Limits
from jobpipe.sources.asking import Surroundings


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    # The block `site`, secrets in place.
    site: dict[str, object]
    # Sent to the hosts that the definition names, and to no other.
    headers: dict[str, str]
    allow: tuple[str, ...]
    # Seconds for one page as a whole.
    timeout: float
    # Bytes of one page.
    max_bytes: int
    # The project's folder.
    root: str
    # When the last complete run began; the pages that its live postings are on.
    since: datetime | None
    pages: tuple[str, ...]
    enough: int | None
    cache: str

    def of_site(self) -> Site:
        return Site.model_validate(self.site)


def orders_for(source: Source, surroundings: Surroundings) -> Orders:
    """Raises DefinitionError where the login is of a kind that pages do not have."""
    assert source.site is not None
    limits = Limits.given(**source.limits.model_dump())
    memory = surroundings.memory
    return Orders(
        site=source.site.model_dump(mode="json", by_alias=True),
        headers={**source.headers, **_login(source)},
        allow=tuple(source.allow),
        timeout=source.timeout,
        max_bytes=limits.record,
        root=str(surroundings.root),
        since=memory.since,
        pages=tuple(sorted(memory.pages())) if memory.since is not None else (),
        enough=surroundings.enough,
        cache=str(surroundings.cache or ""),
    )


def _login(source: Source) -> dict[str, str]:
    auth = source.auth
    if auth is None:
        return {}
    if auth.basic:
        import base64

        return {"Authorization": "Basic " + base64.b64encode(auth.basic.encode()).decode("ascii")}
    if auth.bearer:
        return {"Authorization": f"Bearer {auth.bearer}"}
    if auth.key is not None and auth.key.in_ == "header":
        return {auth.key.name: auth.key.value}
    raise DefinitionError(
        "a site takes no such login", hint="auth of a site is basic, bearer or a key in a header; or use `form`"
    )
