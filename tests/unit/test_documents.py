"""The contract of `jobpipe.documents.store.Documents`, for every store there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from documents_stores import STORES

from jobpipe.documents.body import Body, pack, unpack
from jobpipe.documents.store import (
    Documents,
    Known,
    Role,
    Selection,
    StaleFenceError,
    StateRow,
    Status,
    Written,
    before_run,
    pack_prior,
)

IMPORT = 7
OTHER = 8


class Folder:
    """A store that can be closed and opened again."""

    def __init__(self, store: str, path: Path) -> None:
        self._open = STORES[store]
        self._path = path
        self.documents = self._open(path, 3)

    def reopen(self) -> Documents:
        self.documents.close()
        self.documents = self._open(self._path, 3)
        return self.documents

    @contextmanager
    def another(self) -> Iterator[Documents]:
        """A second object on the same store, as another process has one."""
        documents = self._open(self._path, 3)
        yield documents
        documents.close()


@pytest.fixture(params=STORES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(request.param, tmp_path)
    yield folder
    folder.documents.close()


@pytest.fixture
def documents(folder: Folder) -> Documents:
    return folder.documents


@pytest.fixture
def pages_of_500(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone through is read in pages, of which 1,400 rows are then several."""
    monkeypatch.setattr("jobpipe.documents.sqlite_file.PAGE_ROWS", 500)
    monkeypatch.setattr("jobpipe.documents.mongo_server.PAGE_ROWS", 500)


def posting(key: str, run: int = 1, **more: Any) -> StateRow:
    values: dict[str, Any] = {
        "digest": key.encode().ljust(16, b".")[:16],
        "posting_digest": b"posting digest..",
        "first_run": run,
        "changed_run": run,
        "written_run": run,
        "revision": 1,
        "title": f"Offre {key}",
    }
    return StateRow(key=key, **values | more)


def side(key: str, role: Role, ordinal: int = 1, run: int = 1, **more: Any) -> StateRow:
    return posting(key, run, role=role, status=Status.NONE, ordinal=ordinal, revision=0, **more)


def changed(row: StateRow, run: int, **changes: Any) -> StateRow:
    """The row as a run writes it anew."""
    before = before_run(row, run)
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    prior = pack_prior(before) if before is not None else b""
    return StateRow(**values | {"written_run": run, "changed_run": run, "prior": prior} | changes)


def write(documents: Documents, *rows: StateRow, import_id: int = IMPORT) -> list[int]:
    return documents.write(import_id, [Written(row, f"body of {row.key}".encode()) for row in rows])


def known(documents: Documents, run: int) -> list[Known]:
    return [one for chunk in documents.known(IMPORT, before_run=run) for one in chunk]


def selected(documents: Documents, **selection: Any) -> list[str]:
    return [row.key for row in documents.select(IMPORT, Selection(**selection))]


# Writing --------------------------------------------------------------------------------------------


def test_what_is_written_is_read_back_field_by_field_after_reopening(folder: Folder) -> None:
    row = StateRow(
        key="clé 1",
        status=Status.EXCLUDED,
        reason="rule",
        digest=bytes(range(16)),
        posting_digest=bytes(range(16, 32)),
        part="https://example.org/offers.xml",
        ordinal=12,
        first_run=1,
        changed_run=2,
        written_run=3,
        missing_since=4,
        revision=5,
        first_day="2026-11-24",
        title="Développeur",
        valid_through="2026-12-24",
        flags=3,
        facts=b"facts",
        prior=b"prior",
    )
    (row.row,) = folder.documents.write(IMPORT, [Written(row, b"frame")])
    assert folder.reopen().rows(IMPORT, [row.row]) == {row.row: row}
    assert folder.documents.body(IMPORT, row.row) == b"frame"


def test_row_numbers_grow_in_the_order_of_the_batch(documents: Documents) -> None:
    first = write(documents, posting("b"), posting("a"), side("a", Role.DUPLICATE))
    second = write(documents, posting("c"))
    assert first + second == [1, 2, 3, 4]


