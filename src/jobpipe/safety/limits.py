"""How much of anything a source may send before it counts as hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobpipe.errors import DefinitionError

KILOBYTE = 1024
MEGABYTE = 1024**2
GIGABYTE = 1024**3

_UNITS = {"": 1, "B": 1, "K": KILOBYTE, "M": MEGABYTE, "G": GIGABYTE, "T": 1024**4}
_LARGE = ("bytes", "KB", "MB", "GB", "TB")
_SIZE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:([KMGT]?)I?B?)\s*", re.IGNORECASE)


def parse_size(text: int | str) -> int:
    """Bytes of `500MB`, `1.5 GB`, `64 KiB` or a bare number; units count in 1024s.

    Raises DefinitionError where the text is no size, or is one of no byte at all.
    """
    if isinstance(text, bool) or not isinstance(text, (int, str)):
        raise _no_size(text)
    if isinstance(text, int):
        size = text
    else:
        found = _SIZE.fullmatch(text)
        if not found:
            raise _no_size(text)
        size = int(float(found[1].replace(",", ".")) * _UNITS[found[2].upper()])
    if size <= 0:
        raise DefinitionError(f"{text!r} leaves room for no byte: a size is greater than 0")
    return size


def show_size(size: int) -> str:
    """`1.5 GB`: for people, never for reading back."""
    if size < KILOBYTE:
        return f"{size} bytes"
    power = min((size.bit_length() - 1) // 10, 4)
    amount = size / 1024**power
    return f"{amount:.0f} {_LARGE[power]}" if amount >= 100 else f"{amount:.1f} {_LARGE[power]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bytes, but for `ratio`. The defaults let through every honest feed that was ever met."""

    # As it comes over the wire.
    download: int = 20 * GIGABYTE
    # After unpacking, all documents of one input together.
    unpacked: int = 50 * GIGABYTE
    # How many times larger than its compressed form an input may become.
    ratio: int = 200
    # One record.
    record: int = 16 * MEGABYTE
    # A spreadsheet, which is read whole.
    xlsx: int = 100 * MEGABYTE

    @classmethod
    def given(
        cls,
        *,
        download: int | str | None = None,
        unpacked: int | str | None = None,
        ratio: int | None = None,
        record: int | str | None = None,
        xlsx: int | str | None = None,
    ) -> Limits:
        """The limits that a definition asks for; None = the default. Raises DefinitionError naming the limit."""
        sizes: dict[str, int] = {}
        for name, value in (("download", download), ("unpacked", unpacked), ("record", record), ("xlsx", xlsx)):
            if value is None:
                continue
            try:
                sizes[name] = parse_size(value)
            except DefinitionError as error:
                raise DefinitionError(f"limits.{name}: {error.message}", hint=error.hint) from None
        if ratio is not None:
            if ratio < 1:
                raise DefinitionError(f"limits.ratio: {ratio} would refuse every compressed input: 200 is usual")
            sizes["ratio"] = ratio
        return cls(**sizes)


def _no_size(text: object) -> DefinitionError:
    return DefinitionError(f"{text!r} is not a size", hint="write a number with a unit, like 500MB or 2GB")
