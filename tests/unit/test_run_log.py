"""What a run says while it goes, and who reads it later."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.logs import about, now_about_run
from jobpipe.runs.run_log import MOST_LINES, kept_log, lines_of, log_file
from jobpipe.safety.secrets import process_redactor

FEED = xml_feed({str(number): f"Mason {number}" for number in range(5)})


def said(folder: ProjectFolder, run: int) -> list[str]:
    return [f"{line.level} {line.stage}: {line.message}" for line in lines_of(folder.root / ".jobpipe", run)]


def test_a_run_says_its_stages_and_the_troubles_of_its_server(tmp_path: Path) -> None:
    with HttpSource() as source:
        source.serve("/feed.xml", FEED, statuses=[503])
        folder = ProjectFolder(tmp_path, DEFINITION.replace("feed.xml", source.url("/feed.xml")))
        run = folder.run(workers=0).run
        again = folder.run(workers=0).run
    lines = said(folder, run)
    assert lines[0] == "info read: begins" and lines[-1].startswith("info finish: succeeded; 5 read, 5 new")
    assert any("503" in line and "trying again" in line for line in lines)
    assert "info read: part 0: 5 records, read to its end" in lines
    assert "info read: part 0: has not changed" in said(folder, again)


def test_a_run_that_fails_says_why_last(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    run = folder.run(workers=0).run
    assert said(folder, run)[-1].startswith("error finish: failed: ")


def test_a_run_goes_on_where_nothing_can_be_kept_of_what_it_says(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    (folder.root / ".jobpipe").mkdir(exist_ok=True)
    (folder.root / ".jobpipe" / "logs").write_text("in the way")
    report = folder.run(FEED, workers=0)
    assert (report.state, said(folder, report.run)) == ("succeeded", [])


def test_lines_of_runs_at_the_same_time_stay_apart_and_hold_no_secret(tmp_path: Path) -> None:
    process_redactor.add("hunter2-of-the-feed")
    meet = threading.Barrier(2)

    def go(run: int) -> None:
        with about(f"import-{run}"), kept_log(tmp_path, run):
            now_about_run(run)
            meet.wait()
            logging.getLogger("jobpipe.somewhere").warning("run %d asks with %s", run, "hunter2-of-the-feed")
            meet.wait()

    threads = [threading.Thread(target=go, args=(run,)) for run in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in (1, 2):
        (line,) = lines_of(tmp_path, run)
        assert line.message.startswith(f"run {run} asks with ") and "hunter2" not in line.message


def test_what_a_kill_has_cut_is_passed_over_and_a_flood_is_not_kept(tmp_path: Path) -> None:
    with kept_log(tmp_path, 1) as log:
        for number in range(MOST_LINES + 50):
            log.say("read", f"page {number}")
    with log_file(tmp_path, 1).open("a") as file:
        file.write('{"at": "2026-01-01T0')
    lines = lines_of(tmp_path, 1)
    assert len(lines) == MOST_LINES
    assert (lines[-1].level, lines[-1].message) == ("warning", "there is more, which is not kept")


def test_a_warning_still_stands_on_a_terminal_where_nobody_set_up_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with kept_log(tmp_path, 1), kept_log(tmp_path, 2):
        logging.getLogger("jobpipe.somewhere").warning("look at this")
        logging.getLogger("jobpipe.somewhere").info("not at this")
    assert capsys.readouterr().err.count("look at this") == 1
