"""Pages that a preview keeps for the next one: what the site answered, and nothing of what was sent to it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import msgspec


class _Kept(msgspec.Struct, array_like=True):
    url: str
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class KeptPages:
    """Scrapy's `HTTPCACHE_STORAGE`. Its own storage also writes down the headers sent, logins and all."""

    def __init__(self, settings: Any) -> None:
        self._folder = Path(settings["HTTPCACHE_DIR"])
        self._seconds = settings.getint("HTTPCACHE_EXPIRATION_SECS")
        # Another login may see other pages.
        self._login = bytes.fromhex(settings.get("JOBPIPE_WHO", ""))
        self._fingerprinter: Any = None

    def open_spider(self, spider: Any) -> None:
        self._fingerprinter = spider.crawler.request_fingerprinter
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if self._is_old(path):
                    path.unlink()

    def close_spider(self, spider: Any) -> None:
        pass

    def retrieve_response(self, spider: Any, request: Any) -> Any:
        from scrapy.http import Headers
        from scrapy.responsetypes import responsetypes

        path = self._path(request)
        try:
            if self._is_old(path):
                return None
            kept = _decode(path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return None
        headers: dict[bytes, list[bytes]] = {}
        for name, value in kept.headers:
            headers.setdefault(name, []).append(value)
        made = responsetypes.from_args(headers=Headers(headers), url=kept.url, body=kept.body)
        return made(url=kept.url, status=kept.status, headers=headers, body=kept.body)

    def store_response(self, spider: Any, request: Any, response: Any) -> None:
        headers = [(name, value) for name, values in response.headers.items() for value in values]
        path = self._path(request)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(_encode(_Kept(response.url, response.status, headers, response.body)))
        beside.replace(path)

    def _path(self, request: Any) -> Path:
        mark = hashlib.sha256(self._fingerprinter.fingerprint(request) + self._login)
        return self._folder / mark.hexdigest()

    def _is_old(self, path: Path) -> bool:
        age = time.time() - path.stat().st_mtime
        return bool(0 < self._seconds < age)
