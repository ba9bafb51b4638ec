"""What a source says when it is asked page by page, as one stream of bytes that can be archived and read again.

Services and sites have no file.  What they answer is written down in frames: 4 bytes of length (little-endian) and an
`Answer` in MessagePack.  The same answers give the same bytes: there is no time and no credential in them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from jobpipe.errors import LimitExceededError, SourceError

_LENGTH = struct.Struct("<I")
# Bytes of one answer.
MOST_BYTES = 256 * 1024 * 1024


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What has to be known of a question and its answer to give the same one again without asking."""

    # Names the question: see `jobpipe.sources.questions`.
    question: bytes
    status: int = 200
    # Of the answer, as far as they say what to ask next or how to read it; by their names in lower case.
    headers: dict[str, str] = {}
    # Where it came from after redirects, without credentials; "" = what was asked.
    url: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    # page: a document in the source's format; records: JSON, one record a line; seen, gone: only that a page of a
    # site is as it was, or holds no posting any more; exchange: no more than it takes to ask the same again without
    # the source; end: the last one.
    kind: Literal["page", "records", "seen", "gone", "exchange", "end"]
    # What was asked, without credentials: a URL, for people.
    asked: str = ""
    body: bytes = b""
    # As the transport says; "" = it does not.
    charset: str = ""
    # The page of a site that the records are found on: state rows keep it. "" for a service.
    page: str = ""
    # Of the last one: "" = the source was read to its natural end, else why it was not.
    why: str = ""
    # The source's own number of its postings, where it gives one.
    total: int | None = None
    # What a person should know.
    notices: tuple[str, ...] = ()
    # Of a page or an exchange: frames of earlier versions have none.
    exchange: Exchange | None = None
    # Of the last one, where kept answers were asked: the questions that they do not answer, for people.
    not_kept: tuple[str, ...] = ()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Answer).decode


def framed(answer: Answer) -> bytes:
    """Raises LimitExceededError where the answer is too large for a frame."""
    payload = _encode(answer)
    if len(payload) > MOST_BYTES:
        raise LimitExceededError(
            f"an answer of {len(payload):,} bytes: {MOST_BYTES:,} are allowed", hint="ask for smaller pages"
        )
    return _LENGTH.pack(len(payload)) + payload


def unframed(chunks: Iterable[bytes]) -> Iterator[Answer]:
    """The answers in a stream, cut into chunks anyhow. Raises SourceError where it ends within one."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(held)
            if length > MOST_BYTES:
                raise SourceError(f"an answer of {length:,} bytes", hint="this is no recorded conversation")
            if len(held) < _LENGTH.size + length:
                break
            payload = bytes(held[_LENGTH.size : _LENGTH.size + length])
            del held[: _LENGTH.size + length]
            yield _decoded(payload)
    if held:
        raise SourceError("the answers end within one", hint="the next run asks again")


def _decoded(payload: bytes) -> Answer:
    try:
        return _decode(payload)
    except msgspec.DecodeError as error:
        raise SourceError(f"an answer that cannot be read: {error}") from error
