"""The overlay: what a run would write over a store that is only read, seen as if it were written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents_stores import STORES
from engines import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jobpipe.documents.overlay import OverlayDocuments
from jobpipe.documents.sqlite import SqliteDocuments
from jobpipe.documents.store import Documents, Role, Selection, StateRow, Status, Written, prior_of

IMPORT = 7
BEFORE, RUN = 1, 2
KEYS = "abcdef"
NOW = "2026-06-01T00:00:00+00:00"

keys = st.sampled_from(KEYS)
days = st.sampled_from(("", "2026-01-01", "2027-01-01"))
stored = st.dictionaries(keys, st.tuples(st.sampled_from((Status.LIVE, Status.EXPIRED, Status.EXCLUDED)), days))
actions = st.lists(
    st.one_of(
        st.tuples(st.just("post"), keys, days),
        st.tuples(st.just("filter"), keys, days),
        st.tuples(st.just("reject"), keys, days),
        st.tuples(st.just("miss"), keys, days),
        st.tuples(st.just("see"), keys, days),
        st.tuples(st.just("expire"), keys, days),
        st.tuples(st.just("forget"), keys, days),
    ),
    max_size=15,
)


def row_of(documents: Documents, key: str) -> StateRow | None:
    return documents.postings_by_key(IMPORT, [key]).get(key)


def fill(documents: Documents, rows: dict[str, tuple[Status, str]]) -> None:
    for key, (status, day) in rows.items():
        reason = {Status.EXPIRED: "absent", Status.EXCLUDED: "rule"}.get(status, "")
        state = StateRow(key=key, status=status, reason=reason, valid_through=day, title=key, written_run=BEFORE)
        documents.write(IMPORT, [Written(state, b"body")])
    documents.write(IMPORT, [Written(StateRow(key="r", role=Role.REJECTED, status=Status.NONE, reason="bad"), b"b")])


def act(documents: Documents, action: tuple[str, str, str]) -> None:
    what, key, day = action
    found = row_of(documents, key)
    if what in ("post", "filter"):
        status, reason = (Status.LIVE, "") if what == "post" else (Status.EXCLUDED, "rule")
        state = found or StateRow(key=key, title=key)
        prior = prior_of(found, RUN) if found is not None else b""
        state = replace(
            state, status=status, reason=reason, valid_through=day, written_run=RUN, changed_run=RUN, prior=prior
        )
        documents.write(IMPORT, [Written(state, b"new")])
    elif what == "reject":
        state = StateRow(key=key, role=Role.REJECTED, status=Status.NONE, reason="unmapped", changed_run=RUN)
        documents.write(IMPORT, [Written(state, b"new")])
    elif what == "forget":
        rejected = documents.select(IMPORT, Selection(role=Role.REJECTED))
        documents.delete_rows(IMPORT, [row.row for row in rejected if row.key == key or key == "a"])
    elif found is not None:
        calls: dict[str, Callable[[], Any]] = {
            "miss": lambda: documents.mark_missing(IMPORT, RUN, [found.row]),
            "see": lambda: documents.clear_missing(IMPORT, [found.row]),
            "expire": lambda: documents.expire(IMPORT, RUN, [found.row], "absent"),
        }
        calls[what]()


def seen(documents: Documents) -> dict[str, Any]:
    """All that a run asks, without numbers: those of new rows are higher over a store than in it."""
    rows = [row for role in Role for row in documents.select(IMPORT, Selection(role=role))]
    names = {row.row: (row.key, row.role) for row in rows}
    return {
        "rows": [replace(row, row=0, prior=b"") for row in rows],
        "by key": {key: replace(row, row=0, prior=b"") for key, row in documents.postings_by_key(IMPORT, KEYS).items()},
        "counts": documents.counts(IMPORT),
        "missing": sorted((names[number], since) for number, since in documents.missing(IMPORT)),
        "ended": sorted(names[number] for number in documents.ended(IMPORT, NOW)),
        "expired": [row.key for row in documents.select(IMPORT, Selection(status=Status.EXPIRED, reason="absent"))],
    }


@settings(max_examples=examples(60), deadline=None)
@given(stored, actions)
def test_a_run_sees_through_it_what_it_would_see_had_it_written(
    rows: dict[str, tuple[Status, str]], done: list[tuple[str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = SqliteDocuments(Path(folder) / "written.sqlite3")
        below = SqliteDocuments(Path(folder) / "below.sqlite3")
        for one in (written, below):
            fill(one, rows)
        as_it_was = seen(below)
        over = OverlayDocuments(below, Path(folder), heed=lambda batch: None)
        for action in done:
            act(written, action)
            act(over, action)
        assert seen(over) == seen(written)
        assert seen(below) == as_it_was
        for one in (over, written, below):
            one.close()


@pytest.mark.parametrize("store", STORES)
def test_it_lies_over_every_store(store: str, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    below = STORES[store](tmp_path / "below", 3)
    fill(below, {"a": (Status.LIVE, ""), "b": (Status.EXCLUDED, ""), "c": (Status.EXPIRED, "")})
    as_it_was = seen(below)
    heard: list[str] = []
    over = OverlayDocuments(below, tmp_path, heed=lambda batch: heard.extend(one.state.key for one in batch))
    for action in (("post", "b", ""), ("post", "d", ""), ("expire", "a", ""), ("forget", "a", "")):
        act(over, action)
    assert over.counts(IMPORT) == {
        (Role.POSTING, Status.LIVE, ""): 2,
        (Role.POSTING, Status.EXPIRED, "absent"): 2,
    }
    assert heard == ["b", "d"]
    assert seen(below) == as_it_was
    over.close()
    below.close()