def test_a_posting_whose_key_exists_replaces_its_row_whatever_its_number(documents: Documents) -> None:
    (number,) = write(documents, posting("a", title="Avant"))
    assert write(documents, posting("a", title="Après")) == [number]
    assert write(documents, posting("a", title="Plus tard", row=number)) == [number]
    assert write(documents, posting("a", title="Enfin", row=number + 40)) == [number]
    assert [row.title for row in documents.select(IMPORT, Selection())] == ["Enfin"]


def test_a_key_twice_in_a_batch_is_one_row_and_the_later_stays(documents: Documents) -> None:
    assert write(documents, posting("a", title="Une"), posting("b"), posting("a", title="Deux")) == [1, 2, 1]
    assert [row.title for row in documents.select(IMPORT, Selection())] == ["Deux", "Offre b"]


def test_a_batch_that_writes_a_row_several_times_keeps_the_bodies_of_the_last_writing(documents: Documents) -> None:
    write(documents, posting("a"))
    later = Written(posting("a", revision=2), b"two")
    numbers = documents.write(IMPORT, [Written(posting("a", revision=1), None), later])
    assert documents.body(IMPORT, numbers[0]) == b"two"
    documents.write(IMPORT, [later, Written(posting("a", revision=1), b"one")])
    assert documents.revisions(IMPORT, numbers[0]) == [1]


def test_writing_a_batch_of_postings_again_changes_nothing(documents: Documents) -> None:
    rows = [posting(f"{number}") for number in range(1_400)]
    numbers = write(documents, *rows)
    before = list(documents.bodies(IMPORT, Selection()))
    assert write(documents, *rows) == numbers
    assert list(documents.bodies(IMPORT, Selection())) == before


def test_duplicates_and_rejected_records_share_keys(documents: Documents) -> None:
    rows = [posting("a"), side("a", Role.DUPLICATE), side("a", Role.DUPLICATE), side("", Role.REJECTED)]
    assert len(set(write(documents, *rows, side("", Role.REJECTED)))) == 5


def test_the_number_of_a_deleted_row_is_not_given_again(folder: Folder) -> None:
    numbers = write(folder.documents, posting("a"), posting("b"))
    folder.documents.delete_rows(IMPORT, numbers)
    assert write(folder.reopen(), posting("c")) == [3]


def test_imports_do_not_see_each_other(documents: Documents) -> None:
    write(documents, posting("a"))
    write(documents, posting("a", title="Autre"), posting("b"), import_id=OTHER)
    assert selected(documents) == ["a"]
    assert documents.counts(OTHER) == {(Role.POSTING, Status.LIVE, ""): 2}
    documents.delete_import(IMPORT)
    assert selected(documents) == []
    assert documents.body(IMPORT, 1) is None
    assert documents.body(OTHER, 1) == b"body of a"


def test_a_batch_that_fails_halfway_is_not_written_at_all(documents: Documents) -> None:
    write(documents, posting("a"))

    def batch() -> Iterator[Written]:
        yield Written(posting("b"), b"body")
        raise RuntimeError("the batch could not be made")

    with pytest.raises(RuntimeError):
        documents.write(IMPORT, batch())
    with pytest.raises(RuntimeError):
        documents.mark_missing(IMPORT, 2, _failing_numbers())
    assert selected(documents) == ["a"]
    assert list(documents.missing(IMPORT)) == []


def _failing_numbers() -> Iterator[int]:
    yield 1
    raise RuntimeError("the numbers could not be made")


def test_keys_may_hold_any_character(documents: Documents) -> None:
    keys = ["", " ", "a'b\"", "\u00e9", "e\u0301", "A", "a", "a\x00b", "漢字", "%_", "x" * 2_000]
    write(documents, *map(posting, keys))
    assert {key: row.row for key, row in documents.postings_by_key(IMPORT, keys).items()} == {
        key: number for number, key in enumerate(keys, 1)
    }
    assert selected(documents, keys=("a\x00b", "\u00e9")) == ["\u00e9", "a\x00b"]


