"""Applications that come and ask for changes have in the end what is stored, however often and little they ask for."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from partner import FEEDING
from project_folder import ProjectFolder, xml_feed

from jobpipe.errors import UsageError
from jobpipe.ledger.models import ChangeList
from jobpipe.runs.deliveries.change_lists import remove_lists
from jobpipe.runs.deliveries.feed_of_changes import Changes, as_document, changes_since


class Application:
    """Applies what it gets, in its order."""

    def __init__(self, project: ProjectFolder, limit: int) -> None:
        self._project = project
        self._limit = limit
        self.cursor = ""
        self.titles: dict[str, str] = {}
        self.given = 0

    def ask(self) -> Changes:
        with self._project.open() as workspace:
            changes = changes_since(workspace, self.cursor, limit=self._limit)
        for one in changes.items:
            if one.action == "upsert":
                self.titles[one.key] = msgspec.json.decode(one.posting)["title"]
            else:
                self.titles.pop(one.key, None)
        self.given += len(changes.items)
        self.cursor = changes.cursor
        return changes

    def ask_for_all(self) -> None:
        while self.ask().is_more:
            pass


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project", FEEDING.replace("source:", "expire: {guard: 100%, misses: 1}\nsource:"))


def titles(project: ProjectFolder) -> dict[str, str]:
    return {key: posting["title"] for key, posting in project.postings().items()}


def test_without_a_cursor_all_that_is_live_is_given_and_then_what_changes(project: ProjectFolder) -> None:
    application = Application(project, 2)
    project.run(xml_feed({"1": "Mason", "2": "Baker", "3": "Nurse"}), workers=0)
    application.ask_for_all()
    assert application.titles == titles(project)
    before = application.given
    project.run(xml_feed({"1": "Mason", "2": "Cook"}), workers=0)
    application.ask_for_all()
    assert application.titles == {"1": "Mason", "2": "Cook"}
    assert application.given - before == 2
    assert not application.ask().items


def test_what_changes_while_somebody_reads_all_is_given_afterwards(project: ProjectFolder) -> None:
    project.run(xml_feed({str(number): f"Job {number}" for number in range(9)}), workers=0)
    application = Application(project, 3)
    application.ask()
    project.run(xml_feed({str(number): f"Other {number}" for number in range(1, 12)}), workers=0)
    application.ask_for_all()
    assert application.titles == titles(project)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_applies_what_it_gets_has_what_is_stored(project: ProjectFolder, seed: int) -> None:
    chance = random.Random(seed)
    application = Application(project, chance.randint(1, 5))
    for _ in range(8):
        offers = {str(n): chance.choice("abc") for n in range(8) if chance.random() < 0.7}
        project.run(xml_feed(offers), workers=0)
        for _ in range(chance.randint(0, 3)):
            application.ask()
    application.ask_for_all()
    assert application.titles == titles(project)


def test_a_cursor_that_is_none_is_refused(project: ProjectFolder) -> None:
    project.run(xml_feed({"1": "Mason"}), workers=0)
    with project.open() as workspace, pytest.raises(UsageError, match="is no cursor"):
        changes_since(workspace, "yesterday", limit=10)


def test_a_cursor_whose_changes_are_not_kept_any_more_is_refused_and_one_begins_again(project: ProjectFolder) -> None:
    application = Application(project, 10)
    project.run(xml_feed({"1": "Mason", "2": "Baker"}), workers=0)
    application.ask_for_all()
    for title in ("Cook", "Nurse"):
        project.run(xml_feed({"1": "Mason", "2": title}), workers=0)
    with project.open() as workspace:
        oldest = ChangeList.objects.order_by("sequence")[:2]
        remove_lists([one.pk for one in oldest], oldest[1].sequence)
        with pytest.raises(UsageError, match="not kept any more"):
            changes_since(workspace, application.cursor, limit=10)
    application.cursor, application.titles = "", {}
    application.ask_for_all()
    assert application.titles == titles(project)


def test_a_document_has_the_posting_as_it_is_stored(project: ProjectFolder) -> None:
    project.run(xml_feed({"1": "Mason"}), workers=0)
    with project.open() as workspace:
        document = msgspec.json.decode(msgspec.json.encode(as_document(changes_since(workspace, "", limit=10))))
    assert document["changes"][0]["posting"] == project.postings()["1"]
    assert document["changes"][0]["client"] == "Acme"
