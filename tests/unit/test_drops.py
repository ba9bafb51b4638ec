"""Whole imports from drops: which files are read, what their absence says, and what becomes of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate
from command_line import jobpipe
from ftp_servers import PASSWORD, USER, FtpPlace
from imap_server import dovecot
from project_folder import ProjectFolder, adds_up, xml_feed
from s3_server import BUCKET, KEYS, s3_bucket

from jobpipe.definition.drops import FileOptions
from jobpipe.sources.dropped_files import choose
from jobpipe.sources.transports.drop import DroppedFile

LONG_AGO = 1_700_000_000
POSTING = """\
posting:
  reference: "@id"
  title: title
  description: text
"""


def definition(feed: str, *more: str) -> str:
    lines = "".join(f"  {line}\n" for line in more)
    return f'import: offers\nsource:\n  feed: "{feed}"\n  record: offer\n{lines}{POSTING}'


def offers(letter: str, count: int = 3) -> dict[str, str]:
    return {f"{letter}{number}": f"Title {letter}{number}" for number in range(count)}


def drop(path: Path, feed: bytes, at: int = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(feed)
    os.utime(path, (at, at))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[FtpPlace]:
    with FtpPlace(tmp_path / "ftp") as running:
        yield running


def ftp_project(tmp_path: Path, place: FtpPlace, *more: str) -> ProjectFolder:
    auth = f'auth: {{basic: "{USER}:{PASSWORD}"}}'
    return ProjectFolder(tmp_path / "project", definition(place.url("*.xml", login=""), auth, *more))


# --- parts


def test_of_three_files_one_unchanged_and_one_missing_expire_nothing(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place)
    for letter in "abc":
        drop(place.folder / f"{letter}.xml", xml_feed(offers(letter)))
    first = project.run()
    assert (first.state, first.account["new"]) == ("succeeded", 9)
    second = project.run()
    assert (second.state, second.unchanged, second.account["read"]) == ("succeeded", True, 0)
    assert place.verbs().count("RETR") == 3
    drop(place.folder / "b.xml", xml_feed({"b0": "Title b0", "b9": "Another"}), LONG_AGO + 60)
    (place.folder / "c.xml").unlink()
    third = project.run()
    assert third.state == "partial" and "c.xml" in third.why and "not there today" in third.why
    assert adds_up(third) and third.account["new"] == 1 and third.expired == 0
    assert place.verbs().count("RETR") == 4
    assert len(project.keys()) == 10


def test_parts_that_come_and_go_are_missed_by_nobody(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "parts_come_and_go: true")
    for letter in "ab":
        drop(place.folder / f"{letter}.xml", xml_feed(offers(letter, 10)))
    drop(place.folder / "c.xml", xml_feed({"c": "Only"}))
    project.run()
    (place.folder / "c.xml").unlink()
    report = project.run()
    assert (report.state, report.complete) == ("succeeded", True)


def test_a_second_file_beside_one_that_is_unchanged_expires_nothing(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml"))
    drop(tmp_path / "drop" / "a.xml", xml_feed(offers("a", 20)))
    project.run()
    drop(tmp_path / "drop" / "b.xml", xml_feed(offers("b", 20)))
    report = project.run()
    assert (report.state, report.account["new"], report.missing, report.expired) == ("succeeded", 20, 0, 0)
    assert len(project.keys()) == 40


def test_a_posting_that_moves_to_another_file_is_not_missed_when_that_file_is_unchanged(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml"))
    first, second = offers("a", 20), offers("b", 20)
    for moment in range(3):
        if moment == 1:
            second["a0"] = first.pop("a0")
        if moment < 2:
            drop(tmp_path / "drop" / "b.xml", xml_feed(second), LONG_AGO + moment)
        else:
            first["a1"] = "Changed"
        drop(tmp_path / "drop" / "a.xml", xml_feed(first), LONG_AGO + moment)
        assert project.run().expired == 0
    assert project.keys() >= {"a0"}


# --- which files


def test_the_newest_file_is_read_alone_and_the_older_ones_are_not_missed(tmp_path: Path) -> None:
    project = ProjectFolder(
        tmp_path,
        definition(
            "drop/*.xml",
            "files: {take: newest}",
        )
        + "expire: {guard: 90%}\n",
    )
    drop(tmp_path / "drop" / "z-monday.xml", xml_feed(offers("a")))
    assert project.run().account["new"] == 3
    drop(tmp_path / "drop" / "a-tuesday.xml", xml_feed({"a0": "Title a0"}), LONG_AGO + 60)
    report = project.run()
    assert (report.state, report.complete, report.account["unchanged"]) == ("succeeded", True, 1)
    assert project.keys() == {"a0"}


def test_of_a_source_of_changes_each_file_is_read_once(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "holds: changes")
    drop(place.folder / "a.xml", xml_feed(offers("a")))
    project.run()
    drop(place.folder / "b.xml", xml_feed(offers("b")), LONG_AGO + 60)
    second = project.run()
    assert (second.state, second.account["read"]) == ("succeeded", 3)
    # A run that finds nothing stands between.
    for name in ("a.xml", "b.xml"):
        (place.folder / name).rename(tmp_path / name)
    empty = project.run()
    assert (empty.state, empty.account["read"], empty.expired) == ("succeeded", 0, 0)
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).rename(place.folder / name)
    again = project.run()
    assert (again.state, again.account["read"], place.verbs().count("RETR")) == ("succeeded", 0, 2)
    assert len(project.keys()) == 6


def test_of_two_changes_of_one_posting_the_newer_file_counts(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml", "holds: changes"))
    drop(tmp_path / "drop" / "1.xml", xml_feed({"a": "Old"}))
    drop(tmp_path / "drop" / "2.xml", xml_feed({"a": "New"}), LONG_AGO + 60)
    project.run()
    assert project.postings()["a"]["title"] == "New"


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml", "holds: changes", "files: {quiet: 60}"))
    drop(tmp_path / "drop" / "a.xml", xml_feed(offers("a")))
    drop(tmp_path / "drop" / "b.xml", b"<offers><offer id='b'><title>", int(time.time()))
    report = project.run()
    assert (report.state, report.account["read"]) == ("succeeded", 3)
    drop(tmp_path / "drop" / "b.xml", xml_feed(offers("b")), LONG_AGO + 60)
    assert project.run().account["new"] == 3


def test_while_the_only_file_is_being_written_the_run_says_so_and_nothing_expires(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml", "files: {quiet: 60}"))
    drop(tmp_path / "drop" / "a.xml", xml_feed(offers("a")))
    project.run()
    drop(tmp_path / "drop" / "a.xml", b"<offers>", int(time.time()))
    report = project.run()
    assert report.state == "failed" and "is still being written" in report.error
    assert len(project.keys()) == 3
    # Beside another file it is a part that is not known today.
    drop(tmp_path / "drop" / "b.xml", xml_feed(offers("b")))
    report = project.run()
    assert report.state == "partial" and "is still being written" in report.why
    assert len(project.keys()) == 6


def test_the_size_of_a_file_tells_that_it_grows_where_its_time_lies(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "files: {quiet: 1}", "holds: changes")
    path = place.folder / "a.xml"
    drop(path, xml_feed(offers("a")))
    looked = []

    def grow(verb: str) -> None:
        looked.append(verb)
        drop(path, xml_feed(offers("a", 3 + len(looked))))

    place.before["MLSD"] = grow
    assert project.run().account["read"] == 0
    assert len(looked) == 2
    place.before.clear()
    assert project.run().account["read"] == 5


def test_files_of_one_age_come_in_the_order_of_their_names() -> None:
    files = [DroppedFile(location=name, name=name) for name in "abc"]
    assert choose(files, FileOptions(), "all").taken == ["a", "b", "c"]
    newest = choose(files, FileOptions(take="newest"), "all")
    assert (newest.taken, newest.passed_over) == (["c"], ["a", "b"])


# --- afterwards


def test_files_are_moved_when_the_run_has_succeeded(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "files: {afterwards: move, move_to: done/}")
    drop(place.folder / "a.xml", xml_feed(offers("a")))
    assert project.run().state == "succeeded"
    assert sorted(path.name for path in place.folder.iterdir()) == ["done"]
    assert (place.folder / "done" / "a.xml").exists()
    # Nothing new is no trouble, and says nothing of what is live.
    empty = project.run()
    assert (empty.state, empty.unchanged, empty.missing) == ("succeeded", True, 0)
    assert len(project.keys()) == 3
    drop(place.folder / "a.xml", xml_feed(offers("a")), LONG_AGO + 60)
    assert project.run().account["unchanged"] == 3


def test_files_of_a_run_that_has_not_succeeded_stay(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml", "files: {afterwards: delete}"))
    drop(tmp_path / "drop" / "a.xml", xml_feed(offers("a", 20)))
    drop(tmp_path / "drop" / "b.xml", b"<offers><offer id='b'><title>cut")
    assert project.run().state == "partial"
    assert len(list((tmp_path / "drop").iterdir())) == 2
    drop(tmp_path / "drop" / "b.xml", xml_feed(offers("b")), LONG_AGO + 60)
    assert project.run().state == "succeeded"
    assert list((tmp_path / "drop").iterdir()) == []
    # The guard holds it: a person may want to see the file.
    drop(tmp_path / "drop" / "c.xml", xml_feed({"a0": "Title a0"}), LONG_AGO + 90)
    assert project.run().state == "held"
    assert len(list((tmp_path / "drop").iterdir())) == 1


def test_older_files_go_with_the_newest_so_that_none_comes_back(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path, definition("drop/*.xml", "files: {take: newest, afterwards: delete}"))
    drop(tmp_path / "drop" / "old.xml", xml_feed(offers("a")))
    drop(tmp_path / "drop" / "new.xml", xml_feed(offers("b")), LONG_AGO + 60)
    assert project.run().state == "succeeded"
    assert list((tmp_path / "drop").iterdir()) == []
    assert project.run().unchanged
    assert project.keys() == set(offers("b"))


def test_what_cannot_be_deleted_is_told_and_is_not_the_runs_failure(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "files: {afterwards: delete}")
    drop(place.folder / "a.xml", xml_feed(offers("a")))
    place.unknown = {"DELE"}
    report = project.run()
    assert report.state == "succeeded"
    told = [notice["message"] for notice in report.notices if notice["kind"] == "afterwards"]
    assert len(told) == 1 and "not deleted" in told[0] and PASSWORD not in told[0]
    # It is tried again, though there is nothing to read.
    place.unknown = set()
    assert project.run().unchanged
    assert list(place.folder.iterdir()) == []


def test_a_file_that_was_dropped_anew_while_the_run_went_on_stays(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "files: {afterwards: delete}")
    path = place.folder / "a.xml"
    drop(path, xml_feed(offers("a")))
    # Between reading and deleting: the server is asked what the file is now.
    place.before["DELE"] = lambda verb: pytest.fail("deleted what was not read")
    place.after["RETR"] = lambda: place.on_next("USER", lambda verb: drop(path, xml_feed(offers("b")), LONG_AGO + 60))
    report = project.run()
    assert report.state == "succeeded"
    assert any("has changed since it was read" in notice["message"] for notice in report.notices)
    place.before.clear()
    assert project.run().account["new"] == 3


def test_a_run_that_was_killed_before_it_could_delete_leaves_that_to_the_next(tmp_path: Path, place: FtpPlace) -> None:
    project = ftp_project(tmp_path, place, "files: {afterwards: delete}")
    drop(place.folder / "a.xml", xml_feed(offers("a")))
    process: list[subprocess.Popen[bytes]] = []
    place.before["DELE"] = lambda verb: process[0].send_signal(signal.SIGKILL)
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent / "src")}
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "offers"]
    place.unknown = {"DELE"}
    process.append(subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert process[0].wait(timeout=60) == -signal.SIGKILL
    assert (place.folder / "a.xml").exists()
    place.before.clear()
    place.unknown = set()
    assert project.run().unchanged
    assert list(place.folder.iterdir()) == []
    assert project.keys() == set(offers("a"))


def test_files_on_a_web_server_can_be_neither_chosen_nor_deleted(tmp_path: Path) -> None:
    ProjectFolder(tmp_path / "p", definition("http://127.0.0.1:9/a.xml", "files: {afterwards: delete}"))
    done = jobpipe("-C", tmp_path / "p", "run", "offers")
    assert done.returncode == 2
    assert "cannot be listed, deleted or moved" in done.stderr + done.stdout


# --- by the command


def run_command(root: Path, **environ: str) -> tuple[int, Any, str]:
    done = jobpipe("-C", root, "run", "offers", "--json", **environ)
    reports = json.loads(done.stdout) if done.stdout else [{}]
    return done.returncode, reports[0], done.stdout + done.stderr


def test_an_import_over_ftps_adds_up_and_is_unchanged_the_next_time(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with FtpPlace(tmp_path / "ftp", certificate=pem) as place:
        auth = 'auth: {basic: "${FTP_USER}:${FTP_PASSWORD}"}'
        project = ProjectFolder(tmp_path / "project", definition(place.url("*.xml", login=""), auth))
        drop(place.folder / "a.xml", xml_feed(offers("a", 50)))
        environ = {"FTP_USER": USER, "FTP_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(pem)}
        code, report, _ = run_command(project.root, **environ)
        assert (code, report["account"]["read"], report["account"]["new"]) == (0, 50, 50)
        code, report, _ = run_command(project.root, **environ)
        assert (code, report["evidence"]["unchanged"]) == (0, True)
        code, _, said = run_command(project.root, **{**environ, "FTP_PASSWORD": "geheim-falsch"})
        assert code == 1 and "refuses the login" in said
        assert "geheim" not in said and PASSWORD not in said


def test_an_import_from_a_bucket(tmp_path: Path) -> None:
    with s3_bucket() as bucket:
        store = f"endpoint: 'http://127.0.0.1:{bucket.port}', region: eu-west-3"
        auth = f"auth: {{store: {{{store}, key_id: '{KEYS['key_id']}', secret: '${{S3_SECRET}}'}}}}"
        more = "files: {afterwards: move, move_to: /read}"
        project = ProjectFolder(tmp_path, definition(f"s3://{BUCKET}/out/*.xml", auth, more))
        bucket.put("out/a.xml", xml_feed(offers("a")))
        bucket.put("out/b.xml", xml_feed(offers("b")))
        code, report, said = run_command(project.root, S3_SECRET=KEYS["secret"])
        assert (code, report["account"]["new"]) == (0, 6)
        assert bucket.keys() == ["read/a.xml", "read/b.xml"]
        assert KEYS["secret"] not in said


def test_an_import_from_a_mailbox(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with dovecot(tmp_path / "dovecot", pem) as box:
        box.deliver({"offers.xml": xml_feed(offers("a"))}, subject="Monday", at='"13-Nov-2023 08:00:00 +0000"')
        box.deliver({"offers.xml": xml_feed(offers("b"))}, subject="Tuesday", at='"14-Nov-2023 08:00:00 +0000"')
        box.deliver({"offers.xml": b"<advertisement/>"}, sender="else@example.net", subject="Spam")
        auth = f'auth: {{basic: "{USER}:${{MAIL_PASSWORD}}"}}'
        files = "files: {take: newest, sender: feeds@example.org, afterwards: move, move_to: Done}"
        project = ProjectFolder(tmp_path / "project", definition(box.url("INBOX/*.xml"), auth, files))
        environ = {"MAIL_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(pem)}
        code, report, said = run_command(project.root, **environ)
        assert (code, report["account"]["new"], report["account"]["read"]) == (0, 3, 3), said
        assert project.keys() == set(offers("b"))
        assert (box.subjects(), box.subjects("Done")) == (["Spam"], ["Monday", "Tuesday"])
        assert run_command(project.root, **environ)[:1] == (0,)
