"""What travels: a batch inside its message, and the answer of the worker that transformed it.

No message is larger than LIMIT bytes once compressed: a batch that is, is sent in halves, and a single record that
is goes by reference, through the ledger; answers are cut into pieces.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Literal

import msgspec
from backports import zstd

from jobpipe.errors import InternalError
from jobpipe.runs.executors.executor import Done, Work

LIMIT = 256 * 1024
# Of a batch, unpacked: what the splitter lets through, with room for its contexts.
MOST_UNPACKED = 512 * 1024 * 1024

Word = Literal["done", "died", "refused", "failed"]

_encode = msgspec.msgpack.Encoder().encode
_decode_work = msgspec.msgpack.Decoder(Work).decode


class Answer(msgspec.Struct, array_like=True, gc=False):
    """What a worker says of one unit of work."""

    unit: str
    # done: here it is. died: it has killed its workers. refused: not with my hooks.py. failed: `message` says why.
    word: Word
    done: Done | None = None
    message: str = ""


_decode_answer = msgspec.msgpack.Decoder(Answer).decode


def pack_work(work: Work) -> bytes:
    return zstd.compress(_encode(work), 1)


def unpack_work(packed: bytes) -> Work:
    """Raises InternalError for a frame that no conductor of ours sends."""
    size = zstd.get_frame_info(packed).decompressed_size
    if size is None or size > MOST_UNPACKED:
        raise InternalError(f"a batch of {size} bytes came by message")
    return _decode_work(zstd.decompress(packed))


def as_text(packed: bytes) -> str:
    """For JSON."""
    return base64.b64encode(packed).decode("ascii")


def from_text(text: str) -> bytes:
    return base64.b64decode(text)


def pieces_of(answer: Answer) -> Iterator[bytes]:
    """At least one."""
    packed = _encode(answer)
    for start in range(0, len(packed), LIMIT):
        yield packed[start : start + LIMIT]


def answer_from(pieces: list[bytes]) -> Answer:
    return _decode_answer(b"".join(pieces))
