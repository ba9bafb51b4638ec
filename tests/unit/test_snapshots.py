"""Files for destinations: whole, never far fewer postings without a person's yes, and what is in them is known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import jobpipe
from partner import FEEDING
from project_folder import ProjectFolder, xml_feed
from receivers import Drop

from jobpipe.ledger.models import Delivery, DeliveryState, Incident
from jobpipe.runs.deliveries.deciding import accept, dismiss
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.runs.deliveries.report import DeliveryReport
from jobpipe.runs.deliveries.showing import shown_delivery

JSONL = "destination: partner\nto: {file: out/jobs.jsonl}\n"


class Board:
    """A project whose postings go into one file of a partner."""

    def __init__(self, root: Path) -> None:
        self.project = ProjectFolder(root, FEEDING.replace("source:", "expire: {guard: 100%, misses: 1}\nsource:"))
        self.drop = Drop()
        (root / "destinations").mkdir()
        self.describe(JSONL)

    def describe(self, text: str) -> None:
        (self.project.root / "destinations" / "partner.yaml").write_text(text)

    def imports(self, count: int) -> None:
        self.project.run(xml_feed({str(number): f"Job {number}" for number in range(count)}), workers=0)

    def deliver(self) -> DeliveryReport:
        with self.project.open() as workspace:
            return deliver(workspace, "partner", open_way=lambda _: self.drop, at_once=True)

    def titles(self, name: str = "jobs.jsonl") -> list[str]:
        return [json.loads(line)["title"] for line in self.drop.files[name].splitlines()]


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path / "project")


def test_a_file_is_made_when_something_has_changed_and_only_then(board: Board) -> None:
    board.imports(3)
    assert board.deliver().postings == 3
    assert board.titles() == ["Job 0", "Job 1", "Job 2"]
    assert board.deliver().postings is None
    board.imports(3)
    assert board.deliver().postings is None
    board.imports(4)
    assert board.deliver().postings == 4
    assert board.drop.published == 2


def test_nobody_is_given_an_empty_file_to_begin_with(board: Board) -> None:
    assert board.deliver().postings is None
    board.describe(JSONL + "require: [url]\n")
    board.imports(3)
    report = board.deliver()
    assert (report.postings, report.held_back, board.drop.published) == (None, 3, 0)


def test_a_file_that_would_shrink_by_half_waits_and_the_former_one_stays(board: Board) -> None:
    board.imports(20)
    board.deliver()
    board.imports(10)
    report = board.deliver()
    assert report.state == "held"
    assert "50% would vanish" in report.error
    assert len(board.titles()) == 20
    with board.project.open() as workspace:
        assert Incident.objects.get(kind="snapshot-held").state == "open"
        waiting = Delivery.objects.get(state=DeliveryState.HELD)
        assert report.waits == waiting.pk
        shown = shown_delivery(workspace, waiting.pk)
        assert shown["would_vanish"] == [
            {"import": "offers", "postings": 10, "samples": [str(number) for number in range(10, 20)]}
        ]
        accept(workspace, waiting.pk, "somebody")
    assert board.deliver().postings == 10
    assert len(board.titles()) == 10
    with board.project.open():
        assert Incident.objects.get(kind="snapshot-held").state == "resolved"


def test_a_file_that_was_dismissed_stays_away_until_something_changes(board: Board) -> None:
    board.imports(20)
    board.deliver()
    board.imports(9)
    waits = board.deliver().waits
    assert waits is not None
    with board.project.open() as workspace:
        dismiss(workspace, waits, "somebody")
    board.deliver()
    assert len(board.titles()) == 20
    board.imports(19)
    assert board.deliver().postings == 19


def test_what_waits_is_replaced_by_a_file_that_is_whole_again(board: Board) -> None:
    board.imports(20)
    board.deliver()
    board.imports(5)
    assert board.deliver().state == "held"
    board.imports(20)
    report = board.deliver()
    assert (report.state, report.postings) == ("done", 20)
    with board.project.open():
        assert not Delivery.objects.filter(state=DeliveryState.HELD).exists()
        assert Incident.objects.get(kind="snapshot-held").state == "resolved"


def test_the_most_that_a_board_takes_are_those_that_come_first(board: Board) -> None:
    board.describe(JSONL + "limit: 2\npriority: [\"posting.title == 'Job 3'\", posting.title]\n")
    board.imports(5)
    assert board.deliver().postings == 2
    assert "Job 3" in board.titles()


def test_many_postings_become_pages_and_an_index(board: Board) -> None:
    board.describe("destination: partner\nto: {file: out/jobs.jsonl.gz, page: 2}\n")
    board.imports(5)
    board.deliver()
    assert list(board.drop.files) == ["jobs.json", "jobs-1.jsonl.gz", "jobs-2.jsonl.gz", "jobs-3.jsonl.gz"]
    index = json.loads(board.drop.files["jobs.json"])
    assert index["postings"] == 5
    pages = [gzip.decompress(board.drop.files[page["file"]]).splitlines() for page in index["pages"]]
    assert [len(page) for page in pages] == [2, 2, 1]


def test_a_file_that_did_not_get_through_is_sent_again_as_it_is(board: Board) -> None:
    board.imports(3)
    board.drop.fails = lambda: "unreached"
    assert board.deliver().state == "waiting"
    board.drop.fails = lambda: ""
    assert board.deliver().postings == 3
    with board.project.open():
        assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    "fault", ["to: {file: x.xml}\nformat: nonsense\n", "to: {file: x.xml}\nselect: {where: 'posting.'}\n"]
)
def test_a_file_of_a_destination_that_is_wrong_is_told_with_its_place(board: Board, fault: str) -> None:
    board.describe("destination: partner\n" + fault)
    board.imports(1)
    done = jobpipe("-C", board.project.root, "deliver")
    assert done.returncode == 1, done.stdout
    assert "destinations/partner.yaml" in done.stdout
    with board.project.open():
        assert Incident.objects.get(kind="destination-wrong").state == "open"


def test_a_person_takes_a_posting_down_everywhere_at_once(board: Board) -> None:
    board.imports(3)
    root = board.project.root
    (root / "out").mkdir()
    assert jobpipe("-C", root, "deliver").returncode == 0
    assert len((root / "out" / "jobs.jsonl").read_bytes().splitlines()) == 3
    assert jobpipe("-C", root, "posting", "exclude", "1").returncode == 0
    left = [json.loads(line)["reference"] for line in (root / "out" / "jobs.jsonl").read_bytes().splitlines()]
    assert left == ["0", "2"]


def test_a_held_file_is_let_go_from_the_command_line(board: Board) -> None:
    root: Path = board.project.root
    (root / "out").mkdir()
    said: Callable[..., str] = lambda *words: jobpipe("-C", root, *words).stdout  # noqa: E731
    board.imports(20)
    said("deliver")
    board.imports(8)
    held = jobpipe("-C", root, "deliver")
    assert held.returncode == 3
    number = held.stdout.split("deliveries show ")[1].split(";")[0]
    assert "would vanish: 12 of offers" in said("deliveries", "show", number)
    assert "8 postings" in said("deliveries", "accept", number)
    assert len((root / "out" / "jobs.jsonl").read_bytes().splitlines()) == 8
    assert "there" in said("trace", "3")
    assert "away" in said("trace", "15")
