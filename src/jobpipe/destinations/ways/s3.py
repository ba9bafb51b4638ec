"""Files in an S3-compatible store: `s3://bucket/folder/jobs.xml`; `auth.store` says whose store and how to open it.

A store swaps an object in whole, so there is no temporary name: the parts of a large file are put together at the end.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

import httpx2
from lxml import etree

from jobpipe.definition.targets import FileTarget
from jobpipe.destinations.ways.snapshots import with_sound_names
from jobpipe.destinations.ways.troubles import Swapping, told_of_destination
from jobpipe.destinations.ways.way import Ready
from jobpipe.errors import SourceError
from jobpipe.safety.limits import MEGABYTE
from jobpipe.sources.transports.exchange import PassingTroubleError
from jobpipe.sources.transports.patience import Patience, patiently
from jobpipe.sources.transports.s3 import bucket_of, key_of
from jobpipe.sources.transports.s3_store import said_in, text_of
from jobpipe.sources.transports.transport import Request

# A larger file goes in parts of this size, or larger ones where there would be too many of them.
PART = 8 * MEGABYTE
_MOST_PARTS = 9_000
_PATIENCE = Patience(attempts=3)


@dataclass(slots=True)
class _Upload:
    """One file on its way, not to be seen yet."""

    key: str
    file: Ready
    # "" = it is small, and goes whole.
    upload_id: str = ""
    etags: list[str] = field(default_factory=list)


class S3Way:
    def __init__(self, target: FileTarget) -> None:
        """Raises SourceError where the address names no bucket, or the endpoint is no URL."""
        request = Request(location=target.file, auth=target.auth, timeout=target.timeout)
        self._bucket = bucket_of(request)
        folder, slash, _ = key_of(request).rpartition("/")
        self._folder = folder + slash

    def publish(self, files: Sequence[Ready]) -> str:
        with_sound_names(files, self._bucket.place)
        asyncio.run(self._publish(files))
        return self._bucket.place.source

    def close(self) -> None:
        pass

    async def _publish(self, files: Sequence[Ready]) -> None:
        swapping = Swapping()
        uploads = [_Upload(self._folder + file.name, file) for file in files]
        with told_of_destination(swapping):
            async with self._given_up_on_error(uploads):
                for upload in uploads:
                    await self._send_parts(upload)
                for upload in reversed(uploads):
                    await self._show(upload, swapping)

    async def _send_parts(self, upload: _Upload) -> None:
        """Of a large file; what a killed attempt has left of it is thrown away first."""
        if upload.file.size <= PART:
            return
        with suppress(SourceError):  # a login may be allowed to write only
            await self._throw_away_old(upload.key)
        upload.upload_id = await patiently(lambda: self._begin(upload.key), _PATIENCE)
        size = max(PART, -(-upload.file.size // _MOST_PARTS))
        with upload.file.path.open("rb") as here:
            while part := here.read(size):
                upload.etags.append(await self._send_part(upload, part))

    async def _send_part(self, upload: _Upload, part: bytes) -> str:
        query = {"partNumber": str(len(upload.etags) + 1), "uploadId": upload.upload_id}

        async def send() -> str:
            async with self._bucket.asked("PUT", upload.key, query=query, content=part) as answer:
                return answer.headers.get("etag", "")
            raise AssertionError("unreachable")

        return await patiently(send, _PATIENCE)

    async def _show(self, upload: _Upload, swapping: Swapping) -> None:
        """From now on it is what everybody reads."""
        try:
            if upload.upload_id:
                await patiently(lambda: self._put_together(upload), _PATIENCE)
            else:
                content = upload.file.path.read_bytes()
                await patiently(lambda: self._put(upload.key, content), _PATIENCE)
        except SourceError as error:
            if upload.upload_id and await self._is_there(upload):
                # Its answer was lost, and the store has forgotten the upload.
                upload.upload_id, swapping.has_begun = "", True
                return
            # Without a connection nothing was asked for.
            if not isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout)):
                swapping.has_begun = True
            raise
        swapping.has_begun = True
        upload.upload_id = ""

    async def _is_there(self, upload: _Upload) -> bool:
        """By the ETag of an object of parts: the MD5 of their MD5s, and their number."""
        with suppress(SourceError, ValueError):
            digests = b"".join(bytes.fromhex(etag.strip('"')) for etag in upload.etags)
            wanted = f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(upload.etags)}"'
            entry = await self._bucket.head(upload.key)
            return entry is not None and entry.etag == wanted
        return False

    # What is asked of the store ---------------------------------------------------------------------

    async def _put(self, key: str, content: bytes) -> None:
        async with self._bucket.asked("PUT", key, {"content-type": _type_of(key)}, content=content):
            pass

    async def _begin(self, key: str) -> str:
        root = await self._document("POST", key, {"content-type": _type_of(key)}, query={"uploads": ""})
        return text_of(root, "UploadId")

    async def _put_together(self, upload: _Upload) -> None:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
            for number, etag in enumerate(upload.etags, 1)
        )
        content = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        await self._document("POST", upload.key, query={"uploadId": upload.upload_id}, content=content)

    async def _throw_away_old(self, key: str) -> None:
        root = await self._document("GET", "", query={"encoding-type": "url", "prefix": key, "uploads": ""})
        is_encoded = text_of(root, "EncodingType") == "url"
        for old in root.iterchildren("{*}Upload"):
            name = text_of(old, "Key")
            if (unquote_plus(name) if is_encoded else name) == key:
                await self._throw_away(key, text_of(old, "UploadId"))

    async def _throw_away(self, key: str, upload_id: str) -> None:
        async with self._bucket.asked("DELETE", key, query={"uploadId": upload_id}, also={404}):
            pass

    @asynccontextmanager
    async def _given_up_on_error(self, uploads: Sequence[_Upload]) -> AsyncIterator[None]:
        try:
            yield
        except SourceError:
            for upload in uploads:
                if upload.upload_id:
                    with suppress(SourceError):
                        await self._throw_away(upload.key, upload.upload_id)
            raise

    async def _document(self, method: str, key: str, headers: dict[str, str] | None = None, **asked: Any) -> Any:
        """The root of an answer in XML. Raises PassingTroubleError where an answer that began well tells a trouble."""
        async with self._bucket.asked(method, key, headers, **asked) as answer:
            body = await self._bucket.whole(answer)
        try:
            root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            hint = "check the endpoint of source.auth.store"
            raise SourceError("does not answer as S3 does", place=self._bucket.place, hint=hint) from error
        if etree.QName(root).localname == "Error":
            raise PassingTroubleError(f"has trouble: {said_in(body)}", place=self._bucket.place, hint="try later")
        return root


def _type_of(key: str) -> str:
    kind, packed = mimetypes.guess_type(key)
    if packed:
        return "application/gzip" if packed == "gzip" else "application/octet-stream"
    return kind or "application/octet-stream"
