"""Lines and columns of byte offsets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from splitting import chunks_of

from jobpipe.sources.formats.locating import locate


def by_counting(document: bytes, offset: int) -> tuple[int, int]:
    """One character after the other."""
    line, start = 1, 0
    for place in range(offset):
        is_end = document[place] == 0x0A or (document[place] == 0x0D and document[place + 1 : place + 2] != b"\n")
        if is_end:
            line, start = line + 1, place + 1
    return line, offset - start + 1


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", "é".encode()]), max_size=30).map(b"".join), st.data())
def test_lines_and_columns_are_those_of_counting_for_any_chunks(document: bytes, data: st.DataObject) -> None:
    offsets = data.draw(st.lists(st.integers(0, 60), max_size=5))
    size = data.draw(st.integers(1, 12))
    known = {offset: by_counting(document, offset) for offset in offsets if offset < len(document)}
    assert locate(chunks_of(document, size), offsets) == known


def test_columns_are_counted_in_bytes_from_1() -> None:
    assert locate(iter(["é\nab".encode()]), [0, 2, 3, 4]) == {0: (1, 1), 2: (1, 3), 3: (2, 1), 4: (2, 2)}


def test_no_more_is_read_than_the_offsets_need() -> None:
    chunks = iter([b"a\n", b"b\n", b"c\n"])
    assert locate(chunks, [2]) == {2: (2, 1)}
    assert next(chunks) == b"c\n"
    assert locate(chunks, []) == {}


def test_an_offset_that_is_not_in_the_document_is_left_out() -> None:
    assert locate(iter([b"ab"]), [-1, 1, 2, 90]) == {1: (1, 2)}
