"""A further request for each record of a list, whose answer is put into the record."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from jobpipe.definition.services import Detail
from jobpipe.errors import JobpipeError, Place, SourceError
from jobpipe.sources.answers import Answer
from jobpipe.sources.api.asking import body_of, method_of, page_of, with_params
from jobpipe.sources.api.page import Page
from jobpipe.sources.api.replaying import heard
from jobpipe.sources.api.web import Question, Web
from jobpipe.sources.formats.readers import reader_for
from jobpipe.sources.formats.reading import Reader
from jobpipe.sources.record import RawRecord, ReaderKind
from jobpipe.sources.transports.exchange import RefusedError

_NAME = re.compile(r"\{([^{}\s][^{}]*)\}")
# By which a service says that what the record speaks of is not there any more.
_GONE = frozenset({404, 410})
# Records given together.
_TOGETHER = 50
# In a row that could not be had, after which no more are asked for.
MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of one record."""

    # The record with its detail, as a line of JSON; b"" = it is left out.
    line: bytes = b""
    gone: str = ""
    failure: SourceError | None = None
    # What was asked for it, and the answer.
    exchanges: list[Answer] = field(default_factory=list)


class Details:
    """Asks for them many at once, and gives the records in the order of their list."""

    def __init__(self, web: Web, detail: Detail, at_once: int) -> None:
        self._web = web
        self._detail = detail
        self._at_once = at_once
        self._readers: dict[str, Reader] = {}
        # The addresses of those that are gone.
        self.gone: list[str] = []
        self.failures: list[SourceError] = []
        self._in_a_row = 0

    async def of(self, page: Page, most: int | None) -> AsyncIterator[Answer]:
        """The page's records with their details, but for those that are gone or could not be had.

        `most` = so many records are enough. Raises SourceError where detail after detail cannot be had.
        """
        lines: list[bytes] = []
        exchanges: list[Answer] = []
        async for found in self._in_order(page.records[:most]):
            if found.gone:
                self.gone.append(found.gone)
            self._in_a_row = self._in_a_row + 1 if found.failure else 0
            if found.failure:
                self.failures.append(found.failure)
            exchanges += found.exchanges
            if found.line:
                lines.append(found.line)
            is_hopeless = self._in_a_row >= MOST_FAILURES
            if lines and (len(lines) >= _TOGETHER or is_hopeless):
                for answer in (*exchanges, _records(page, lines)):
                    yield answer
                lines, exchanges = [], []
            if is_hopeless:
                raise self._hopeless()
        for exchange in exchanges:
            yield exchange
        if lines:
            yield _records(page, lines)

    @property
    def notices(self) -> tuple[str, ...]:
        if not self.gone:
            return ()
        some = f"{len(self.gone):,} of the list's records are gone" if len(self.gone) > 1 else "one record is gone"
        return (f"{some}: no detail at {', '.join(self.gone[:3])}",)

    @property
    def why(self) -> str:
        """Why the end is none; "" = nothing is missing."""
        if not self.failures:
            return ""
        some = "one detail" if len(self.failures) == 1 else f"{len(self.failures):,} details"
        return f"{some} could not be had, and without it a record is not given: {self.failures[0]}"

    def _hopeless(self) -> SourceError:
        first = self.failures[-MOST_FAILURES]
        return SourceError(
            f"{first.message}; so it went for {MOST_FAILURES} details in a row, and no more were asked for",
            place=first.place,
            hint=first.hint,
        )

    # Asking -----------------------------------------------------------------------------------------

    async def _in_order(self, records: list[RawRecord]) -> AsyncIterator[_Found]:
        under_way: deque[asyncio.Task[_Found]] = deque()
        waiting = iter(records)
        try:
            while True:
                # A slow one at the head lets as many again go on behind it.
                while len(under_way) < 2 * self._at_once and (record := next(waiting, None)) is not None:
                    under_way.append(asyncio.create_task(self._found(record)))
                if not under_way:
                    return
                yield await under_way[0]
                under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _found(self, record: RawRecord) -> _Found:
        value = self._value_of(record)
        if value is None:
            # It goes to quarantine as it is.
            return _Found(msgspec.json.encode(record.raw.decode(record.context.encoding, "replace")))
        try:
            question = self._question(record)
        except SourceError as error:
            return _Found(failure=error)
        exchanges: list[Answer] = []
        try:
            value[self._detail.as_] = await self._ask(question, exchanges)
        except RefusedError as error:
            if error.status in _GONE:
                return _Found(gone=str(error.place), exchanges=exchanges)
            return _Found(failure=error, exchanges=exchanges)
        except SourceError as error:
            return _Found(failure=error, exchanges=exchanges)
        return _Found(msgspec.json.encode(value), exchanges=exchanges)

    async def _ask(self, question: Question, exchanges: list[Answer]) -> Any:
        page = page_of(await heard(self._web, question, exchanges))
        if page.kind(None) == "csv":
            raise page.trouble("the detail is neither JSON nor XML", hint=f"it begins with {page.shown()!r}")
        if page.root_name().lower() == "html" or page.shown().lower().startswith("<!doctype html"):
            raise page.trouble("the detail is an HTML page", hint="open the address in a browser")
        found = page.plain(self._detail.path)
        if found is None:
            raise page.trouble(f"has nothing at {self._detail.path}", hint="check api.detail.path")
        return found

    # The record -------------------------------------------------------------------------------------

    def _value_of(self, record: RawRecord) -> dict[str, Any] | None:
        """As plain values; None where it cannot be read."""
        if record.flaw:
            return None
        reader = self._reader(record.context.kind)
        try:
            value = reader.as_value(reader.read(record.raw, record.context).root)
        except JobpipeError:
            return None
        return dict(value) if isinstance(value, dict) else None

    def _reader(self, kind: ReaderKind) -> Reader:
        return self._readers.setdefault(kind, reader_for(kind))

    def _question(self, record: RawRecord) -> Question:
        """Raises SourceError where the record has not what the address needs."""
        detail = self._detail
        reader = self._reader(record.context.kind)
        root = reader.read(record.raw, record.context).root

        def value_at(path: str) -> Any:
            found = reader.values(path)(root)
            if not found or isinstance(found[0], (dict, list)) or found[0] == "":
                raise SourceError(
                    f"a record has nothing at {path}, and so no detail", place=Place(source=detail.url),
                    hint="check api.detail.url",
                )  # fmt: skip
            return found[0]

        url = url_with(detail.url, value_at)
        params = {name: _filled(text, value_at) for name, text in detail.params.items()}
        method = method_of(detail)
        content, headers = body_of(_filled(detail.body, value_at))
        return Question(with_params(url, params), method, content, headers)


def url_with(template: str, value_at: Any) -> str:
    """{path} is what lies there in the record. At the beginning it may be a whole URL; elsewhere it is quoted, so that
    it stays in its part of the address."""

    def put(found: re.Match[str]) -> str:
        text = _text(value_at(found[1]))
        before = template[: found.start()]
        if not before:
            return text
        if "?" in before:
            return quote(text, safe="")
        is_in_path = before.count("/") >= 3
        return quote(text, safe="/:@!$&'()*+,;=~-._" if is_in_path else "")

    return _NAME.sub(put, template)


def _filled(value: Any, value_at: Any) -> Any:
    if isinstance(value, str):
        if alone := _NAME.fullmatch(value):
            return value_at(alone[1])
        # In the text of a GraphQL query braces are its own.
        return value if "\n" in value or "{ " in value else _NAME.sub(lambda found: _text(value_at(found[1])), value)
    if isinstance(value, dict):
        return {name: _filled(item, value_at) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, value_at) for item in value]
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _records(page: Page, lines: list[bytes]) -> Answer:
    return Answer(kind="records", asked=page.asked, body=b"\n".join(lines) + b"\n")
