"""A web page as a tree: hostile ones cost time and memory in proportion to their size, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree, html

from jobpipe.sources.formats.encodings import codec_of, detect_encoding
from jobpipe.sources.record import FormatSettings

# Where a page may say its encoding.
_META_BYTES = 4096
_META = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:\-]{1,40})", re.IGNORECASE)
# Whoever has none of these bytes needs no look at each character, in an encoding that writes them as they are.
_CONTROLS = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])
_NONCHARACTERS = b"\xef\xbf"
_NOT_OF_MARKUP = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EMPTY = "<html></html>"


@dataclass(frozen=True, slots=True)
class Page:
    root: html.HtmlElement
    # The address that its links count from.
    base: str
    # Its own address, without a fragment: where it was found, or else where it says that it is.
    url: str
    # Decoded, for messages.
    text: str

    def absolute(self, link: str) -> str:
        try:
            return urljoin(self.base, link.strip())
        except ValueError:
            return link.strip()


def read_page(document: bytes, settings: FormatSettings) -> Page:
    """Never raises: whatever a browser would show something of is a page."""
    text = _text_of(document, settings)
    # `recover` is what browsers do; no tree is deeper than the parser's own limit; nothing is fetched.
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = html.document_fromstring((text if text.strip() else _EMPTY).encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        root = html.document_fromstring(_EMPTY)
    base = _first(root, "//base/@href")
    url = settings.page_url or _own_address(root)
    try:
        joined = urljoin(settings.page_url or url, base) if base else (settings.page_url or url)
    except ValueError:
        joined = settings.page_url
    return Page(root, joined, url.partition("#")[0], text)


# Where a page says its own address, as some do who mistake one element for another.
_OWN_ADDRESS = (
    "//link[@rel='canonical']/@href | //meta[@rel='canonical']/@href"
    " | //meta[@property='og:url' or @name='og:url' or @itemprop='og:url']/@content"
)


def _own_address(root: html.HtmlElement) -> str:
    """Of a page that was saved; "" = it does not say it whole."""
    found = root.xpath(_OWN_ADDRESS)
    given = [str(one).strip() for one in found] if isinstance(found, list) else []
    return next((one for one in given if one.startswith(("http://", "https://"))), "")


def _text_of(document: bytes, settings: FormatSettings) -> str:
    found = _META.search(document[:_META_BYTES])
    stated = found[1].decode("ascii", "replace") if found else None
    # A page that could be read to find its charset is in no wide encoding, whatever it says.
    if stated and codec_of(stated).startswith(("utf-16", "utf-32")):
        stated = "utf-8"
    encoding = detect_encoding(
        document,
        declared=settings.encoding,
        # As browsers have it, the transport's word goes before the page's own.
        in_document=settings.transport_encoding or stated,
        transport=stated,
    )
    text = document[encoding.bom :].decode(encoding.codec, "replace")
    return text if _is_clean(document, encoding.codec) else _NOT_OF_MARKUP.sub(" ", text)


def _is_clean(document: bytes, codec: str) -> bool:
    """Surely; False = perhaps not."""
    if codec not in ("utf-8", "cp1252"):
        return False
    return _NONCHARACTERS not in document and len(document.translate(None, _CONTROLS)) == len(document)


def _first(root: html.HtmlElement, path: str) -> str:
    found = root.xpath(path)
    return str(found[0]).strip() if isinstance(found, list) and found else ""
