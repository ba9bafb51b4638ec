"""A SOAP service, asked page by page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from jobpipe.definition.services import Soap
from jobpipe.definition.source import Source
from jobpipe.safety.limits import Limits
from jobpipe.safety.network import Resolve, resolve
from jobpipe.sources.answers import Answer, framed
from jobpipe.sources.api.page import Page
from jobpipe.sources.api.placeholders import Position, filled
from jobpipe.sources.api.replaying import headers_named, web_of
from jobpipe.sources.api.turning import Turning
from jobpipe.sources.api.web import Web, shown
from jobpipe.sources.asking import Surroundings, shown_place
from jobpipe.sources.formats.settings import settings_of
from jobpipe.sources.soap.calling import Service, is_web_address
from jobpipe.sources.soap.envelope import cut, first_part, refuse_fault
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Arrival, Request


class SoapConversation:
    def __init__(
        self,
        source: Source,
        surroundings: Surroundings,
        *,
        patience: Patience | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        assert source.soap is not None
        self._source = source
        self._soap: Soap = source.soap
        self._root: Path = surroundings.root
        self._enough = surroundings.enough
        self._surroundings = surroundings
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
        soap = self._soap
        web = web_of(
            self._surroundings,
            headers_named(soap.page, self._source.total),
            self._source,
            request,
            [url for url in (soap.wsdl, soap.address or "") if is_web_address(url)],
            # With WS-Security the login is in the messages, and nowhere else.
            has_http_login=soap.security is None,
            patience=self._patience,
            resolve=self._resolve,
        )
        # Its own: a call waits in its thread for what the loop may need one of the common threads for.
        thread = ThreadPoolExecutor(1, "jobpipe-soap")
        try:
            async for answer in self._answers(web, thread):
                yield framed(answer)
        finally:
            await web.aclose()
            thread.shutdown(wait=False, cancel_futures=True)

    async def _answers(self, web: Web, thread: Executor) -> AsyncIterator[Answer]:
        soap, enough = self._soap, self._enough
        turning = Turning(soap.page, stated_format=self._source.format, total_is_named=self._source.total is not None)
        loop = asyncio.get_running_loop()
        service = await loop.run_in_executor(thread, Service, self._source, self._root, web, loop)

        async def ask(position: Position) -> Page:
            params = _without_nothing(filled(soap.params, position.values(soap.page)))
            fetched = await loop.run_in_executor(thread, service.call, params)
            number = f", page {position.page}" if soap.page is not None else ""
            asked = f"{shown(service.address)} ({soap.operation}{number})"
            body = first_part(fetched.headers.get("content-type", ""), fetched.body)
            page = Page(asked, fetched.url, body, fetched.charset, fetched.headers, fetched.status)
            refuse_fault(page, soap.operation)
            return cut(page, self._settings)

        async for page in turning.pages(ask):
            for answer in _with_exchanges(service, page):
                yield answer
            if enough is not None and turning.given >= enough:
                yield Answer(kind="end", why=f"only the first {enough:,} records were wanted")
                return
        for exchange in service.exchanges:
            yield exchange
        yield Answer(kind="end", why=turning.why, total=turning.total)


def _with_exchanges(service: Service, page: Page) -> Iterator[Answer]:
    """The page, and what was asked to get it."""
    *others, of_page = service.exchanges
    service.exchanges.clear()
    yield from others
    if page.body is of_page.body:
        yield msgspec.structs.replace(page.answer(), exchange=of_page.exchange)
        return
    # The records lie in a part of the answer.
    yield of_page
    yield page.answer()


def _without_nothing(params: dict[str, Any]) -> dict[str, Any]:
    """The first page has no cursor: the parameter is left out."""
    return {name: value for name, value in params.items() if value is not None}
