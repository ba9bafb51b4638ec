"""What a source says when it is asked, as one stream of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.errors import SourceError
from jobpipe.sources.answers import Answer, framed, unframed

answers = st.builds(
    Answer,
    kind=st.sampled_from(["page", "records", "seen", "gone", "end"]),
    asked=st.text(max_size=20),
    body=st.binary(max_size=300),
    page=st.text(max_size=20),
    total=st.none() | st.integers(0, 10**6),
    notices=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


@given(st.lists(answers, max_size=6), st.integers(1, 400))
def test_for_any_chunks_the_answers_are_those_that_were_framed(given_answers: list[Answer], size: int) -> None:
    stream = b"".join(map(framed, given_answers))
    chunks = (stream[at : at + size] for at in range(0, len(stream), size))
    assert list(unframed(chunks)) == given_answers


@given(st.lists(answers, min_size=1, max_size=4), st.data())
def test_a_stream_that_ends_within_an_answer_gives_those_before_it_and_says_so(
    given_answers: list[Answer], data: st.DataObject
) -> None:
    frames = list(map(framed, given_answers))
    kept = data.draw(st.integers(1, len(frames[-1]) - 1))
    stream = b"".join(frames[:-1]) + frames[-1][:kept]
    with pytest.raises(SourceError, match="end within one"):
        list(unframed([stream]))
    assert list(unframed([b"".join(frames[:-1])])) == given_answers[:-1]


def test_bytes_that_are_no_answers_are_refused() -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(unframed([b"\x03\x00\x00\x00abc"]))
