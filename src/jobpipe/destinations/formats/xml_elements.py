"""Writing XML (https://www.w3.org/TR/xml/): no text of a posting can break out of the markup or make it invalid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

import msgspec

from jobpipe.posting import JobPosting

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
# Of one posting; it may hold characters that XML forbids, but nothing that is markup.
Build = Callable[[JobPosting], str]

# What ends a section is shared out between two.
_END_WITHIN = "]]]]><![CDATA[>"
# XML 1.0 §2.2: what may not stand in a document, however written.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORBIDDEN_BYTES = bytes(byte for byte in range(32) if byte not in b"\t\n\r")


def element(name: str, value: str | None) -> str:
    """With its value in CDATA; "" for nothing."""
    if not value:
        return ""
    # One sign is found ten times as fast as three.
    if "]" in value:
        value = value.replace("]]>", _END_WITHIN)
    return f"    <{name}><![CDATA[{value}]]></{name}>\n"


def cdata(value: str) -> str:
    return f"<![CDATA[{value.replace(']]>', _END_WITHIN)}]]>"


def escaped(value: str) -> str:
    """For the text of an element; a return is written so that it is read back."""
    return escape(value, {"\r": "&#13;"})


def attribute(name: str, value: str) -> str:
    """With a blank before it; blanks of the value are written so that they are read back."""
    blanks = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    return f' {name}="{escape(value, blanks)}"'


def allowed(text: str) -> str:
    """Without what no document may hold."""
    return _FORBIDDEN.sub("", text)


def document(head: str, postings: Iterable[JobPosting], build: Build, tail: str) -> Iterator[bytes]:
    yield allowed(head).encode()
    for posting in postings:
        yield written(build, posting)
    yield allowed(tail).encode()


def written(build: Build, posting: JobPosting) -> bytes:
    """What `build` makes of the posting, in UTF-8.

    Forbidden characters are rare: they are looked for in the whole, and only then taken out, of the posting's own
    values, since what is left of `]]\\0>` would be markup.
    """
    text = build(posting)
    if "\ufffe" not in text and "\uffff" not in text:
        try:
            raw = text.encode()
        except UnicodeEncodeError:  # half a surrogate pair
            raw = b""
        if raw and len(raw.translate(None, _FORBIDDEN_BYTES)) == len(raw):
            return raw
    return build(msgspec.convert(_allowed_within(msgspec.to_builtins(posting)), JobPosting)).encode()


def _allowed_within(value: Any) -> Any:
    if isinstance(value, str):
        return allowed(value)
    if isinstance(value, dict):
        return {allowed(name): _allowed_within(item) for name, item in value.items()}
    return [_allowed_within(item) for item in value] if isinstance(value, list) else value
