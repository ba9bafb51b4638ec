"""A feed that is handed out over HTTP, asked for by a client, by raw sockets and by the project's own importer."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partner import FEEDING
from project_folder import ProjectFolder, xml_feed
from sent_changes import files_to
from serve_process import ServeProcess, wait_until

from jobpipe.definition.project import find_project
from jobpipe.definition.secret_values import resolve_target
from jobpipe.destinations.published import PublishedFile, feed_folder
from jobpipe.destinations.ways.served import ServedWay
from jobpipe.destinations.ways.way import NotReachedError, Ready
from jobpipe.health.listening import listening
from jobpipe.runs.deliveries.delivering import deliver
from jobpipe.safety.secrets import redact
from jobpipe.serving.conditions import Variant, asked_range
from jobpipe.serving.failed_logins import MOST_FAILURES
from jobpipe.serving.feed_book import FeedBook
from jobpipe.serving.feeds import Feeds

# Larger than what sockets hold: whoever does not read it is waited for.
LARGE = os.urandom(1 << 20) * 24
LOGIN = ("partner", "long secret ü")


class House:
    """A project whose destinations are handed out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "destinations").mkdir(parents=True)
        (root / "jobpipe.yaml").write_text("")
        self.environ = {"FEED_USER": LOGIN[0], "FEED_PASSWORD": LOGIN[1]}
        self.url = ""

    def destination(self, name: str, to: str) -> None:
        (self.root / "destinations" / f"{name}.yaml").write_text(f"destination: {name}\nto: {to}\n")

    def publish(self, **files: bytes) -> None:
        """By their names with `_` for the dot."""
        made = self.root / "made"
        made.mkdir(exist_ok=True)
        ready = []
        for key, content in files.items():
            path = made / f"{hashlib.sha256(content).hexdigest()}-{key}"
            path.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            ready.append(Ready(name=key.replace("_", "."), path=path, size=len(content), digest=digest))
        (first, *_) = files
        files_to(f"{{served: {first.replace('_', '.')}}}", self.root).publish(ready)

    def book(self) -> FeedBook:
        return FeedBook(find_project(self.root, {}), lambda target: resolve_target(target, self.environ).password)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house")
    house.destination("partner", "{served: jobs.xml}")
    with listening(Feeds(house.book(), at_once=12), "127.0.0.1:0") as house.url:
        yield house


def get(house: House, path: str = "partner/jobs.xml", method: str = "GET", **headers: str) -> httpx2.Response:
    """As it is sent: compressed only where that is asked for, and then left so."""
    sent = {"accept-encoding": "identity", **{name.replace("_", "-"): value for name, value in headers.items()}}
    with httpx2.Client(timeout=20) as client, client.stream(method, f"{house.url}/feeds/{path}", headers=sent) as got:
        got._content = b"".join(got.iter_raw())
        return got


