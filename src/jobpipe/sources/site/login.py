"""Who crawls: what is sent to the hosts that the definition names, and to no other."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

from jobpipe.definition.logins import Auth, OAuth2
from jobpipe.safety.secrets import process_redactor


class Login:
    """Of one crawl, in its process."""

    def __init__(self, auth: Auth | None, headers: dict[str, str], allow: list[str], timeout: float) -> None:
        key = auth.key if auth else None
        in_header = {key.name: key.value} if key and key.in_ == "header" else {}
        self._headers = {**headers, **basic_or_bearer(auth), **in_header}
        # In the address.
        self.parameters = {key.name: key.value} if key and key.in_ == "query" else {}
        self._tokens = _tokens_of(auth.oauth2, allow, timeout) if auth and auth.oauth2 else None
        for secret in (*_secrets_of(auth), *self.parameters.values()):
            process_redactor.add(secret)

    async def headers(self) -> dict[str, str]:
        """Raises SourceError where no token is to be had."""
        if self._tokens is None:
            return self._headers
        return {**self._headers, "Authorization": f"Bearer {await self._tokens.token()}"}

    @property
    def names(self) -> set[str]:
        """Of the headers that are never sent to another host."""
        return {*self._headers, "Authorization"}

    def can_renew(self, sent: str) -> bool:
        """The site refused this Authorization: whether another one is worth a try."""
        if self._tokens is None:
            return False
        self._tokens.refused(sent.removeprefix("Bearer "))
        return True

    def signed(self, url: str) -> str:
        """With the parameters."""
        bare = self.bare(url)
        if not self.parameters:
            return bare
        parts = urlsplit(bare)
        added = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in self.parameters.items())
        return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()

    def bare(self, url: str) -> str:
        """Without the parameters, whoever put them there."""
        if not self.parameters or "?" not in url:
            return url
        parts = urlsplit(url)
        kept = [one for one in parts.query.split("&") if unquote_plus(one.partition("=")[0]) not in self.parameters]
        return parts._replace(query="&".join(kept)).geturl()


def _tokens_of(oauth2: OAuth2, allow: list[str], timeout: float) -> Any:
    """As services have them; imported only where it is needed."""
    from jobpipe.definition.source import Source
    from jobpipe.sources.api.login import Tokens
    from jobpipe.sources.api.web import Question, Web
    from jobpipe.sources.transports.transport import Request

    # The definition's headers are for the site.
    asked = Source(feed=oauth2.url, allow=allow)
    web = Web(asked, Request(location=oauth2.url, timeout=timeout), [oauth2.url], has_http_login=False)

    async def send(url: str, form: bytes, headers: Mapping[str, str]) -> Any:
        return await web.ask(Question(url, "POST", form, tuple(headers.items())))

    return Tokens(oauth2, send)


def basic_or_bearer(auth: Auth | None) -> dict[str, str]:
    if auth is not None and auth.basic:
        return {"Authorization": "Basic " + base64.b64encode(auth.basic.encode()).decode("ascii")}
    if auth is not None and auth.bearer:
        return {"Authorization": f"Bearer {auth.bearer}"}
    return {}


def _secrets_of(auth: Auth | None) -> list[str]:
    if auth is None:
        return []
    found = [auth.basic, auth.bearer, auth.key.value if auth.key else None]
    if auth.oauth2 is not None:
        found += [auth.oauth2.client_secret]
    return [secret for secret in found if secret]
