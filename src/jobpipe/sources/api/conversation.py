"""A service that answers in pages: REST and GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from jobpipe.definition.services import Api
from jobpipe.definition.source import Source
from jobpipe.safety.limits import Limits
from jobpipe.safety.network import Resolve, resolve
from jobpipe.sources.answers import Answer, framed
from jobpipe.sources.api.asking import page_of, question_at, refuse_graphql_errors
from jobpipe.sources.api.details import Details
from jobpipe.sources.api.page import Page
from jobpipe.sources.api.placeholders import Position
from jobpipe.sources.api.replaying import headers_named, heard, web_of
from jobpipe.sources.api.turning import Turning
from jobpipe.sources.api.web import Web
from jobpipe.sources.asking import Surroundings, shown_place
from jobpipe.sources.formats.settings import settings_of
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Arrival, Request

# Bytes of a page that is cut in no time.
_SMALL = 128 * 1024


class ApiConversation:
    def __init__(
        self,
        source: Source,
        surroundings: Surroundings,
        *,
        patience: Patience | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        assert source.api is not None
        self._source = source
        self._api: Api = source.api
        self._enough = surroundings.enough
        self._surroundings = surroundings
        self._named = headers_named(source.api.page, source.total)
        self._patience = patience
        self._resolve = resolve
        limits = Limits.given(**source.limits.model_dump())
        self._settings = settings_of(source, max_record_bytes=limits.record)

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Nothing is asked before the stream is read."""
        return Arrival(shown=shown_place(self._source), name="answers"), self._frames(request)

    async def list(self, request: Request) -> list[str]:
        return [request.location]

    async def _frames(self, request: Request) -> AsyncIterator[bytes]:
        api = self._api
        web = web_of(
            self._surroundings,
            self._named,
            self._source,
            request,
            _own_urls(api),
            at_once=api.at_once,
            a_minute=api.a_minute,
            patience=self._patience,
            resolve=self._resolve,
        )
        try:
            async for answer in self._answers(web):
                yield framed(answer)
        finally:
            await web.aclose()

    async def _answers(self, web: Web) -> AsyncIterator[Answer]:
        api, enough = self._api, self._enough
        turning = Turning(api.page, stated_format=self._source.format, total_is_named=self._source.total is not None)
        details = Details(web, api.detail, api.at_once) if api.detail is not None else None

        exchanges: list[Answer] = []

        async def ask(position: Position) -> Page:
            page = page_of(await heard(web, question_at(api, position), exchanges, self._named))
            refuse_graphql_errors(api, page)
            if len(page.body) > _SMALL:
                # The loop is that of all sources: none waits for the pages of another.
                await asyncio.to_thread(page.cut, self._settings)
            else:
                page.cut(self._settings)
            return page

        async for page in turning.pages(ask):
            *others, of_page = exchanges
            exchanges.clear()
            for exchange in others:
                yield exchange
            if details is not None or not page.body:
                yield of_page
            if details is not None:
                wanted = None if enough is None else enough - turning.given + len(page.records)
                async for answer in details.of(page, wanted):
                    yield answer
            elif page.body:
                yield msgspec.structs.replace(page.answer(), exchange=of_page.exchange)
            if enough is not None and turning.given >= enough:
                yield Answer(kind="end", why=f"only the first {enough:,} records were wanted")
                return
        for exchange in exchanges:
            yield exchange
        yield _end(turning, details)


def _end(turning: Turning, details: Details | None) -> Answer:
    if details is None:
        return Answer(kind="end", why=turning.why, total=turning.total)
    total = turning.total
    return Answer(
        kind="end",
        why="; ".join(why for why in (turning.why, details.why) if why),
        # The service counts in its total what it then says is gone.
        total=None if total is None else max(0, total - len(details.gone)),
        notices=details.notices,
    )


def _own_urls(api: Api) -> list[str]:
    """Those that the definition names; where placeholders stand in a host, it is the records that name it."""
    urls = [api.url]
    if api.detail is not None:
        scheme, _, rest = api.detail.url.partition("://")
        host = rest.partition("/")[0].partition("?")[0]
        if host and "{" not in scheme + host:
            urls.append(f"{scheme}://{host}/")
    return urls
