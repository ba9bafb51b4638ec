"""Whole runs of imports whose source is a service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply
from command_line import jobpipe
from project_folder import ProjectFolder, adds_up

from jobpipe.runs.report import RunReport
from jobpipe.sources.transports.patience import Patience

DEFINITION = """\
import: offers
source:
  api:
    url: {url}
    params: {{page: "{{page}}", per: "{{size}}"}}
    page: {{by: number, size: 10}}
  record: jobs[*]
  total: total
posting:
  reference: id
  title: title
  description: text
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default waits seconds for a server to recover: nothing here does."""
    monkeypatch.setattr("jobpipe.sources.api.web.Patience", lambda: Patience(attempts=2, first_wait=0.01))


class Board:
    """A paged list of jobs, with a detail for each."""

    def __init__(self, service: ApiService) -> None:
        self.jobs = [{"id": f"j{number}", "title": f"Offre {number}", "text": "<p>x</p>"} for number in range(1, 36)]
        self.total: int | None = None
        # What is answered instead of a page, or of a detail.
        self.troubles: dict[Any, Reply] = {}
        service.on("/jobs", self.page)
        service.on("/jobs/", self.detail)

    def page(self, asked: Asked) -> Any:
        number = asked.number("page", 1)
        if number in self.troubles:
            return self.troubles[number]
        total = len(self.jobs) if self.total is None else self.total
        return {"jobs": self.jobs[(number - 1) * 10 : number * 10], "total": total}

    def detail(self, asked: Asked) -> Any:
        key = asked.path.rpartition("/")[2]
        return self.troubles.get(key, {"more": f"Texte de {key}"})


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


@pytest.fixture
def board(service: ApiService) -> Board:
    return Board(service)


@pytest.fixture
def project(tmp_path: Path, service: ApiService) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project", DEFINITION.format(url=service.url("/jobs")))


def outcome(report: RunReport) -> tuple[str, dict[str, int]]:
    assert adds_up(report)
    return str(report.state), {name: count for name, count in report.account.items() if count}


def test_a_service_is_imported_and_unchanged_the_next_day(project: ProjectFolder, board: Board) -> None:
    assert outcome(project.run()) == ("succeeded", {"read": 35, "new": 35})
    assert project.postings()["j35"]["title"] == "Offre 35"
    assert outcome(project.run()) == ("succeeded", {})
    board.jobs[4] = {**board.jobs[4], "title": "Autre"}
    assert outcome(project.run()) == ("succeeded", {"read": 35, "updated": 1, "unchanged": 34})


def test_what_the_service_gives_no_more_expires(project: ProjectFolder, board: Board) -> None:
    project.run()
    del board.jobs[30:]
    report = project.run()
    assert outcome(report) == ("succeeded", {"read": 30, "unchanged": 30})
    assert len(project.keys()) == 30


def test_a_page_that_fails_expires_nothing(project: ProjectFolder, board: Board) -> None:
    project.run()
    board.troubles[3] = Reply(status=500)
    board.jobs[0] = {**board.jobs[0], "title": "Autre"}
    assert outcome(project.run()) == ("partial", {"read": 20, "updated": 1, "unchanged": 19})
    assert len(project.keys()) == 35


def test_a_list_that_goes_round_expires_nothing(project: ProjectFolder, board: Board) -> None:
    project.run()
    board.troubles[2] = Reply(body={"jobs": board.jobs[:10], "total": 10_000})
    report = project.run()
    assert outcome(report) == ("partial", {"read": 10, "unchanged": 10})
    assert len(project.keys()) == 35


def test_the_first_page_of_a_service_that_fails_is_a_failed_run(project: ProjectFolder, board: Board) -> None:
    project.run()
    board.troubles[1] = Reply(status=403)
    report = project.run()
    assert report.state == "failed" and adds_up(report)
    assert len(project.keys()) == 35


def test_a_total_that_is_wrong_for_ever_loses_and_expires_nothing(project: ProjectFolder, board: Board) -> None:
    board.total = 20
    assert outcome(project.run())[1] == {"read": 35, "new": 35}
    del board.jobs[34]
    report = project.run()
    assert outcome(report)[1] == {"read": 34, "unchanged": 34}
    assert len(project.keys()) == 35
    assert "states 20 postings and gave 34" in report.why


WITH_DETAIL = DEFINITION.replace("  record:", '    detail: {{url: "{url}/{{id}}", path: more, as: text}}\n  record:')


def test_details_that_are_gone_and_that_fail(project: ProjectFolder, board: Board, service: ApiService) -> None:
    project.define(WITH_DETAIL.format(url=service.url("/jobs")))
    assert outcome(project.run()) == ("succeeded", {"read": 35, "new": 35})
    assert project.postings()["j7"]["description"] == "<p>Texte de j7</p>"
    assert outcome(project.run()) == ("succeeded", {})
    board.troubles["j7"] = Reply(status=500)
    assert outcome(project.run()) == ("partial", {"read": 34, "unchanged": 34})
    assert project.postings()["j7"]["description"] == "<p>Texte de j7</p>"
    board.troubles["j7"] = Reply(status=404)
    assert outcome(project.run()) == ("succeeded", {"read": 34, "unchanged": 34})
    assert "j7" not in project.postings()


def test_the_command_runs_and_previews_a_service_without_showing_its_key(
    project: ProjectFolder, board: Board, service: ApiService
) -> None:
    text = DEFINITION.format(url=service.url("/jobs"))
    project.define(text.replace("  record:", "  auth: {key: {name: k, in: query, value: '${KEY}'}}\n  record:"))
    preview = jobpipe("-C", project.root, "preview", "offers", KEY="geheim-815")
    assert preview.returncode == 0 and "Offre 1" in preview.stdout
    assert len(service.requests) == 1 and service.requests[0].query["k"] == "geheim-815"
    board.troubles[3] = Reply(status=403, body={"error": "geheim-815 has no credit"})
    run = jobpipe("-C", project.root, "run", "offers", KEY="geheim-815")
    assert run.returncode == 1
    shown = preview.stdout + preview.stderr + run.stdout + run.stderr
    assert "denies access" in shown and "geheim" not in shown
    kept = [path.read_bytes() for path in (project.root / ".jobpipe").rglob("*") if path.is_file()]
    assert not any(b"geheim" in content for content in kept)


def test_a_path_that_is_none_is_told_by_check_with_its_line(project: ProjectFolder, service: ApiService) -> None:
    text = DEFINITION.format(url=service.url("/jobs")).replace("size: 10", 'size: 10, pages: "meta[pages"')
    project.define(text)
    checked = jobpipe("-C", project.root, "check")
    assert checked.returncode == 2
    assert "offers.yaml:6:" in checked.stdout + checked.stderr and "meta[pages" in checked.stdout + checked.stderr
    assert not service.requests
