"""Reads sitemaps: pages with the day of their last change, or further sitemaps; plain, gzipped, or one URL a line."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

_GZIP = b"\x1f\x8b"
# Where in the world a day ends last.
_WHOLE_DAY = timedelta(days=1, hours=12)


class SitemapError(ValueError):
    """In words."""


@dataclass(frozen=True, slots=True)
class Entry:
    url: str
    # It leads to another sitemap, not to a page.
    is_sitemap: bool = False
    # The page has not changed since then; None = the sitemap does not say.
    unchanged_since: datetime | None = None


def read_sitemap(body: bytes, most_bytes: int) -> list[Entry]:
    """Raises SitemapError where it is none, is cut off, or unpacks to more than `most_bytes`."""
    if body.startswith(_GZIP):
        body = _unzipped(body, most_bytes)
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"http://", b"https://")):
        return [Entry(line.strip()) for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SitemapError(f"is no sitemap: {error}") from error
    name = etree.QName(root).localname.lower()
    if name not in ("urlset", "sitemapindex"):
        raise SitemapError(f"is no sitemap: its root is <{name}>")
    return list(_entries(root, is_index=name == "sitemapindex"))


def _entries(root: etree._Element, *, is_index: bool) -> Iterator[Entry]:
    for one in root:
        if not isinstance(one.tag, str):
            continue
        words = {
            etree.QName(child).localname: (child.text or "").strip() for child in one if isinstance(child.tag, str)
        }
        if words.get("loc"):
            yield Entry(words["loc"], is_index, None if is_index else _moment(words.get("lastmod", "")))


def _moment(text: str) -> datetime | None:
    """A bare day has passed only when it is over everywhere."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
        found += _WHOLE_DAY if len(text) <= len("2026-11-24") else timedelta(hours=12)
    return found


def _unzipped(body: bytes, most_bytes: int) -> bytes:
    made = bytearray()
    while body.startswith(_GZIP):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            made += unpacker.decompress(body, most_bytes - len(made) + 1)
        except zlib.error as error:
            raise SitemapError(f"cannot be unpacked: {error}") from error
        if len(made) > most_bytes:
            raise SitemapError(f"unpacks to more than {most_bytes:,} bytes")
        if not unpacker.eof:
            raise SitemapError("is cut off")
        body = unpacker.unused_data
    return bytes(made)