def test_a_feed_is_handed_out_and_asked_for_again_only_when_it_is_another(house: House) -> None:
    assert get(house).status_code == 503
    house.publish(jobs_xml=b"<jobs>1</jobs>")
    first = get(house)
    assert (first.status_code, first.content) == (200, b"<jobs>1</jobs>")
    assert first.headers["content-type"] == "application/xml"
    assert first.headers["x-content-type-options"] == "nosniff"
    head = get(house, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": ""} == {**first.headers, "date": ""}

    tag, since = first.headers["etag"], first.headers["last-modified"]
    assert get(house, if_none_match=f'"other", W/{tag}').status_code == 304
    assert get(house, if_modified_since=since).status_code == 304
    house.publish(jobs_xml=b"<jobs>1</jobs>")
    unchanged = get(house, if_none_match=tag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    house.publish(jobs_xml=b"<jobs>2</jobs>")
    assert get(house, if_none_match=tag).content == b"<jobs>2</jobs>"


def test_what_is_large_comes_compressed_to_whoever_takes_that(house: House) -> None:
    content = b"<jobs>" + b"<job>vendeur</job>" * 5_000 + b"</jobs>"
    house.publish(jobs_xml=content, jobs_xlsx=content)
    plain, packed = get(house), get(house, accept_encoding="br;q=1.0, gzip;q=0.5")
    assert plain.content == content
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.content) < len(content) / 10
    assert gzip.decompress(packed.content) == content
    assert "accept-encoding" in packed.headers["vary"]
    assert plain.headers["etag"] != packed.headers["etag"]
    assert "content-encoding" not in get(house, accept_encoding="gzip;q=0, *").headers
    assert "content-encoding" not in get(house, "partner/jobs.xlsx", accept_encoding="gzip").headers


def test_a_download_that_was_cut_goes_on_unless_the_feed_is_another(house: House) -> None:
    content = b"0123456789" * 1_000
    house.publish(jobs_xml=content)
    tag = get(house).headers["etag"]
    rest = get(house, range="bytes=9990-", if_range=tag)
    assert (rest.status_code, rest.content) == (206, b"0123456789")
    assert rest.headers["content-range"] == "bytes 9990-9999/10000"
    assert get(house, range="bytes=-3").content == b"789"
    beyond = get(house, range="bytes=10000-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */10000")
    packed = get(house, range="bytes=9-", if_range=tag, accept_encoding="gzip")
    assert (packed.status_code, gzip.decompress(packed.content)) == (200, content)
    house.publish(jobs_xml=content[::-1])
    assert get(house, range="bytes=9990-", if_range=tag).content == content[::-1]


@given(size=st.integers(1, 50), first=st.none() | st.integers(0, 60), last=st.none() | st.integers(0, 60))
def test_the_bytes_that_are_asked_for_are_those_of_the_rule(size: int, first: int | None, last: int | None) -> None:
    file = PublishedFile(name="f", size=size, sha256="0" * 64, media_type="", modified=0)
    asked = asked_range(
        Variant(file, is_gzip=False),
        {"range": f"bytes={'' if first is None else first}-{'' if last is None else last}"},
    )
    content = range(size)
    if first is None:
        assert asked == (None if last is None else content[-last:] if last else range(size, size))
    elif last is not None and last < first:
        assert asked is None
    else:
        assert list(asked or ()) == list(content[first:] if last is None else content[first : last + 1])


def test_a_file_that_is_swapped_goes_on_to_its_end_for_whoever_reads_it(house: House) -> None:
    house.publish(jobs_xml=LARGE)
    with SlowReader(house) as reader:
        for content in (b"second", b"third", b"fourth"):
            house.publish(jobs_xml=content)
            assert get(house).content == content
        assert reader.rest() == LARGE
    left = feed_folder(house.root / ".jobpipe", "partner").iterdir()
    assert {path.stat().st_size for path in left if path.suffix != ".json"} == {len(b"third"), len(b"fourth")}


def test_pages_lie_beside_their_index_and_only_what_is_listed_can_be_asked_for(house: House) -> None:
    house.publish(jobs_json=b"{}", **{"jobs-1_xml": b"<one/>", "jobs-2_xml": b"<two/>"})
    assert get(house, "partner/jobs-2.xml").content == b"<two/>"
    (house.root / ".jobpipe" / "feeds" / "partner" / "other.xml").write_text("not listed")
    digest = hashlib.sha256(b"{}").hexdigest()
    for path in (
        *("partner/other.xml", "partner/published.json", f"partner/{digest}", "partner/", "partner", "", "nobody/x"),
        *("partner/%2e%2e/partner/jobs.json", "..%2f..%2fjobpipe.yaml", "partner/jobs.json%00", "partner/jobs.json/"),
    ):
        assert raw(house, f"GET /feeds/{path} HTTP/1.1") == 404, path
    assert raw(house, "GET /feeds/../../jobpipe.yaml HTTP/1.1") == 404
    assert raw(house, "GET /healthz HTTP/1.1") == 404
    assert raw(house, "POST /feeds/partner/jobs.json HTTP/1.1") == 405
    house.destination("partner", "{file: jobs.xml}")
    assert get(house, "partner/jobs.json").status_code == 404


def test_a_password_is_asked_for_and_guessing_it_takes_for_ever(house: House) -> None:
    house.destination("partner", '{served: jobs.xml, password: "${FEED_USER}:${FEED_PASSWORD}"}')
    house.publish(jobs_xml=b"<jobs/>")
    url = f"{house.url}/feeds/partner/jobs.xml"
    asked = get(house)
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, 'Basic realm="partner", charset="UTF-8"')
    assert get(house, authorization="Basic ???").status_code == 401
    allowed = httpx2.get(url, auth=LOGIN)
    assert (allowed.content, allowed.headers["cache-control"]) == (b"<jobs/>", "private, no-cache")
    assert redact(f"it was {LOGIN[1]}") == "it was ***"

    said = [httpx2.get(url, auth=(LOGIN[0], f"guess {n}")).status_code for n in range(MOST_FAILURES)]
    assert said == [401] * (MOST_FAILURES - 1) + [429]
    waits = httpx2.get(url, auth=LOGIN)
    assert (waits.status_code, int(waits.headers["retry-after"]) > 0) == (429, True)


def test_a_password_that_is_missing_or_empty_lets_nobody_in(house: House) -> None:
    house.publish(jobs_xml=b"<jobs/>")
    house.environ = {"FEED_USER": "", "FEED_PASSWORD": ""}
    house.destination("partner", '{served: jobs.xml, password: "${FEED_USER}:${FEED_PASSWORD}"}')
    assert get(house).status_code == 503
    assert get(house, authorization="Basic Og==").status_code == 503
    house.destination("partner", '{served: jobs.xml, password: "${NOT_SET}"}')
    assert get(house).status_code == 503
    house.destination("partner", "{served: jobs.xml, passwort: x}")
    assert get(house).status_code == 503


