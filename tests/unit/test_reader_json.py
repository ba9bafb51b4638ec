"""Reading one JSON record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.errors import RecordError
from jobpipe.sources.formats.json.reader import JsonReader
from jobpipe.sources.formats.readers import ignoring
from jobpipe.sources.formats.reading import PathError
from jobpipe.sources.record import Context

PLAIN = Context(kind="json")


def read(raw: bytes, context: Context = PLAIN) -> Any:
    return JsonReader().read(raw, context)


def test_numbers_stay_what_they_are() -> None:
    value = read(b'{"a": 12345678901234567890123, "b": 0.1, "c": 1, "d": true}').root.value
    assert value == {"a": 12345678901234567890123, "b": 0.1, "c": 1, "d": True}
    assert type(value["c"]) is int


def test_of_two_equal_keys_the_last_counts() -> None:
    assert read(b'{"a": 1, "a": 2}').root.value == {"a": 2}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": "x\ny"}', {"a": "x\ny"}),
        (b'{"a": [1, 2,],}', {"a": [1, 2]}),
        (b'{"a": 1 // one\n, /* two */ "b": "http://example.org"}', {"a": 1, "b": "http://example.org"}),
        (b'{"a": NaN}', {"a": None}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": "\\ud800x"}', {"a": "x"}),
        (b'{"a": "caf\xe9"}', {"a": "café"}),
    ],
)
def test_what_a_strict_parser_refuses_is_mended(raw: bytes, value: Any) -> None:
    reading = read(raw)
    assert reading.repaired
    assert reading.root.value == value


@pytest.mark.parametrize("raw", [b'{"a": ', b'{"a": "x}', b"", b"3", b'"x"', b"null", b"[" * 100_000, b"{a: 1}"])
def test_what_is_no_record_is_malformed(raw: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        read(raw)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "cp1252"])
def test_a_record_is_read_in_the_encoding_of_its_context(encoding: str) -> None:
    raw = '{"t": "Ingénieur €"}'.encode(encoding)
    assert read(raw, Context(kind="json", encoding=encoding)).root.value == {"t": "Ingénieur €"}


def test_values_of_the_feed_come_from_the_context() -> None:
    context = Context(kind="json", feed=(("meta.company", ("Atelier Exemple",)),))
    reader = JsonReader()
    assert reader.values("feed:meta.company")(reader.read(b"{}", context).root) == ["Atelier Exemple"]


def test_rules_can_start_from_each_item_of_a_list() -> None:
    reader = JsonReader()
    root = reader.read(b'{"l": [{"c": "Lyon"}, {"c": "Metz"}]}', PLAIN).root
    assert [reader.values("c")(node) for node in reader.nodes("l")(root)] == [["Lyon"], ["Metz"]]


def test_ignored_parts_do_not_count_for_the_digest() -> None:
    view = ignoring("json", ["seen", "links[*].track"])
    monday = b'{"seen": 1, "t": "a", "links": [{"track": 1, "u": "x"}]}'
    tuesday = b'{"t": "a", "seen": 2, "links": [{"track": 2, "u": "x"}]}'
    assert view(monday, PLAIN) == view(tuesday, PLAIN) != view(monday.replace(b'"a"', b'"b"'), PLAIN)


def test_a_path_outside_the_record_cannot_be_ignored() -> None:
    with pytest.raises(PathError):
        ignoring("json", ["feed:meta"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=20,
    ).map(lambda value: {"v": value})
)
def test_any_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    raw = json.dumps(value).encode()
    assert read(raw).root.value == json.loads(raw)