# Holding --------------------------------------------------------------------------------------------


WRITINGS: dict[str, Callable[[Documents], object]] = {
    "write": lambda documents: write(documents, posting("b")),
    "mark_missing": lambda documents: documents.mark_missing(IMPORT, 2, [1]),
    "set_parts": lambda documents: documents.set_parts(IMPORT, [(1, "page 2")]),
    "clear_missing": lambda documents: documents.clear_missing(IMPORT, [1]),
    "expire": lambda documents: documents.expire(IMPORT, 2, [1], "absent"),
    "delete_rows": lambda documents: documents.delete_rows(IMPORT, [1]),
    "delete_side_rows_of": lambda documents: documents.delete_side_rows_of(IMPORT, 1, after_ordinal=0),
    "save_contexts": lambda documents: documents.save_contexts(IMPORT, {b"1" * 16: b"one"}),
    "delete_import": lambda documents: documents.delete_import(IMPORT),
    "hold": lambda documents: documents.hold(IMPORT, 4),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_who_was_overtaken_writes_nothing_any_more(folder: Folder, writing: str) -> None:
    write(folder.documents, posting("a"), side("a", Role.DUPLICATE))
    folder.documents.hold(IMPORT, 4)
    with folder.another() as successor:
        successor.hold(IMPORT, 5)
        before = list(successor.bodies(IMPORT, Selection()))
        for _ in range(2):
            with pytest.raises(StaleFenceError, match="another process has taken over import 7"):
                WRITINGS[writing](folder.documents)
        assert list(successor.bodies(IMPORT, Selection())) == before
        assert selected(successor, role=Role.DUPLICATE) == ["a"]
        assert list(successor.missing(IMPORT)) == []
        assert successor.context(IMPORT, b"1" * 16) is None
        write(successor, posting("b"))
        assert selected(folder.documents) == ["a", "b"]


def test_a_fence_lower_than_one_that_was_seen_is_refused_also_after_reopening(folder: Folder) -> None:
    folder.documents.hold(IMPORT, 5)
    folder.reopen()
    with pytest.raises(StaleFenceError):
        folder.documents.hold(IMPORT, 4)
    with pytest.raises(StaleFenceError):
        write(folder.documents, posting("a"))
    folder.documents.hold(IMPORT, 6)
    write(folder.documents, posting("a"))
    assert selected(folder.documents) == ["a"]


def test_the_same_fence_again_is_the_same_holder(folder: Folder) -> None:
    folder.documents.hold(IMPORT, 5)
    write(folder.documents, posting("a"))
    folder.reopen().hold(IMPORT, 5)
    write(folder.documents, posting("a", title="Après"), posting("b"))
    assert [row.title for row in folder.documents.select(IMPORT, Selection())] == ["Après", "Offre b"]


def test_holding_one_import_says_nothing_of_another(folder: Folder) -> None:
    folder.documents.hold(IMPORT, 5)
    with folder.another() as neighbour:
        neighbour.hold(OTHER, 9)
        write(folder.documents, posting("a"))
        write(neighbour, posting("b"), import_id=OTHER)
        write(neighbour, posting("c"))
    assert selected(folder.documents) == ["a", "c"]


# Bodies and revisions -------------------------------------------------------------------------------


def test_earlier_revisions_stay_up_to_the_number_kept(documents: Documents) -> None:
    for revision in range(1, 6):
        documents.write(IMPORT, [Written(posting("a", revision=revision), b"%d" % revision)])
    assert documents.revisions(IMPORT, 1) == [3, 4, 5]
    assert documents.body(IMPORT, 1) == b"5"
    assert documents.body(IMPORT, 1, 3) == b"3"
    assert documents.body(IMPORT, 1, 2) is None
    assert documents.body(IMPORT, 99) is None


def test_a_row_written_without_a_body_keeps_its_own(documents: Documents) -> None:
    write(documents, posting("a"))
    documents.write(IMPORT, [Written(posting("a", status=Status.EXPIRED, reason="closed"))])
    assert documents.body(IMPORT, 1) == b"body of a"


def test_a_replay_that_takes_a_revision_back_leaves_no_trace_of_it(documents: Documents) -> None:
    write(documents, posting("a", revision=1))
    write(documents, posting("a", revision=2))
    write(documents, posting("a", revision=1))
    assert documents.revisions(IMPORT, 1) == [1]


def test_bodies_come_with_their_rows_and_rows_without_a_body_are_left_out(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"))
    documents.write(IMPORT, [Written(side("a", Role.DUPLICATE))])
    assert [(row.key, body) for row, body in documents.bodies(IMPORT, Selection())] == [
        ("a", b"body of a"),
        ("b", b"body of b"),
    ]
    assert list(documents.bodies(IMPORT, Selection(role=Role.DUPLICATE))) == []


def test_many_large_bodies_come_in_order_and_whole(documents: Documents) -> None:
    sizes = [200_000 + number for number in range(60)]
    documents.write(IMPORT, [Written(posting(f"{size}"), bytes([number]) * size) for number, size in enumerate(sizes)])
    bodies = [body for _, body in documents.bodies(IMPORT, Selection())]
    assert bodies == [bytes([number]) * size for number, size in enumerate(sizes)]


def test_a_packed_body_is_read_back_whole(documents: Documents) -> None:
    body = Body(posting=b'{"title":"Offre"}', raw=b"<offer/>", context=b"c" * 16, note=("invalid", "title", "empty"))
    documents.write(IMPORT, [Written(posting("a"), pack(body))])
    stored = documents.body(IMPORT, 1)
    assert stored is not None and unpack(stored) == body


# What was known before a run ------------------------------------------------------------------------


def test_a_run_is_compared_with_the_rows_as_they_were_when_it_began(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"))
    before = known(documents, run=2)
    stored = documents.postings_by_key(IMPORT, ["a"])["a"]
    write(documents, changed(stored, 2, digest=b"2" * 16, status=Status.EXPIRED, reason="closed"), posting("c", 2))
    assert known(documents, run=2) == before
    assert [(one.row, one.digest, one.status, one.reason) for one in known(documents, run=3)] == [
        (1, b"2" * 16, Status.EXPIRED, "closed"),
        (2, b"b...............", Status.LIVE, ""),
        (3, b"c...............", Status.LIVE, ""),
    ]


def test_what_expires_in_a_run_was_live_before_it(documents: Documents) -> None:
    write(documents, posting("a"))
    before = known(documents, run=2)
    documents.expire(IMPORT, 2, [1], "absent")
    assert known(documents, run=2) == before


def test_duplicates_and_rejected_records_name_the_posting_of_their_key(documents: Documents) -> None:
    write(
        documents,
        side("b", Role.REJECTED),
        posting("a"),
        side("a", Role.DUPLICATE),
        side("a", Role.REJECTED),
        side("", Role.REJECTED),
        side("nobody", Role.REJECTED),
        posting("b"),
    )
    assert [one.holder for one in known(documents, run=2)] == [7, 0, 2, 2, 0, 0, 0]


@pytest.mark.usefixtures("pages_of_500")
def test_all_rows_are_known_by_growing_number(documents: Documents) -> None:
    for start in (0, 700):
        rows = [
            Written(posting(f"{number}", digest=number.to_bytes(16, "big"))) for number in range(start, start + 700)
        ]
        documents.write(IMPORT, rows)
    chunks = list(documents.known(IMPORT, before_run=2))
    assert [one.row for chunk in chunks for one in chunk] == list(range(1, 1_401))
    assert [one.digest for chunk in chunks for one in chunk] == [number.to_bytes(16, "big") for number in range(1_400)]
    assert max(map(len, chunks)) < 1_400


# Missing, expired, ended, deleted -------------------------------------------------------------------


def test_missing_since_is_the_first_run_that_missed_it(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"), posting("c"))
    documents.mark_missing(IMPORT, 2, [1, 2])
    documents.mark_missing(IMPORT, 3, [1, 2, 3])
    assert list(documents.missing(IMPORT)) == [(1, 2), (2, 2), (3, 3)]
    documents.clear_missing(IMPORT, [2, 99])
    assert list(documents.missing(IMPORT)) == [(1, 2), (3, 3)]


def test_expiring_twice_expires_once(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"), side("c", Role.REJECTED))
    documents.mark_missing(IMPORT, 2, [1])
    assert documents.expire(IMPORT, 2, [1, 1, 3, 99], "absent") == 1
    assert documents.expire(IMPORT, 2, [1], "ended") == 0
    row = documents.rows(IMPORT, [1])[1]
    assert (row.status, row.reason, row.changed_run, row.written_run) == (Status.EXPIRED, "absent", 2, 2)
    # Whoever was killed afterwards, and ends the run once more, marks it again.
    documents.mark_missing(IMPORT, 2, [1])
    assert list(documents.missing(IMPORT)) == []
    before = before_run(row, 2)
    assert before is not None and (before.status, before.changed_run) == (Status.LIVE, 1)


def test_what_is_hidden_as_a_near_duplicate_expires_and_what_a_person_excluded_does_not(documents: Documents) -> None:
    hidden = posting("a", status=Status.EXCLUDED, reason="near_duplicate")
    write(documents, hidden, posting("b", status=Status.EXCLUDED, reason="person"))
    assert documents.expire(IMPORT, 2, [1, 2], "absent") == 1
    assert {row.row: row.status for row in documents.rows(IMPORT, [1, 2]).values()} == {
        1: Status.EXPIRED,
        2: Status.EXCLUDED,
    }


def test_a_live_posting_may_be_excluded_instead(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"))
    assert documents.expire(IMPORT, 2, [1], "person", status=Status.EXCLUDED) == 1
    row = documents.rows(IMPORT, [1])[1]
    assert (row.status, row.reason, row.changed_run) == (Status.EXCLUDED, "person", 2)
    assert [one.key for one in documents.select(IMPORT, Selection(status=Status.EXCLUDED))] == ["a"]
    assert [one.key for one in documents.select(IMPORT, Selection(status=Status.LIVE))] == ["b"]


def test_what_a_run_wrote_and_then_expires_keeps_the_state_before_the_run(documents: Documents) -> None:
    write(documents, posting("a"))
    stored = documents.rows(IMPORT, [1])[1]
    write(documents, changed(stored, 2, title="Autre"))
    documents.expire(IMPORT, 2, [1], "ended")
    before = before_run(documents.rows(IMPORT, [1])[1], 2)
    assert before is not None and before.title == "Offre a"


@pytest.mark.parametrize(
    ("end", "is_over"),
    [
        ("2026-11-23", True),
        ("2026-11-24", False),
        ("2026-11-24T09:59:59Z", True),
        ("2026-11-24T10:00:01+00:00", False),
        ("2026-11-25T00:30:00+14:00", False),
        ("2026-11-24T23:30:00+14:00", True),
        ("2026-11-23T23:00:00-12:00", False),
        ("2026-11-23T21:00:00-12:00", True),
        ("2026-11-24T09:00:00", True),
        ("", False),
    ],
)
def test_a_posting_ends_with_its_day_or_at_its_moment(documents: Documents, end: str, is_over: bool) -> None:
    write(documents, posting("a", valid_through=end), posting("b", valid_through=end, status=Status.EXPIRED))
    for now in ("2026-11-24T10:00:00+00:00", "2026-11-24T12:00:00+02:00", "2026-11-24T10:00:00"):
        assert documents.ended(IMPORT, now) == ([1] if is_over else [])


def test_a_moment_of_tomorrow_in_a_zone_far_east_can_be_over_today(documents: Documents) -> None:
    write(documents, posting("a", valid_through="2026-11-25T00:10:00+14:00"))
    assert documents.ended(IMPORT, "2026-11-24T10:10:00+00:00") == []
    assert documents.ended(IMPORT, "2026-11-24T10:30:00+00:00") == [1]


def test_deleted_rows_take_their_bodies_with_them(documents: Documents) -> None:
    write(documents, posting("a"), posting("b"))
    documents.delete_rows(IMPORT, [1, 99])
    assert selected(documents) == ["b"]
    assert documents.revisions(IMPORT, 1) == []


def test_side_rows_of_a_batch_that_was_begun_go_and_no_others(documents: Documents) -> None:
    write(documents, posting("a", 2, ordinal=9), side("old", Role.REJECTED, 9, run=1))
    write(
        documents,
        side("done", Role.REJECTED, 5, run=2),
        side("begun", Role.REJECTED, 6, run=2),
        side("begun", Role.DUPLICATE, 7, run=2),
    )
    documents.delete_side_rows_of(IMPORT, 2, after_ordinal=5)
    assert selected(documents) == ["a"]
    assert selected(documents, role=Role.REJECTED) == ["old", "done"]
    assert selected(documents, role=Role.DUPLICATE) == []


# Selecting ------------------------------------------------------------------------------------------


def test_rows_are_selected_by_status_reason_and_run(documents: Documents) -> None:
    write(
        documents,
        posting("live", 1),
        posting("gone", 2, status=Status.EXPIRED, reason="absent"),
        posting("over", 3, status=Status.EXPIRED, reason="ended"),
        posting("new", 3),
        side("bad", Role.REJECTED, run=3, reason="invalid"),
        side("worse", Role.REJECTED, run=2, reason="malformed"),
    )
    assert selected(documents) == ["live", "gone", "over", "new"]
    assert selected(documents, status=Status.LIVE) == ["live", "new"]
    assert selected(documents, status=Status.EXPIRED) == ["gone", "over"]
    assert selected(documents, reason="ended") == ["over"]
    assert selected(documents, changed_in_run=3) == ["over", "new"]
    assert selected(documents, changed_since_run=2) == ["gone", "over", "new"]
    assert selected(documents, status=Status.EXPIRED, changed_in_run=2) == ["gone"]
    assert selected(documents, status=Status.EXPIRED, reason="ended", changed_since_run=3) == ["over"]
    assert selected(documents, role=Role.REJECTED) == ["bad", "worse"]
    assert selected(documents, role=Role.REJECTED, reason="malformed") == ["worse"]
    assert selected(documents, role=Role.REJECTED, changed_since_run=3) == ["bad"]
    assert selected(documents, role=Role.REJECTED, keys=("worse", "live")) == ["worse"]


def test_a_reader_goes_on_after_the_row_that_it_has_seen(documents: Documents) -> None:
    numbers = write(documents, *map(posting, "abcd"), posting("gone", 2, status=Status.EXPIRED, reason="absent"))
    assert selected(documents, after_row=numbers[1]) == ["c", "d", "gone"]
    assert selected(documents, after_row=numbers[1], keys=("d", "a")) == ["d"]
    assert selected(documents, after_row=numbers[1], status=Status.EXPIRED) == ["gone"]
    assert selected(documents, after_row=numbers[-1]) == []


def test_a_text_is_found_in_titles_without_regard_to_case(documents: Documents) -> None:
    write(
        documents,
        posting("1", title="Électricien H/F"),
        posting("2", title="ÉLECTRICIEN"),
        posting("3", title="Straßenbauer"),
        posting("4", title="100 % télétravail"),
    )
    assert selected(documents, text="électricien") == ["1", "2"]
    assert selected(documents, text="e\u0301LECTRICIEN") == ["1", "2"]
    assert selected(documents, text="STRASSE") == ["3"]
    assert selected(documents, text="0 % T") == ["4"]
    assert selected(documents, text="_") == []


def test_hundreds_of_keys_are_selected_by_growing_row_number_and_once(documents: Documents) -> None:
    keys = [f"{number}" for number in range(600)]
    write(documents, *map(posting, keys))
    wanted = (*reversed(keys), "17", "nobody")
    assert selected(documents, keys=wanted) == keys
    assert len(list(documents.bodies(IMPORT, Selection(keys=wanted)))) == len(keys)
    assert len(documents.postings_by_key(IMPORT, wanted)) == len(keys)
    assert len(documents.rows(IMPORT, range(1, 1_200))) == len(keys)


@pytest.mark.usefixtures("pages_of_500")
def test_rows_may_be_changed_while_they_are_gone_through(documents: Documents) -> None:
    keys = [f"{number}" for number in range(1_400)]
    documents.write(IMPORT, [Written(posting(key), b"body") for key in keys])
    met = []
    for row, _ in documents.bodies(IMPORT, Selection()):
        met.append(row.key)
        if row.row % 100 == 1:
            write(documents, changed(row, 2, title="Autre"))
            documents.expire(IMPORT, 2, [row.row], "absent")
    assert met == keys
    gone = []
    for number, _ in _marked(documents):
        documents.clear_missing(IMPORT, [number])
        gone.append(number)
    assert gone == list(range(2, 1_401, 10))


def _marked(documents: Documents) -> Iterator[tuple[int, int]]:
    documents.mark_missing(IMPORT, 3, range(2, 1_401, 10))
    return documents.missing(IMPORT)


def test_rows_are_counted_by_role_status_and_reason(documents: Documents) -> None:
    assert documents.counts(IMPORT) == {}
    write(
        documents,
        posting("a"),
        posting("b"),
        posting("c", status=Status.EXPIRED, reason="absent"),
        posting("d", status=Status.EXPIRED, reason="ended"),
        posting("e", status=Status.EXCLUDED, reason="rule"),
        side("f", Role.DUPLICATE),
        side("g", Role.REJECTED, reason="invalid"),
    )
    assert documents.counts(IMPORT) == {
        (Role.POSTING, Status.LIVE, ""): 2,
        (Role.POSTING, Status.EXPIRED, "absent"): 1,
        (Role.POSTING, Status.EXPIRED, "ended"): 1,
        (Role.POSTING, Status.EXCLUDED, "rule"): 1,
        (Role.DUPLICATE, Status.NONE, ""): 1,
        (Role.REJECTED, Status.NONE, "invalid"): 1,
    }


# Contexts -------------------------------------------------------------------------------------------


def test_contexts_are_kept_by_digest(folder: Folder) -> None:
    folder.documents.save_contexts(IMPORT, {b"1" * 16: b"one", b"2" * 16: b"two"})
    folder.documents.save_contexts(IMPORT, {b"1" * 16: b"one"})
    assert folder.reopen().context(IMPORT, b"1" * 16) == b"one"
    assert folder.documents.context(IMPORT, b"3" * 16) is None
    assert folder.documents.context(OTHER, b"1" * 16) is None


# Facts ----------------------------------------------------------------------------------------------


def test_the_facts_of_live_postings_lie_one_behind_the_other(documents: Documents) -> None:
    rows = [posting(f"k{number}", facts=bytes([number])) for number in range(1, 9)]
    write(documents, *rows, side("k1", Role.REJECTED, facts=b"!"), posting("gone", status=Status.EXPIRED, facts=b"!"))
    write(documents, posting("elsewhere", facts=b"!"), import_id=OTHER)
    assert b"".join(documents.facts(IMPORT)) == bytes(range(1, 9))
    assert b"".join(documents.facts(OTHER)) == b"!"


def test_facts_of_one_in_so_many_postings_are_those_of_the_same_ones_each_time(documents: Documents) -> None:
    write(documents, *(posting(f"k{number}", facts=bytes([number])) for number in range(1, 31)))
    some = b"".join(documents.facts(IMPORT, one_in=3))
    assert len(some) == 10
    assert b"".join(documents.facts(IMPORT, one_in=3)) == some