def test_slow_readers_hold_up_nobody_and_the_one_too_many_is_told_to_come_later(house: House) -> None:
    house.publish(jobs_xml=LARGE, small_xml=b"<small/>")
    with ExitStack() as readers:
        for _ in range(11):
            readers.enter_context(SlowReader(house))
        assert get(house).content == LARGE
        last = readers.enter_context(SlowReader(house))
        refused = get(house, "partner/small.xml")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert get(house, method="HEAD").status_code == 200
        assert last.rest() == LARGE
        wait_until(lambda: get(house, "partner/small.xml").status_code == 200, "its place is not free")


def test_who_takes_nothing_is_left_and_makes_room(house: House) -> None:
    house.publish(jobs_xml=LARGE)
    feeds = Feeds(house.book(), at_once=1, patience=0.1)
    with listening(feeds, "127.0.0.1:0") as house.url, SlowReader(house) as reader:
        wait_until(lambda: get(house, range="bytes=0-0").status_code == 206, "its place is not free")
        assert len(reader.rest()) < len(LARGE)


def test_a_list_that_is_damaged_is_named_and_written_anew(house: House, tmp_path: Path) -> None:
    house.publish(jobs_xml=b"<one/>")
    listed = feed_folder(house.root / ".jobpipe", "partner") / "published.json"
    listed.write_text('{"files": [{"name": "jobs.xml", "size": 1, "sha256": "../../../jobpipe.yaml"}]}')
    assert get(house).status_code == 503
    house.publish(jobs_xml=b"<two/>")
    assert get(house).content == b"<two/>"
    (tmp_path / "state").write_text("")
    made = Ready(name="jobs.xml", path=tmp_path / "state", size=0, digest="0" * 64)
    with pytest.raises(NotReachedError, match=r"destinations/partner\.yaml"):
        ServedWay(tmp_path / "state" / "feeds", "partner").publish([made])


def test_the_importer_reads_such_a_feed_and_the_second_time_it_is_unchanged(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    house.destination("partner", '{served: jobs.xml, password: "partner:${FEED_PASSWORD}"}')
    house.publish(jobs_xml=xml_feed({f"k{number}": f"Offre {number}" for number in range(200)}))
    project = ProjectFolder(tmp_path / "project")
    os.environ["FEED_PASSWORD"] = LOGIN[1]
    try:
        with ServeProcess(house.root) as served:
            served.wait_for("/feeds/")
            assert served.get("/healthz") == (200, "ok\n")
            address = f"http://127.0.0.1:{served.port}/feeds/partner/jobs.xml"
            project.define(
                f"""
import: offers
client: ACME
source:
  feed: {address}
  auth: {{basic: "partner:${{FEED_PASSWORD}}"}}
posting: {{reference: "@id", title: text}}
"""
            )
            first, second = project.run(workers=0), project.run(workers=0)
    finally:
        del os.environ["FEED_PASSWORD"]
    assert (first.state, first.account["new"]) == ("succeeded", 200)
    assert (second.state, second.unchanged) == ("succeeded", True)


def test_what_an_import_brings_is_handed_out_and_what_was_lost_is_published_again(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", FEEDING)
    project.configure("state: elsewhere\n")
    (project.root / "destinations").mkdir()
    (project.root / "destinations" / "partner.yaml").write_text("destination: partner\nto: {served: jobs.jsonl}\n")
    project.run(xml_feed({"k1": "Mason", "k2": "Baker"}), workers=0)
    book = FeedBook(find_project(project.root, {}), lambda target: target.password)
    with project.open() as workspace, listening(Feeds(book), "127.0.0.1:0") as url:
        for _ in range(2):
            assert deliver(workspace, "partner", at_once=True).state == "done"
            answer = httpx2.get(f"{url}/feeds/partner/jobs.jsonl")
            assert [json.loads(line)["title"] for line in answer.text.splitlines()] == ["Mason", "Baker"]
            assert deliver(workspace, "partner", at_once=True).deliveries == 0
            shutil.rmtree(workspace.project.state_dir / "feeds")


class SlowReader:
    """Has asked for the feed and reads nothing until it is told to."""

    def __init__(self, house: House) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", int(house.url.rpartition(":")[2])))
        self._socket.sendall(b"GET /feeds/partner/jobs.xml HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        # It is under way.
        self._begun = self._socket.recv(1)

    def rest(self) -> bytes:
        """The content, as far as it comes."""
        pieces = [self._begun]
        while piece := self._socket.recv(1 << 20):
            pieces.append(piece)
        return b"".join(pieces).partition(b"\r\n\r\n")[2]

    def __enter__(self) -> SlowReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def raw(house: House, line: str) -> int:
    """The status that answers a request which no library would send."""
    with socket.create_connection(("127.0.0.1", int(house.url.rpartition(":")[2])), timeout=20) as connection:
        connection.sendall(f"{line}\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])
