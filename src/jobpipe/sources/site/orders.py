"""What the crawl's process is told, as JSON on its standard input."""

from __future__ import annotations

from datetime import datetime

import msgspec

from jobpipe.definition.logins import Auth
from jobpipe.definition.sites import Site
from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError
from jobpipe.safety.limits import Limits
from jobpipe.sources.asking import Surroundings

# What the crawl's process ends with where its host never answered: no crash, but a failure of that host.
SILENT = 4
_LOGINS = ("basic", "bearer", "key", "oauth2")


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    # The block `site`, secrets in place.
    site: dict[str, object]
    # Sent to the hosts that the definition names, and to no other.
    headers: dict[str, str]
    # The block `auth`, secrets in place; {} = none.
    auth: dict[str, object]
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
    # The definition itself says how many requests its host bears.
    says_per_host: bool = False
    cache: str
    # A file of answers that are given instead of the site's, which is not asked then; "" = there is none.
    kept: str = ""

    def of_site(self) -> Site:
        return Site.model_validate(self.site)

    def of_auth(self) -> Auth | None:
        return Auth.model_validate(self.auth) if self.auth else None


def orders_for(source: Source, surroundings: Surroundings) -> Orders:
    """Raises DefinitionError where the login is of a kind that pages do not have."""
    assert source.site is not None
    if source.auth is not None and not any(getattr(source.auth, name) for name in _LOGINS):
        raise DefinitionError(
            "a site takes no such login",
            hint="auth of a site is basic, bearer, a key or oauth2; or use `form`",
        )
    limits = Limits.given(**source.limits.model_dump())
    memory = surroundings.memory
    return Orders(
        site=source.site.model_dump(mode="json", by_alias=True),
        headers=source.headers,
        auth=source.auth.model_dump(mode="json", by_alias=True, exclude_none=True) if source.auth else {},
        allow=tuple(source.allow),
        timeout=source.timeout,
        max_bytes=limits.record,
        root=str(surroundings.root),
        since=memory.since,
        pages=tuple(sorted(memory.pages())) if memory.since is not None else (),
        enough=surroundings.enough,
        says_per_host="per_host" in source.site.model_fields_set,
        cache=str(surroundings.cache or ""),
        kept=str(surroundings.kept.file) if surroundings.kept is not None else "",
    )
