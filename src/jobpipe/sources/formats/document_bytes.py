"""A document's bytes as a splitter cuts them: in blocks of some size, as they are or brought to UTF-8."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from jobpipe.sources.formats.encodings import HEAD_BYTES, detect_encoding, is_ascii_by_byte
from jobpipe.sources.formats.transcoding import Transcoder
from jobpipe.sources.record import FormatSettings

# Chunks smaller than this are collected first, so that many tiny ones cost no more than one.
BLOCK = 16 * 1024
# From an offset in what is cut to one in the document; never asked backwards.
OffsetOf = Callable[[int], int]


# Byte order marks, and what stands for nothing in any encoding.
_BLANK = b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"


class Head:
    """The first bytes of a document, by which its splitter decides: always as many, whatever the chunks are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = bytearray()

    def take(self, chunk: bytes) -> bool:
        """Whether the head is whole now."""
        self._held += chunk
        return len(self._held) >= self._size

    def is_blank(self) -> bool:
        return not self._held.strip(_BLANK)

    def give(self) -> tuple[bytes, bytes]:
        """The head, and what has come behind it; both are forgotten here."""
        head, rest = bytes(self._held[: self._size]), bytes(self._held[self._size :])
        self._held.clear()
        return head, rest


class Blocks:
    """Gives chunks on as blocks of at least `size` bytes; the last one may be smaller."""

    def __init__(self, size: int = BLOCK) -> None:
        self._least = size
        self._held: list[bytes] = []
        self._size = 0

    def take(self, chunk: bytes) -> bytes:
        """A block, or b"" while there is too little for one."""
        self._held.append(chunk)
        self._size += len(chunk)
        return self.rest() if self._size >= self._least else b""

    def rest(self) -> bytes:
        block = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held.clear()
        self._size = 0
        return block


class DocumentBytes:
    """What is cut, and where it lies in the document as it came."""

    def __init__(self, codec: str, bom: int) -> None:
        self._transcoder = None if is_ascii_by_byte(codec) else Transcoder(codec, bom)
        # Of what `take` gives: a Python codec.
        self.encoding = codec if self._transcoder is None else "utf-8"
        self._bom = self._to_skip = bom
        # Transcoded: what was given since the last offset that was asked for, to be counted in the
        # document's own bytes.
        self._given: deque[bytes] = deque()
        self._position = 0

    @classmethod
    def of(cls, head: bytes, settings: FormatSettings) -> DocumentBytes:
        """`head`: HEAD_BYTES of the document, or all of it."""
        found = detect_encoding(
            head[:HEAD_BYTES], declared=settings.encoding, in_document=None, transport=settings.transport_encoding
        )
        return cls(found.codec, found.bom)

    def take(self, block: bytes) -> bytes:
        """The next bytes to cut.  A character that the end of the document cuts is left out."""
        if self._to_skip:
            skipped, self._to_skip = self._to_skip, max(0, self._to_skip - len(block))
            block = block[skipped:]
        if self._transcoder is None:
            return block
        given = self._transcoder.feed(block)
        if given:
            self._given.append(given)
        return given

    def original(self, position: int) -> int:
        """The offset in the document of an offset in what was given; never ask for an earlier one again."""
        if self._transcoder is None:
            return position + self._bom
        wanted = position - self._position
        self._position = position
        while wanted > 0 and self._given:
            piece = self._given.popleft()
            if len(piece) > wanted:
                self._given.appendleft(piece[wanted:])
                piece = piece[:wanted]
            wanted -= len(piece)
            # A piece may end within a character only where the position does: it never does.
            self._transcoder.count(piece)
        return self._transcoder.offset_of(b"")
