"""Files on web servers: asked for conditionally, streamed, and taken up again where a connection broke.

The specification is RFC 9110 (§8.8 validators, §13 conditional requests, §14 ranges).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx2
import xxhash

from jobpipe.errors import LimitExceededError, Place, SourceChangedError, SourceError
from jobpipe.safety.limits import show_size
from jobpipe.safety.network import NetworkGuard, Resolve, resolve
from jobpipe.safety.secrets import redact
from jobpipe.sources.packing.compression import Decoder
from jobpipe.sources.packing.meter import Meter, UnpackLimits
from jobpipe.sources.transports.exchange import Answer, Exchange, PassingTroubleError
from jobpipe.sources.transports.headers import (
    condition_headers,
    content_type_of,
    encoding_of,
    is_gzip_itself,
    is_strong_date,
    length_of,
    name_of,
    range_headers,
    range_of,
    validators_of,
)
from jobpipe.sources.transports.pace import Pace
from jobpipe.sources.transports.patience import Patience, patiently
from jobpipe.sources.transports.reading_again import read_past
from jobpipe.sources.transports.tls import tls_context
from jobpipe.sources.transports.transport import Arrival, Request, Validators

_GZIP = frozenset({"gzip", "x-gzip"})


class HttpTransport:
    """`http://` and `https://`.

    Bytes are asked for as the file is (`Accept-Encoding: identity`): only so do they have a length, can be
    taken up again, and are the same bytes on the next day.  A server that compresses them all the same
    has them decoded here, unless the file itself is a .gz.
    """

    def __init__(
        self, *, patience: Patience | None = None, resolve: Resolve = resolve, named_by: str | None = None
    ) -> None:
        """`named_by`: the location that a person named, where this one is only what it leads to."""
        self._patience = patience or Patience()
        self._resolve = resolve
        self._named_by = named_by

    async def open(self, request: Request) -> tuple[Arrival, AsyncIterator[bytes]]:
        """Raises SourceError where the file cannot be had, LimitExceededError where it says that it is too large."""
        guard = NetworkGuard.naming(_place_of(self._named_by or request.location), self._resolve, allow=request.allow)
        download = _Download(request, Exchange(request, guard, tls_context()), self._patience)
        arrival = await download.begin()
        return arrival, download

    async def list(self, request: Request) -> list[str]:
        """A URL is one file: `*` and `?` mean something else there."""
        return [request.location]


class _Download:
    """One file on its way: an iterator over its bytes which survives cuts of the connection."""

    def __init__(self, request: Request, exchange: Exchange, patience: Patience) -> None:
        self._request = request
        self._exchange = exchange
        self._patience = patience
        self._place: Place = exchange.place
        self._pace = Pace(exchange.place, patience.pace)
        self._answer: Answer | None = None
        self._stream: AsyncGenerator[bytes, None] | None = None
        # Of the file as it lies on the server: bytes delivered, and their number in all.
        self._position = 0
        self._length: int | None = None
        # Of the bytes delivered by this download, unless it began in the middle.
        self._digest: xxhash.xxh3_128 | None = xxhash.xxh3_128()
        self._validators = Validators()
        self._may_use_date = True
        self._encoding = ""
        self._decoder: Decoder | None = None
        self._meter = Meter(self._place.source, UnpackLimits(unpacked=request.max_bytes))

    # --- opening

    async def begin(self) -> Arrival:
        answer = await self._ask_first()
        self._answer = answer
        try:
            return self._arrival(answer)
        except BaseException:
            await self.aclose()
            raise

    async def _ask_first(self) -> Answer:
        resume = range_headers(self._request.offset, self._request.resume, may_use_date=True)
        if not resume:
            return await self._ask(condition_headers(self._request.validators))
        answer = await self._ask(resume)
        first, total = range_of(answer.headers)
        is_all_there = answer.status == 416 and total == self._request.offset
        is_the_rest = answer.status == 206 and first == self._request.offset and not encoding_of(answer.headers)
        stated = answer.headers.get("etag", "")
        if stated and self._request.resume.etag and stated != self._request.resume.etag:
            is_all_there = is_the_rest = False
        if is_all_there or is_the_rest:
            self._position = self._request.offset
            self._digest = None
            return answer
        if answer.status in (206, 416):
            await answer.aclose()
            return await self._ask({})
        return answer

    def _arrival(self, answer: Answer) -> Arrival:
        headers = answer.headers
        self._validators = validators_of(headers)
        content_type, charset = content_type_of(headers)
        name = name_of(headers, self._request.location, self._exchange.final_url)
        shown = self._place.source
        if answer.status == 304:
            kept = self._request.validators
            validators = Validators(
                etag=self._validators.etag or kept.etag,
                last_modified=self._validators.last_modified or kept.last_modified,
            )
            return Arrival(shown=shown, name=name, unchanged=True, validators=validators)
        if answer.status == 416:
            self._length = self._position
            return Arrival(
                shown=shown,
                name=name,
                validators=self._request.resume,
                length=self._length,
                resumed_from=self._position,
            )
        self._expect_a_file(answer.status)
        self._may_use_date = is_strong_date(headers)
        self._encoding = encoding_of(answer.headers)
        self._length = range_of(headers)[1] if answer.status == 206 else length_of(headers)
        self._expect_length_in_limits()
        is_decoded = self._encoding in _GZIP and not is_gzip_itself(name, content_type)
        if is_decoded:
            self._decoder = Decoder("gzip", shown)
        elif self._encoding and self._encoding not in _GZIP:
            raise SourceError(
                f"is sent in the encoding {self._encoding}, which was not asked for",
                place=self._place,
                hint="tell the publisher; job-pipe asks for no encoding and understands gzip",
            )
        return Arrival(
            shown=shown,
            name=name,
            validators=self._validators,
            length=None if is_decoded else self._length,
            content_type=content_type,
            charset=charset,
            resumed_from=self._position,
            found_at=redact(str(self._exchange.final_url)),
        )

    def _expect_a_file(self, status: int) -> None:
        if status in (200, 203) or (status == 206 and self._position):
            return
        meaning = {202: "is still being made", 204: "has no content", 206: "sends a part that was not asked for"}
        raise SourceError(f"{meaning.get(status, 'answers without a file')} (HTTP {status})", place=self._place)

    def _expect_length_in_limits(self) -> None:
        if self._length is not None and self._length > self._request.max_bytes:
            raise self._too_large(self._length)

    # --- reading

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._stream is None:
            self._stream = self._decoded() if self._decoder else self._wire()
        return await anext(self._stream)

    async def aclose(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()
        await self._release()

    async def _release(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.aclose()

    async def _decoded(self) -> AsyncGenerator[bytes, None]:
        decoder = self._decoder
        assert decoder is not None
        async for chunk in self._wire():
            self._meter.bytes_in += len(chunk)
            for piece in decoder.feed(chunk):
                self._meter.count(piece)
                yield piece
        decoder.close()

    async def _wire(self) -> AsyncGenerator[bytes, None]:
        """The file's bytes, through all cuts. Raises SourceError where it cannot be had to its end."""
        cuts = fruitless = 0
        while self._answer is not None:
            before = self._position
            try:
                async for chunk in self._pace.watch(self._answer.chunks()):
                    self._count(chunk)
                    yield chunk
                self._expect_whole()
                break
            except PassingTroubleError as trouble:
                if self._position == self._length:
                    break
                cuts += 1
                fruitless = 0 if self._position > before else fruitless + 1
                if cuts > self._patience.cuts or fruitless >= self._patience.attempts:
                    raise self._given_up(trouble) from trouble
                await asyncio.sleep(self._patience.first_wait * fruitless)
                await self._go_on(trouble)
        await self._release()

    def _count(self, chunk: bytes) -> None:
        self._position += len(chunk)
        if self._position > self._request.max_bytes:
            raise self._too_large(self._position)
        if self._digest is not None:
            self._digest.update(chunk)

    def _expect_whole(self) -> None:
        if self._length is not None and self._position < self._length:
            raise PassingTroubleError("sends fewer bytes than it announced", place=self._place)

    # --- going on after a cut

    async def _go_on(self, trouble: PassingTroubleError) -> None:
        """Ask for the rest. Raises SourceChangedError where the server has another version by now."""
        await self._release()
        headers = range_headers(self._position, self._validators, may_use_date=self._may_use_date)
        if not headers and self._position and self._digest is None:
            raise self._given_up(trouble) from trouble
        answer = await self._ask(headers)
        self._answer = answer
        first, total = range_of(answer.headers)
        if answer.status == 416 and self._length is not None:
            raise self._given_up(trouble) from trouble
        if answer.status == 416 and total == self._position:
            # Nothing is missing: only the end was not heard.
            await self._release()
            return
        if self._is_another_version(answer):
            raise self._changed()
        if answer.status == 206 and first == self._position:
            return
        if answer.status not in (200, 203) or self._digest is None:
            raise self._given_up(trouble) from trouble
        await self._skip_what_is_known(answer)

    async def _skip_what_is_known(self, answer: Answer) -> None:
        """A server that always begins at the beginning: what was delivered must come again, byte for byte."""
        assert self._digest is not None
        chunks = answer.chunks()
        rest = await read_past(chunks, self._position, self._digest.digest())
        if rest is None:
            raise self._changed()
        self._answer = answer.continued(rest, chunks)

    def _is_another_version(self, answer: Answer) -> bool:
        if answer.status == 416:
            return True
        now, then = validators_of(answer.headers), self._validators
        if encoding_of(answer.headers) != self._encoding:
            return True
        length = range_of(answer.headers)[1] if answer.status == 206 else length_of(answer.headers)
        if length is not None and self._length is not None and length != self._length:
            return True
        if now.etag and then.etag:
            return now.etag != then.etag
        return bool(now.last_modified and then.last_modified) and now.last_modified != then.last_modified

    # --- asking

    async def _ask(self, headers: dict[str, str]) -> Answer:
        try:
            return await patiently(lambda: self._exchange.ask(headers), self._patience)
        except PassingTroubleError as trouble:
            raise self._given_up(trouble) from trouble

    # --- errors

    def _given_up(self, trouble: PassingTroubleError) -> SourceError:
        what, hint = self._patience.given_up(trouble), trouble.hint
        if self._position:
            of = f" of {self._length:,}" if self._length is not None else ""
            what += f"; {self._position:,}{of} bytes had come"
            hint = hint or "the server cannot go on from there: the next run begins anew"
        return SourceError(what, place=self._place, hint=hint or "try later, or tell the publisher")

    def _changed(self) -> SourceChangedError:
        return SourceChangedError(
            f"the connection broke after {self._position:,} bytes, and the file has changed since",
            place=self._place,
            hint="the next run reads the new version from its beginning",
        )

    def _too_large(self, size: int) -> LimitExceededError:
        return LimitExceededError(
            f"has {show_size(size)} or more; {show_size(self._request.max_bytes)} are allowed",
            place=self._place,
            hint="if that is right, raise source.limits.download",
        )


def _place_of(location: str) -> list[str]:
    """Host and port; [] = it has none."""
    try:
        url = httpx2.URL(location)
        port = url.port or (443 if url.scheme == "https" else 80)
        return [f"{url.host}:{port}"] if url.host else []
    except (httpx2.InvalidURL, ValueError):
        return []
