"""What may come out of a packed input, and the count of what did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobpipe.errors import LimitExceededError, Place
from jobpipe.safety.limits import GIGABYTE, MEGABYTE, Limits, show_size


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpackLimits:
    # Bytes, of all that is unpacked on the way together.
    unpacked: int = 50 * GIGABYTE
    # Unpacked bytes for each byte that came in; counts only above `ratio_counts_from`.
    ratio: int = 200
    ratio_counts_from: int = 100 * MEGABYTE
    # Files in all archives together, those that are skipped included.
    members: int = 10_000
    # Wrappings in each other: .tar.gz in a .zip is three.
    depth: int = 3

    @classmethod
    def of(cls, limits: Limits) -> UnpackLimits:
        return cls(unpacked=limits.unpacked, ratio=limits.ratio)


class Meter:
    """Counts what goes in and what comes out, and stops a bomb while it is still small."""

    def __init__(self, shown: str, limits: UnpackLimits) -> None:
        self.shown = shown
        self.limits = limits
        self.bytes_in = 0
        self.bytes_out = 0
        self.members = 0

    def incoming(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_in += len(chunk)
            yield chunk

    def count(self, piece: bytes) -> None:
        """Raises LimitExceededError."""
        self.check(self.bytes_out + len(piece))
        self.bytes_out += len(piece)

    def check(self, size: int) -> None:
        """Whether that many bytes may come out of what has come in so far. Raises LimitExceededError."""
        limits = self.limits
        if size > limits.unpacked:
            raise LimitExceededError(
                f"unpacks to more than {show_size(limits.unpacked)}",
                place=Place(source=self.shown),
                hint="if the source is honest, raise source.limits.unpacked",
            )
        if size > limits.ratio_counts_from and size > limits.ratio * self.bytes_in:
            raise LimitExceededError(
                f"{show_size(self.bytes_in)} of compressed data unpack to more than {show_size(size)},"
                f" over {limits.ratio} times as much: it looks like a bomb",
                place=Place(source=self.shown),
                hint="if the source is honest, raise source.limits.ratio",
            )

    def count_member(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise LimitExceededError(
                f"holds more than {self.limits.members:,} files", place=Place(source=self.shown), hint="no feed does"
            )
