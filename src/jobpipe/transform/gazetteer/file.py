"""The gazetteer's file: read where it lies, through the page cache that all workers of a machine share.

Head (24 bytes): magic, number of places, of names, of (country, region) pairs, of bytes of text.  Then columns, in the
byte order of all machines that job-pipe runs on (little endian):

    names    uint64   40 bits of a hash of the name's key, 1 bit "is another name", 23 bits: the place; sorted
    cells    uint32   the place's cell of a quarter degree; places are sorted by it
    lat, lon int32    100 000ths of a degree
    people   uint32
    texts    uint32   where the name begins in the text, with one more at the end
    areas    uint16   which pair
    pairs    text     "FR 84", four to eight bytes each, a line each; then the names
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from math import cos, hypot, radians, sqrt
from pathlib import Path
from typing import Literal, NamedTuple

import xxhash

MAGIC = b"JPGAZ001"
FILE = Path(__file__).with_name("places.bin")
_HEAD = struct.Struct("<8s4I")
_HASH_BITS = 40
_PLACE_BITS = 23
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_CELLS_A_DEGREE = 4
_CELLS_AROUND = 360 * _CELLS_A_DEGREE
_KILOMETRES_A_DEGREE = 111.2
_UNIT = 100_000
# Kilometres by the root of the people: 7 km for two millions.
_REACH = 0.005


class Place(NamedTuple):
    name: str
    country: str
    # GeoNames' code of its region; "" = none.
    admin1: str
    latitude: float
    longitude: float
    population: int


class Named(NamedTuple):
    """A place that a name may mean."""

    place: Place
    # Whether it is another name of it: an exonym, or one of former times.
    is_other: bool


# As `memoryview.cast` and `struct` name them.
_Code = Literal["Q", "I", "i", "H"]


def _columns(places: int, names: int) -> tuple[tuple[_Code, int], ...]:
    """The columns of the file, in their order, with how many numbers each has."""
    others: tuple[tuple[_Code, int], ...] = (("I", places), ("i", places), ("i", places), ("I", places))
    return (("Q", names), *others, ("I", places + 1), ("H", places))


class Gazetteer:
    """Raises ValueError for a file that is none."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, places, names, pairs_size, text_size = _HEAD.unpack_from(self._map)
        if magic != MAGIC:
            raise ValueError(f"{path.name} is no gazetteer of this version")
        whole = memoryview(self._map)
        at = _HEAD.size
        views = []
        for code, count in _columns(places, names):
            size = struct.calcsize(code) * count
            views.append(whole[at : at + size].cast(code))
            at += size
        self._names, self._cells, self._latitudes, self._longitudes, self._people, self._texts, self._areas = views
        self._pairs = bytes(whole[at : at + pairs_size]).decode().split("\n")
        at += pairs_size
        self._text = whole[at : at + text_size]

    def __len__(self) -> int:
        return len(self._cells)

    def named(self, key: str) -> list[Named]:
        """The places of a name (`names.place_key`), those of which it is the usual name first."""
        first = hash_of(key) << (_PLACE_BITS + 1)
        last = first + (1 << (_PLACE_BITS + 1))
        found = []
        for number in range(bisect_left(self._names, first), len(self._names)):
            entry = self._names[number]
            if entry >= last:
                break
            found.append(Named(self._place(entry & _PLACE_MASK), bool(entry >> _PLACE_BITS & 1)))
        return found

    def nearest(self, latitude: float, longitude: float, *, within: float) -> Place | None:
        """The place that a point lies in, or next to: at most `within` kilometres (20 at the most) from its middle.

        A place reaches as far as its people would in a town of usual density: a quarter is no town of its own.
        """
        best, edge = -1, 0.0
        for number in self._around(latitude, longitude):
            middle = self._latitudes[number] / _UNIT, self._longitudes[number] / _UNIT
            away = kilometres((latitude, longitude), middle)
            outside = away - _REACH * sqrt(self._people[number])
            if away <= within and (best < 0 or outside < edge):
                best, edge = number, outside
        return self._place(best) if best >= 0 else None

    def _around(self, latitude: float, longitude: float) -> Iterator[int]:
        # A degree of longitude is shorter in the north.
        wide = min(8, 1 + int(1 / max(cos(radians(latitude)), 0.1)))
        row, column = _cell(latitude, longitude)
        for one in (row - 1, row, row + 1):
            first = bisect_left(self._cells, max(0, one * _CELLS_AROUND + column - wide))
            last = bisect_left(self._cells, max(0, one * _CELLS_AROUND + column + wide + 1))
            yield from range(first, last)

    def _place(self, number: int) -> Place:
        country, _, admin1 = self._pairs[self._areas[number]].partition(" ")
        name = bytes(self._text[self._texts[number] : self._texts[number + 1]]).decode()
        latitude, longitude = self._latitudes[number] / _UNIT, self._longitudes[number] / _UNIT
        return Place(name, country, admin1, latitude, longitude, self._people[number])


@cache
def gazetteer() -> Gazetteer:
    """The one that job-pipe brings with it, opened when the first place is looked up."""
    return Gazetteer(FILE)


def write_gazetteer(path: Path, places: Iterable[tuple[Place, Iterable[str]]]) -> None:
    """`places`: each with the keys of its other names. Any order; the file depends on nothing but what is given."""
    from jobpipe.transform.gazetteer.names import place_key

    ordered = sorted(
        places,
        key=lambda one: (
            _number_of_cell(one[0]),
            one[0],
        ),
    )
    pairs = {pair: number for number, pair in enumerate(sorted({f"{one.country} {one.admin1}" for one, _ in ordered}))}
    names: set[int] = set()
    for number, (place, others) in enumerate(ordered):
        usual = place_key(place.name)
        names.add(_entry(usual, number, is_other=False))
        names.update(_entry(key, number, is_other=True) for key in others if key and key != usual)
    texts = [one.name.encode() for one, _ in ordered]
    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text))
    said = "\n".join(pairs).encode()
    columns: tuple[list[int], ...] = (
        sorted(names),
        [_number_of_cell(one) for one, _ in ordered],
        [round(one.latitude * _UNIT) for one, _ in ordered],
        [round(one.longitude * _UNIT) for one, _ in ordered],
        [one.population for one, _ in ordered],
        starts,
        [pairs[f"{one.country} {one.admin1}"] for one, _ in ordered],
    )
    with path.open("wb") as file:
        file.write(_HEAD.pack(MAGIC, len(ordered), len(names), len(said), starts[-1]))
        for (code, count), values in zip(_columns(len(ordered), len(names)), columns, strict=True):
            file.write(struct.pack(f"<{count}{code}", *values))
        file.write(said)
        file.writelines(texts)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two points that are not far from each other."""
    narrow = cos(radians((one[0] + other[0]) / 2))
    return hypot(one[0] - other[0], (one[1] - other[1]) * narrow) * _KILOMETRES_A_DEGREE


def hash_of(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "replace")) >> (64 - _HASH_BITS)


def _entry(key: str, number: int, *, is_other: bool) -> int:
    return hash_of(key) << (_PLACE_BITS + 1) | is_other << _PLACE_BITS | number


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return int((latitude + 90) * _CELLS_A_DEGREE), int((longitude + 180) * _CELLS_A_DEGREE)


def _number_of_cell(place: Place) -> int:
    row, column = _cell(place.latitude, place.longitude)
    return row * _CELLS_AROUND + column
