"""Sources that cannot be found, trusted or read to their end, and a clock that jumps: yesterday's postings stay."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import time_machine
from certificates import certificate
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.sources.transports.patience import Patience

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}
FEED = xml_feed(TEN)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobpipe.sources.transports.http.Patience", lambda: Patience(attempts=2, first_wait=0.001))


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """It has imported ten postings."""
    made = ProjectFolder(tmp_path / "project")
    made.run(FEED)
    return made


def reading(project: ProjectFolder, url: str) -> None:
    project.define(DEFINITION.replace("feed.xml", url))


@pytest.mark.usefixtures("impatient")
def test_a_host_that_no_name_server_knows_fails_the_run_and_expires_nothing(project: ProjectFolder) -> None:
    reading(project, "https://jobs.invalid/feed.xml")
    report = project.run()
    assert (report.state, report.expired, report.live) == ("failed", 0, 10)
    assert "jobs.invalid" in report.error
    reading(project, "feed.xml")
    assert project.run(xml_feed(TEN | {"k1": "Un"})).account["updated"] == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("trouble", ["expired", "wrong host", "unknown authority"])
def test_a_certificate_that_does_not_hold_fails_the_run_and_expires_nothing(
    project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    days = -1 if trouble == "expired" else 30
    made = certificate(tmp_path, "other.example" if trouble == "wrong host" else "localhost", days=days)
    if trouble != "unknown authority":
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
    with HttpSource() as source:
        url = source.serve_tls(made, "/feed.xml", FEED)
        reading(project, url)
        report = project.run()
    assert (report.state, report.expired, report.live) == ("failed", 0, 10)
    assert "certificate" in report.error


@pytest.mark.usefixtures("impatient")
def test_a_source_that_resets_at_any_tenth_byte_loses_nothing_and_is_read_whole_afterwards(tmp_path: Path) -> None:
    with HttpSource() as source:
        project = ProjectFolder(tmp_path / "project", DEFINITION.replace("feed.xml", source.url("/feed.xml")))
        few = {key: TEN[key] for key in ("k0", "k1", "k2", "k3")}
        feed = source.serve("/feed.xml", xml_feed(few), ranges=False)
        project.run()
        changed = xml_feed({f"k{number}": f"{number}, changée" for number in range(1, 5)})
        for cut in range(0, len(changed), 10):
            feed.body, feed.cuts = changed, [cut] * 9
            report = project.run()
            assert report.state in ("failed", "partial") and report.expired == 0 and adds_up(report)
            assert set(few) <= project.keys()
        feed.cuts = []
        report = project.run()
        assert (report.state, report.expired) == ("succeeded", 1)
        assert {key: posting["title"] for key, posting in project.postings().items()} == {
            f"k{number}": f"{number}, changée" for number in range(1, 5)
        }


@pytest.mark.usefixtures("impatient")
def test_a_source_that_resets_every_few_bytes_but_can_go_on_is_read_to_its_end(tmp_path: Path) -> None:
    with HttpSource() as source:
        project = ProjectFolder(tmp_path / "project", DEFINITION.replace("feed.xml", source.url("/feed.xml")))
        source.serve("/feed.xml", FEED, cuts=[10] * 60)
        report = project.run()
    assert (report.state, report.account["new"], report.complete) == ("succeeded", 10, True)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_clock_that_jumps_and_comes_back_costs_no_posting(project: ProjectFolder, days: int) -> None:
    now = datetime.datetime.now(datetime.UTC)
    with time_machine.travel(now + datetime.timedelta(days=days)):
        report = project.run(xml_feed(TEN | {"k1": "Un", "k10": "Dix"}))
    assert (report.state, report.account["new"], report.account["updated"], report.live) == ("succeeded", 1, 1, 11)
    with time_machine.travel(now + datetime.timedelta(hours=1)):
        back = project.run(xml_feed(TEN | {"k1": "Une"}))
    assert (back.state, back.account["updated"], back.expired, back.live) == ("succeeded", 1, 1, 10)
    assert project.postings()["k1"]["title"] == "Une"


def test_a_clock_that_jumps_while_a_run_goes_on_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ProjectFolder(tmp_path / "project")
    now = datetime.datetime.now(datetime.UTC)
    with time_machine.travel(now) as clock:
        from jobpipe.runs.finishing import Finish

        finish = Finish.finish

        def later(self: Finish, *given: object) -> object:
            clock.shift(datetime.timedelta(days=-30))
            return finish(self, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(Finish, "finish", later)
        report = project.run(FEED)
    monkeypatch.undo()
    assert (report.state, report.live) == ("succeeded", 10)
    assert project.run(xml_feed(TEN | {"k1": "Un"})).account["unchanged"] == 9


def test_postings_that_a_wrong_clock_has_ended_are_back_when_their_record_changes(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION + "  valid_through: {value: '2090-01-31'}\n")
    assert project.run(FEED).live == 10
    with time_machine.travel(datetime.datetime(2095, 1, 1, tzinfo=datetime.UTC)):
        assert project.run(xml_feed(TEN | {"k1": "Un"})).live == 0
    assert project.run(xml_feed({key: f"{title}." for key, title in TEN.items()})).live == 10
