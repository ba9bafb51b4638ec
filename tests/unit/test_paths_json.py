"""Paths into JSON records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.sources.formats.json.paths import follow, parse_path, remove
from jobpipe.sources.formats.json.reader import JsonReader
from jobpipe.sources.formats.reading import PathError
from jobpipe.sources.record import Context

RECORD = {
    "company": {"name": "Atelier Exemple", "a.b": 1},
    "locations": [{"city": "Lyon"}, {"city": "Metz", "tags": ["x", "y"]}, None],
    "Job ID": 7,
    "skills": ["soudure", None, "lecture"],
    "nothing": None,
    "big": 123456789012345678901,
    "rate": 0.1,
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("company.name", ["Atelier Exemple"]),
        ("$.company.name", ["Atelier Exemple"]),
        ('company."a.b"', [1]),
        ("company['a.b']", [1]),
        ("locations[0].city", ["Lyon"]),
        ("locations[-2].city", ["Metz"]),
        ("locations[*].city", ["Lyon", "Metz"]),
        ("locations.city", ["Lyon", "Metz"]),
        ("locations.tags", ["x", "y"]),
        ("locations[9].city", []),
        ("Job ID", [7]),
        ('"Job ID"', [7]),
        ("skills", ["soudure", "lecture"]),
        ("nothing", []),
        ("nothing.at.all", []),
        ("big", [123456789012345678901]),
        ("rate", [0.1]),
        ("jmespath:locations[?city=='Metz'].tags[0]", ["x"]),
        ("jmespath:length(skills)", [3]),
    ],
)
def test_a_path_reads_what_a_person_means_by_it(path: str, values: list[Any]) -> None:
    import json

    reader = JsonReader()
    root = reader.read(json.dumps(RECORD).encode(), Context(kind="json")).root
    assert reader.values(path)(root) == values


@pytest.mark.parametrize("path", ["", "a..b", "a[", "a[x]", 'a"b', "a.", "jmespath:a[", "a]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        JsonReader().values(path)


def test_an_array_can_be_a_record() -> None:
    reader = JsonReader()
    root = reader.read(b'["R1", {"t": "Soudeur"}]', Context(kind="json")).root
    assert reader.values("[0]")(root) == ["R1"]
    assert reader.values("[1].t")(root) == ["Soudeur"]


keys = st.sampled_from(("a", "b", "c"))
values = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


@given(values, st.lists(keys, min_size=1, max_size=3))
def test_what_is_removed_is_no_longer_found(value: Any, names: list[str]) -> None:
    tokens = parse_path(".".join(names))
    remove(value, tokens)
    assert follow(value, tokens) == []
