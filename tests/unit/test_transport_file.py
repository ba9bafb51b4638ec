from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from jobpipe.errors import DefinitionError, LimitExceededError, SourceChangedError, SourceError
from jobpipe.sources.transports import transport_for
from jobpipe.sources.transports.file import FileTransport
from jobpipe.sources.transports.http import HttpTransport
from jobpipe.sources.transports.transport import Arrival, Request

FEED = b"<jobs>" + b"x" * 3_000_000 + b"</jobs>"


async def _fetch(request: Request) -> tuple[Arrival, list[bytes]]:
    arrival, chunks = await FileTransport().open(request)
    return arrival, [chunk async for chunk in chunks]


def fetch(location: object, **more: object) -> tuple[Arrival, bytes]:
    arrival, chunks = asyncio.run(_fetch(Request(location=str(location), **more)))  # type: ignore[arg-type]
    return arrival, b"".join(chunks)


def listed(location: object) -> list[str]:
    return asyncio.run(FileTransport().list(Request(location=str(location))))


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "offres d'été.xml"
    path.write_bytes(FEED)
    return path


def test_a_file_arrives_in_chunks_with_its_length(feed: Path) -> None:
    arrival, chunks = asyncio.run(_fetch(Request(location=str(feed))))
    assert b"".join(chunks) == FEED
    assert 3 <= len(chunks) <= 12
    assert (arrival.name, arrival.length, arrival.shown) == (feed.name, len(FEED), str(feed))


def test_a_file_url_and_a_home_folder_are_paths_too(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetch(feed.as_uri())[1] == FEED
    monkeypatch.setenv("HOME", str(feed.parent))
    assert fetch(f"~/{feed.name}")[1] == FEED


def test_the_file_url_of_another_machine_is_refused() -> None:
    with pytest.raises(SourceError, match=r"of the machine server.*three slashes"):
        fetch("file://server/jobs.xml")


def test_an_unchanged_file_is_not_read_and_a_changed_one_is(feed: Path) -> None:
    first, _ = fetch(feed)
    again, body = fetch(feed, validators=first.validators)
    assert again.unchanged and body == b""
    status = feed.stat()
    os.utime(feed, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert not fetch(feed, validators=first.validators)[0].unchanged


def test_an_interrupted_run_goes_on_in_the_same_file_only(feed: Path) -> None:
    first, _ = fetch(feed)
    arrival, body = fetch(feed, offset=1_000_000, resume=first.validators)
    assert (arrival.resumed_from, body) == (1_000_000, FEED[1_000_000:])
    feed.write_bytes(FEED.replace(b"x", b"y"))
    arrival, body = fetch(feed, offset=1_000_000, resume=first.validators)
    assert (arrival.resumed_from, body) == (0, FEED.replace(b"x", b"y"))


def test_a_file_that_grows_while_it_is_read_is_named(feed: Path) -> None:
    async def read() -> None:
        _, chunks = await FileTransport().open(Request(location=str(feed)))
        await anext(chunks)
        with feed.open("ab") as file:
            file.write(b"more")
        async for _ in chunks:
            pass

    with pytest.raises(SourceChangedError, match="written to while it was read"):
        asyncio.run(read())


def test_a_missing_file_names_the_nearest_one(feed: Path) -> None:
    (feed.parent / "jobs.xml").touch()
    with pytest.raises(SourceError, match=r"job\.xml: there is no such file .did you mean jobs\.xml\?"):
        fetch(feed.parent / "job.xml")
    with pytest.raises(SourceError, match=r"the folder .*/nowhere does not exist"):
        fetch(feed.parent / "nowhere" / "jobs.xml")
    with pytest.raises(SourceError, match="no such file"):
        fetch(feed / "jobs.xml")


def test_a_folder_is_no_feed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a folder.*\*\.xml"):
        fetch(tmp_path)


def test_a_pipe_and_a_device_are_no_feeds(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(SourceError, match="not a plain file"):
            fetch(path)


def test_a_file_that_may_not_be_read_is_named(feed: Path) -> None:
    feed.chmod(0)
    # Root may read everything: for a moment the test is nobody.
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        with pytest.raises(SourceError, match="may not be read by the user that runs job-pipe"):
            fetch(feed)
    finally:
        if is_root:
            os.seteuid(0)


def test_a_file_beyond_the_limit_is_not_read(feed: Path) -> None:
    with pytest.raises(LimitExceededError, match=r"source\.limits\.download"):
        fetch(feed, max_bytes=1_000_000)


def test_a_pattern_stands_for_its_files_in_their_order(tmp_path: Path) -> None:
    for name in ("b.xml", "a.xml", "c.json", "deep/er/d.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.xml").mkdir()
    assert listed(tmp_path / "*.xml") == [str(tmp_path / "a.xml"), str(tmp_path / "b.xml")]
    assert listed(tmp_path / "**/*.xml") == [str(tmp_path / name) for name in ("a.xml", "b.xml", "deep/er/d.xml")]
    assert listed(tmp_path / "a.xml") == [str(tmp_path / "a.xml")]


def test_a_name_that_only_looks_like_a_pattern_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "jobs[1].xml"
    path.write_bytes(FEED)
    assert listed(path) == [str(path)]


def test_a_pattern_without_a_file_is_an_error_and_no_empty_feed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file matches"):
        listed(tmp_path / "*.xml")


def test_each_location_finds_its_transport() -> None:
    for location in ("jobs.xml", "/srv/a:b.xml", "~/x", "file:///x", "./odd:name.xml"):
        assert isinstance(transport_for(location), FileTransport)
    for location in ("http://example.org", "HTTPS://example.org/x"):
        assert isinstance(transport_for(location), HttpTransport)


def test_a_scheme_that_nobody_speaks_names_the_nearest_one() -> None:
    with pytest.raises(DefinitionError, match=r"nothing here speaks htps .did you mean https\?"):
        transport_for("htps://anna:secret@example.org/jobs.xml")
    with pytest.raises(DefinitionError, match="there is file, http, https"):
        transport_for("gopher://example.org")


@pytest.mark.parametrize(("scheme", "instead"), [("gs", r"s3://bucket.*storage\.googleapis\.com"), ("az", "sftp://")])
def test_a_store_that_is_not_read_names_another_way(scheme: str, instead: str) -> None:
    with pytest.raises(DefinitionError, match=f"only S3-compatible ones are read.*{instead}") as caught:
        transport_for(f"{scheme}://anna:secret@example.org/jobs.xml")
    assert "secret" not in str(caught.value)
