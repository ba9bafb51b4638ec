"""Feeds for the benchmarks: a board's export of any size, in XML, JSON and CSV, on two days.

    python -m bench.feeds --size 100000 --formats xml,json,csv

The same seed gives the same bytes.  They are written as they are made, into `bench/data/`, once.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from bench.offers import FIELDS, HTML_FIELDS, Board, Offer

DATA = Path(__file__).parent / "data"
SEED = 20261124
FORMATS = ("xml", "json", "csv")
# Raised when the generator makes other bytes than before, so that old files are not taken for new ones.
GENERATION = 1

# Of all offers of the two days together.
UNCHANGED, CHANGED, NEW, GONE = 95, 3, 1, 1
_OFFERS_AT_ONCE = 200

# An offer's number and edition.
Edition = tuple[int, int]


def feed_file(size: int, *, feed_format: str = "xml", day: int = 1, seed: int = SEED, folder: Path = DATA) -> Path:
    """The feed's file, written first where it is not there yet.

    `size` is the number of offers of the first day; the second day has one more.
    """
    path = folder / f"offers-{GENERATION}-{seed}-{size}-day{day}.{feed_format}"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{feed_format}.unfinished")
    with unfinished.open("wb") as file:
        for chunk in feed(size, feed_format=feed_format, day=day, board=board_of(seed), seed=seed):
            file.write(chunk)
    unfinished.replace(path)
    return path


def feed(size: int, *, feed_format: str, day: int, board: Board, seed: int = SEED) -> Iterator[bytes]:
    """The bytes of a feed, in chunks of a few hundred offers."""
    editions = first_day(size) if day == 1 else second_day(size, seed)
    offers = (board.offer(number, edition=edition) for number, edition in editions)
    return WRITERS[feed_format](offers)


@cache
def board_of(seed: int) -> Board:
    """Making the vocabulary takes a second or two."""
    return Board(seed)


def first_day(size: int) -> Iterator[Edition]:
    return ((number, 1) for number in range(size))


def second_day(size: int, seed: int = SEED) -> Iterator[Edition]:
    """New offers first, as boards sort them; some of yesterday's changed, some gone."""
    changed, gone = changes(size, seed)
    yield from ((number, 1) for number in range(size, size + new_on_second_day(size)))
    for number in range(size):
        if number not in gone:
            yield number, 2 if number in changed else 1


def changes(size: int, seed: int = SEED) -> tuple[set[int], set[int]]:
    """The numbers of the first day's offers that change, and of those that go."""
    changed, gone = _share_of(size, CHANGED), _share_of(size, GONE)
    drawn = random.Random(seed + 3).sample(range(size), changed + gone)
    return set(drawn[:changed]), set(drawn[changed:])


def new_on_second_day(size: int) -> int:
    """One more than go: the same round number twice would look like a list that is cut off there."""
    return _share_of(size, NEW) + 1


def _share_of(size: int, share: int) -> int:
    """The first day has all offers but the new ones."""
    return round(size * share / (UNCHANGED + CHANGED + GONE))


# The formats -----------------------------------------------------------------------------------------


def write_xml(offers: Iterable[Offer]) -> Iterator[bytes]:
    """An element a field, HTML in CDATA."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<offres>\n'
    for some in _in_chunks(offers):
        yield "".join(map(_xml_record, some)).encode()
    yield b"</offres>\n"


def _xml_record(offer: Offer) -> str:
    lines = [f'  <offre id="{offer["id"]}">']
    inside = ""
    for name in FIELDS[1:]:
        parent, _, leaf = name.rpartition("/")
        if parent != inside:
            if inside:
                lines.append(f"    </{inside}>")
            if parent:
                lines.append(f"    <{parent}>")
            inside = parent
        value = offer[name]
        if name in HTML_FIELDS:
            text = f"<![CDATA[{value}]]>"
        else:
            text = value.replace("&", "&amp;").replace("<", "&lt;") if "&" in value or "<" in value else value
        lines.append(f"      <{leaf}>{text}</{leaf}>" if parent else f"    <{leaf}>{text}</{leaf}>")
    lines.append("  </offre>\n")
    return "\n".join(lines)


def write_json(offers: Iterable[Offer]) -> Iterator[bytes]:
    """An array of objects, one a line."""
    separator = "[\n"
    for some in _in_chunks(offers):
        lines = ",\n".join(json.dumps(_nested(offer), ensure_ascii=False, separators=(",", ":")) for offer in some)
        yield (separator + lines).encode()
        separator = ",\n"
    yield b"\n]\n"


def _nested(offer: Offer) -> dict[str, object]:
    made: dict[str, object] = {}
    for name, value in offer.items():
        parent, _, leaf = name.rpartition("/")
        if not parent:
            made[name] = value
            continue
        inner = made.setdefault(parent, {})
        assert isinstance(inner, dict)
        inner[leaf] = value
    return made


def write_csv(offers: Iterable[Offer]) -> Iterator[bytes]:
    """Semicolons, a header, line breaks inside quotes."""
    yield (";".join(map(csv_column, FIELDS)) + "\r\n").encode()
    for some in _in_chunks(offers):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";").writerows([offer[name] for name in FIELDS] for offer in some)
        yield text.getvalue().encode()


def csv_column(name: str) -> str:
    return name.replace("/", "_")


WRITERS: dict[str, Callable[[Iterable[Offer]], Iterator[bytes]]] = {
    "xml": write_xml,
    "json": write_json,
    "csv": write_csv,
}


def _in_chunks(offers: Iterable[Offer]) -> Iterator[list[Offer]]:
    rest = iter(offers)
    while some := list(islice(rest, _OFFERS_AT_ONCE)):
        yield some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--formats", default="xml", help="of xml, json, csv; with commas between them")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    for feed_format in given.formats.split(","):
        for day in (1, 2):
            began = time.perf_counter()
            path = feed_file(given.size, feed_format=feed_format, day=day, seed=given.seed)
            size = path.stat().st_size
            print(f"{path.name}: {size / 1e6:.1f} MB, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
