"""The first Ctrl-C while a run waits for a source that says nothing: it stops, and is taken up again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_line import SOURCES, jobpipe
from ftp_servers import FtpPlace
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, xml_feed

OFFERS = xml_feed({f"k{number}": f"Offre {number} " + "mot " * 200 for number in range(500)})
# Seconds. The sources here say nothing for longer: whoever waits for them to the end is too late.
PATIENCE = 20
SILENCE = 120.0


@contextmanager
def running(project: ProjectFolder) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "offers", "--json", "--quiet"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def interrupted(project: ProjectFolder, is_waiting: Callable[[], object]) -> dict[str, Any]:
    """What a run says that got a Ctrl-C while it waited."""
    with running(project) as child:
        deadline = time.monotonic() + PATIENCE
        while not is_waiting():
            assert child.poll() is None and time.monotonic() < deadline, "the run did not ask its source"
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130 and "Traceback" not in err
    (document,) = json.loads(out)
    assert document["state"] == "running"
    return dict(document)


def taken_up(project: ProjectFolder) -> dict[str, Any]:
    (document,) = json.loads(jobpipe("-C", project.root, "run", "offers", "--json").stdout)
    return dict(document)


def reading(source: str, folder: Path) -> ProjectFolder:
    return ProjectFolder(folder / "project", DEFINITION.replace("feed: feed.xml", source))


def test_a_run_whose_server_falls_silent_stops_and_goes_on_from_there(tmp_path: Path) -> None:
    with HttpSource() as source:
        source.serve("/a.xml", OFFERS, stalls=[200_000], silence=SILENCE)
        project = reading(f"feed: {source.url('/a.xml')}", tmp_path)
        archive = project.root / ".jobpipe" / "archive"
        stopped = interrupted(
            project, lambda: any(path.stat().st_size for path in archive.rglob("*") if path.is_file())
        )
        again = taken_up(project)
        assert (again["run"], again["state"]) == (stopped["run"], "succeeded")
        assert again["account"]["new"] == again["account"]["read"] == 500
        assert int(source.requests[-1].header("range").removeprefix("bytes=").rstrip("-")) > 0


def test_a_run_whose_drop_falls_silent_stops_and_is_taken_up(tmp_path: Path) -> None:
    over = threading.Event()
    with FtpPlace(tmp_path / "drop") as place:
        (place.folder / "a.xml").write_bytes(OFFERS)
        place.on_next("RETR", lambda _: over.wait(SILENCE))
        project = reading(f"feed: {place.url('*.xml')}", tmp_path)
        try:
            stopped = interrupted(project, lambda: "RETR" in place.verbs())
        finally:
            over.set()
        again = taken_up(project)
        assert (again["run"], again["state"], again["account"]["new"]) == (stopped["run"], "succeeded", 500)


@pytest.mark.parametrize(
    "source",
    [
        "feed: http://127.0.0.1:{port}/a.xml",
        "feed: ftp://127.0.0.1:{port}/*.xml",
        "feed: sftp://127.0.0.1:{port}/*.xml\n  auth: {{basic: 'a:b'}}",
        "feed: imap://127.0.0.1:{port}/INBOX/*.xml\n  auth: {{basic: 'a:b'}}",
        "feed: s3://bucket/*.xml\n  auth: {{store: {{endpoint: 'http://127.0.0.1:{port}'}}}}",
        "api: {{url: 'http://127.0.0.1:{port}/jobs'}}",
        "soap: {{wsdl: 'http://127.0.0.1:{port}/jobs?wsdl', operation: GetOffers}}",
        "site: {{start: 'http://127.0.0.1:{port}/'}}",
    ],
    ids=lambda text: text.partition("//")[0].strip("{'"),
)
def test_a_run_that_waits_for_the_first_word_stops(source: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)
        heard: list[socket.socket] = []

        def is_waiting() -> bool:
            try:
                heard.append(listener.accept()[0])
            except TimeoutError:
                return False
            return True

        interrupted(reading(source.format(port=listener.getsockname()[1]), tmp_path), is_waiting)
        for one in heard:
            one.close()
