"""How much of what real feeds say is understood: labels of contracts and working times, and places."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from stepping import built, new_bench

from jobpipe.definition.project import find_project
from jobpipe.runs.previewing import Preview, preview
from jobpipe.transform.steps.wordings import MAX_WORDING

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NAMES = sorted(path.stem for path in (EXAMPLES / "imports").glob("*.yaml"))
# Of each feed: the larger ones repeat themselves.
RECORDS = 100

pytestmark = pytest.mark.samples


@cache
def previews() -> list[Preview]:
    project = find_project(EXAMPLES, {})
    return [preview(project, name, count=RECORDS) for name in NAMES]


@pytest.fixture(autouse=True)
def feeds(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBPIPE_SAMPLES", str(samples))


def labels(field: str) -> Counter[str]:
    """What stands where the examples' definitions look for a field, as often as it stands there."""
    found: Counter[str] = Counter()
    for one in previews():
        for trace in (trace for record in one.records for trace in record.fields if trace.field == field):
            values = [value for _, given in trace.found for value in given]
            found.update(text for value in values if 0 < len(text := str(value).strip()) <= MAX_WORDING)
    return found


@pytest.mark.parametrize(
    ("field", "least_labels", "least_share"),
    [("contract", 15, 0.93), ("working_time", 8, 0.95), ("remote", 5, 0.95)],
)
def test_labels_of_real_feeds_are_understood(field: str, least_labels: int, least_share: float) -> None:
    bench = new_bench()
    read = built(field, bench)
    found = labels(field)
    known = sum(count for label, count in found.items() if read(label) is not None)
    assert len(found) >= least_labels
    assert known >= least_share * found.total(), sorted(set(bench.unmapped))


def test_places_of_real_feeds_are_found() -> None:
    read = built("coordinates")
    cities = {
        tuple(sorted((name, part) for name, part in place.items() if name not in ("latitude", "longitude")))
        for one in previews()
        for record in one.records
        for place in (record.posting or {}).get("locations", [])
        if place.get("city")
    }
    found = [place for place in cities if "latitude" in read(dict(place))]
    assert len(cities) >= 80
    assert len(found) >= 0.8 * len(cities), sorted(cities - set(found))
