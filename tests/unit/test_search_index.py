"""What every index of postings holds to, and that it follows the feed of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mongo_server import documents_uri
from project_folder import ProjectFolder, xml_feed

from jobpipe.documents.search import store
from jobpipe.documents.search.mongo import MongoSearchIndex
from jobpipe.documents.search.numbers import number_of
from jobpipe.documents.search.sqlite import SqliteSearchIndex
from jobpipe.documents.search.store import Entry, Position, SearchIndex, Wanted
from jobpipe.documents.search.words import BY_WORDS
from jobpipe.documents.store import Selection
from jobpipe.ledger.models import Import, Run, RunState
from jobpipe.runs.deliveries.change_lists import last_sequence, remove_lists
from jobpipe.runs.housekeeping.erasing import erase
from jobpipe.runs.overrides.deciding import decide_posting
from jobpipe.runs.overrides.single_postings import settle_now
from jobpipe.runs.progress import Progress
from jobpipe.runs.search_index import catch_up, forget_rows, is_being_made
from jobpipe.runs.starting import StopRequest
from jobpipe.runs.workspace import Workspace

STORES: dict[str, Callable[[Path], SearchIndex]] = {
    "sqlite": lambda folder: SqliteSearchIndex(folder / "search.sqlite3"),
    "mongo": lambda folder: MongoSearchIndex(documents_uri(folder)),
}
FIRST, SECOND = Position(sequence=1), Position(sequence=2)


@pytest.fixture(params=STORES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def entry(row: int, title: str = "Cook", *, import_id: int = 3, state: str = "live", **more: Any) -> Entry:
    return Entry(import_id=import_id, row=row, key=f"k{row}", title=title, state=state, **more)


def found(index: SearchIndex, text: str = "", **wanted: Any) -> list[int]:
    return [one.row for one in index.search(Wanted(text=text, **wanted))]


def test_words_are_found_wherever_they_stand_without_case_and_accents(index: SearchIndex) -> None:
    postings = [
        entry(1, "Chef de cuisine", company="Café Große Straße", place="Zürich, CH"),
        entry(2, "Bäcker", description="Wir suchen für ZURICH eine Köchin."),
        entry(3, "Commis", company="Zurich Insurance"),
    ]
    assert index.apply(postings, (), before=None, after=FIRST)
    assert found(index, "zurich") == [3, 2, 1]
    assert found(index, "K2") == [2]  # its key, as a partner quotes it
    assert found(index, "CUISINE chef") == [1]
    assert found(index, "chef kochin") == []
    assert found(index, "köch*") == [2]
    assert found(index, "ko\u0308chin") == found(index, "KÖCHİN") == [2]
    assert found(index, "place:zurich") == [1]
    assert found(index, "title:zurich") == []
    assert found(index, "company:große") == found(index, "strasse") == [1]
    assert index.search(Wanted(text="commis")) == [postings[2]]


@pytest.mark.parametrize(
    "hostile", ['" OR "', "marks:slive", "*", "NEAR(a b)", "a AND", "(", "{title} : x", "=i3", "i3", ".*", "\x00", "-"]
)
def test_signs_of_a_query_mean_nothing(index: SearchIndex, hostile: str) -> None:
    assert index.apply([entry(1, "Cook")], (), before=None, after=FIRST)
    assert found(index, hostile) in ([], [1])
    assert found(index, f"cook {hostile}", imports=frozenset({4})) == []


def test_only_the_asked_imports_and_facts_are_found_and_counted(index: SearchIndex) -> None:
    facts = {"countries": ("FR", "BE"), "contract": "permanent", "categories": ("Hotel & <b>",)}
    postings = [
        entry(1, **facts),
        entry(2, state="expired", reason="absent", countries=("FR",)),
        entry(1, import_id=4, contract="permanent"),
    ]
    assert index.apply(postings, (), before=None, after=FIRST)
    assert found(index, country="FR") == [2, 1]
    assert found(index, "cook", country="FR", state="live", category="Hotel & <b>") == [1]
    assert [one.import_id for one in index.search(Wanted(contract="permanent"))] == [4, 3]
    assert [one.import_id for one in index.search(Wanted(imports=frozenset({4})))] == [4]
    assert found(index, imports=frozenset()) == []
    assert [one.import_id for one in index.search(Wanted(imports=frozenset(range(4, 2_000))))] == [4]
    survey = index.survey(Wanted(text="cook"))
    assert (survey.count, survey.is_more, survey.imports) == (3, False, {3: 2, 4: 1})
    assert survey.facts == {
        "state": {"live": 2, "expired": 1},
        "country": {"FR": 2, "BE": 1},
        "contract": {"permanent": 2},
        "category": {"Hotel & <b>": 1},
    }


def test_the_newest_come_first_and_a_page_goes_on_behind_the_last(index: SearchIndex) -> None:
    days = ["2026-11-03", "2026-11-05", "", "2026-11-04"]
    postings = [entry(row, first_day=day) for row, day in enumerate(days, start=1)]
    assert index.apply(postings, (), before=None, after=FIRST)
    assert found(index, "cook") == found(index) == [2, 4, 1, 3]
    first = index.search(Wanted(text="cook"), limit=2)
    assert [one.row for one in index.search(Wanted(text="cook"), before=number_of(first[-1]))] == [1, 3]


def test_a_posting_is_replaced_and_goes(index: SearchIndex) -> None:
    assert index.apply([entry(1, "Cook"), entry(2), entry(3)], (), before=None, after=FIRST)
    changed = entry(1, "Baker", first_day="2026-11-03")
    assert index.apply([entry(1, "Butcher"), changed], [(3, 2), (3, 99)], before=FIRST, after=SECOND)
    assert found(index, "baker") == [1]
    assert found(index, "butcher") == []
    assert found(index, "cook") == [3]
    index.drop(3, [3, 98])
    assert index.search(Wanted()) == [changed]
    assert index.position() == SECOND


def test_of_two_that_take_in_the_same_one_does(index: SearchIndex) -> None:
    assert index.position() is None
    assert index.apply([entry(1)], (), before=None, after=FIRST)
    assert not index.apply([entry(1, "old")], (), before=None, after=FIRST)
    assert index.apply([], (), before=FIRST, after=SECOND)
    assert not index.apply([entry(1, "old")], (), before=FIRST, after=SECOND)
    assert found(index, "old") == []


def test_what_is_cleared_is_as_new(index: SearchIndex) -> None:
    assert index.apply([entry(1, "Secret")], (), before=None, after=FIRST)
    index.clear()
    assert index.position() is None
    assert found(index) == found(index, "secret") == []
    assert index.apply([entry(2)], (), before=None, after=FIRST)
    assert found(index, "cook") == [2]


def test_nothing_of_what_was_cleared_is_left_in_the_file(tmp_path: Path) -> None:
    index = SqliteSearchIndex(tmp_path / "search.sqlite3")
    assert index.apply([entry(1, "Waldemar Quux")], (), before=None, after=FIRST)
    index.clear()
    index.close()
    assert not any(b"aldemar" in path.read_bytes() for path in tmp_path.iterdir())


def test_many_are_counted_as_more_than(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("counting", "sqlite", "mongo"):
        monkeypatch.setattr(f"{store.__package__}.{module}.MOST_COUNTED", 5)
    assert index.apply([entry(row) for row in range(1, 9)], (), before=None, after=FIRST)
    survey = index.survey(Wanted(text="cook"))
    assert (survey.count, survey.is_more, survey.imports) == (5, True, {3: 5})


# Of a project -------------------------------------------------------------------------------------------


def titles(workspace: Workspace, text: str = "", **wanted: Any) -> list[str]:
    assert catch_up(workspace, 60)
    return sorted(one.title for one in workspace.search.search(Wanted(text=text, **wanted)))


def test_it_follows_the_feed_of_changes_and_is_made_again_where_it_is_lost(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({"1": "Cook", "2": "Baker"}), workers=0)
    with folder.open() as workspace:
        assert titles(workspace) == ["Baker", "Cook"]
    folder.run(xml_feed({"1": "Head cook", "2": "Baker", "3": "Mason"}), workers=0)
    with folder.open() as workspace:
        assert titles(workspace) == ["Baker", "Head cook", "Mason"]
        assert titles(workspace, "head texte") == ["Head cook"]
        number = Import.objects.get().pk
        decide_posting(workspace, "offers", "3", {"exclude": {"until": "", "reason": "asked"}}, by="ada")
        settle_now(workspace, "offers", progress=Progress(), stop=StopRequest())
        assert titles(workspace, state="excluded") == ["Mason"]
        forget_rows(workspace, number, [row.row for row in workspace.documents.select(number, Selection(keys=("2",)))])
        assert titles(workspace, state="live") == ["Head cook"]
        workspace.search.clear()
        assert is_being_made(workspace)
        assert titles(workspace) == ["Baker", "Head cook", "Mason"]
        assert not is_being_made(workspace)


def test_making_it_goes_on_where_it_was_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobpipe.runs.search_index._PIECE", 2)
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({str(number): f"Cook {number}" for number in range(9)}), workers=0)
    with folder.open() as workspace:
        assert not catch_up(workspace, 0)
        assert is_being_made(workspace)
        assert len(workspace.search.search(Wanted())) == 2
    folder.run(xml_feed({str(number): f"Baker {number}" for number in range(9)}), workers=0)
    with folder.open() as workspace:
        assert titles(workspace) == [f"Baker {number}" for number in range(9)]
        position = workspace.search.position()
        assert catch_up(workspace, 0)
        assert workspace.search.position() == position


def test_following_a_long_list_goes_on_where_it_was_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobpipe.runs.search_index._PIECE", 2)
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({str(number): f"Cook {number}" for number in range(9)}), workers=0)
    with folder.open() as workspace:
        assert len(titles(workspace)) == 9
    folder.run(xml_feed({str(number): f"Baker {number}" for number in range(9)}), workers=0)
    with folder.open() as workspace:
        for taken_in in (2, 4):
            assert not catch_up(workspace, 0)
            assert not is_being_made(workspace)
            assert len(workspace.search.search(Wanted(text="baker"))) == taken_in


def test_a_change_of_a_run_that_is_not_finished_is_not_found_yet(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({"1": "Cook", "2": "Baker"}), workers=0)
    with folder.open() as workspace:
        run = Run.objects.get()
        Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
        assert titles(workspace) == []
        Run.objects.filter(pk=run.pk).update(state=run.state)


def test_what_is_erased_is_found_no_more(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({"1": "Cook for Waldemar Quux", "2": "Baker"}), workers=0)
    with folder.open() as workspace:
        assert titles(workspace, "waldemar") == ["Cook for Waldemar Quux"]
        erase(workspace, ["Waldemar Quux"], by="ada", reason="", dry_run=False)
        assert workspace.search.search(Wanted()) == []
        assert titles(workspace, "waldemar") == []
        assert len(titles(workspace)) == 2


@pytest.mark.parametrize(("sequence", "by_words"), [(0, BY_WORDS), (999, BY_WORDS), (1, 1)])
def test_it_is_made_anew_where_it_has_followed_another_feed_lists_are_gone_or_it_is_of_earlier(
    tmp_path: Path, sequence: int, by_words: int
) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.run(xml_feed({"1": "Cook"}), workers=0)
    with folder.open() as workspace:
        remove_lists([], last_sequence())
        ghost = Position(by_words=by_words, sequence=sequence)
        assert workspace.search.apply([entry(77, "Ghost")], (), before=None, after=ghost)
        assert titles(workspace) == ["Cook"]
