"""What is hostile and belongs to no single module; and that docs/security.md names tests that there are."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.definition.faults import InvalidFileError
from jobpipe.documents.store import Role
from jobpipe.errors import JobpipeError
from jobpipe.safety.spreadsheets import without_formula
from jobpipe.sources.transports import exchange

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(test_\w+)\.(test_\w+)`")


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def test_each_promise_of_the_page_names_tests_that_there_are() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 40
    missing = [
        f"{file}.{name}"
        for file, name in named
        if f"def {name}(" not in (ROOT / "tests" / "unit" / f"{file}.py").read_text(encoding="utf-8")
    ]
    assert not missing


def test_each_row_of_its_tables_names_the_code_and_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "`test_" in line]
    for row in rows:
        for path in re.findall(r"`((?:[a-z_]+/)+[a-z_0-9]+(?:\.py|/)?)`", row):
            assert (ROOT / "src" / "jobpipe" / path).exists(), f"{path} of {row[:60]}"


# Headers ---------------------------------------------------------------------------------------------


@contextmanager
def speaking(answer: Iterator[bytes]) -> Iterator[str]:
    """A server that says these bytes to whoever connects first, as long as they are listened to."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            try:
                for piece in answer:
                    connection.sendall(piece)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    with server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/feed.xml"


def _endless_headers() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(10_000):
        yield b"X-%d: %s\r\n" % (number, b"x" * 1000)


def _endless_header() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX: "
    for _ in range(10_000):
        yield b"x" * 1000


@pytest.mark.parametrize("answer", [_endless_headers, _endless_header])
def test_headers_without_end_are_given_up_and_expire_nothing(
    project: ProjectFolder, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LONGEST_HEAD", 2)
    project.run(xml_feed({"k": "Offre"}), workers=0)
    with speaking(answer()) as address:  # type: ignore[operator]
        project.define(DEFINITION.replace("feed.xml", address).replace("source:\n", "source:\n  timeout: 1\n"))
        report = project.run(workers=0)
    assert report.state == "failed"
    assert project.keys() == {"k"}


# Depths and counts -----------------------------------------------------------------------------------


def test_a_record_nested_without_end_costs_itself_at_most(project: ProjectFolder) -> None:
    project.define(
        "import: offers\nsource: {feed: feed.json, record: 'jobs[*]'}\nposting: {reference: id, title: title}\n"
    )
    deep = b'{"id": "deep", "title": "x", "more": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    records = [b'{"id": "a", "title": "A"}', deep, b'{"id": "b", "title": "B"}']
    (project.root / "feed.json").write_bytes(b'{"jobs": [' + b",".join(records) + b"]}")
    report = project.run(workers=0)
    assert adds_up(report)
    assert project.keys() >= {"a", "b"}


def test_a_record_of_a_hundred_thousand_fields_is_read_or_rejected(project: ProjectFolder) -> None:
    many = b"".join(b"<f%d>x</f%d>" % (number, number) for number in range(100_000))
    wide = b'<offer id="wide"><title>Large</title>' + many + b"</offer></offers>"
    (project.root / "feed.xml").write_bytes(xml_feed({"k": "Offre"}).replace(b"</offers>", wide))
    report = project.run(workers=0)
    assert adds_up(report)
    assert {"k"} <= project.keys()


@pytest.mark.parametrize(
    "text",
    ["a: &a [x]\nkeep: *a\n", "keep: " + "[" * 2_000 + "]" * 2_000 + "\n", "keep: !!python/object:os.system {}\n"],
    ids=["aliases", "depth", "objects"],
)
def test_settings_are_read_without_aliases_depth_or_objects(project: ProjectFolder, text: str) -> None:
    (project.root / "jobpipe.yaml").write_text(text)
    with pytest.raises((InvalidFileError, JobpipeError)):
        project.open()


def test_html_of_a_posting_runs_nothing(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("description: text", "description: [text, sanitize_html]"))
    hostile = b'<p onclick="x()">ok</p><script>x()</script><img src=x onerror=x()><a href="javascript:x()">a</a>'
    feed = xml_feed({"k": "Offre"}).replace(b"Texte de Offre", b"<![CDATA[" + hostile + b"]]>")
    project.run(feed, workers=0)
    (posting,) = project.postings().values()
    for part in ("script", "onclick", "onerror", "javascript:"):
        assert part not in posting["description"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert without_formula(text).startswith("'")


def test_a_key_that_is_a_path_or_a_script_is_text(project: ProjectFolder) -> None:
    keys = ["../../etc/passwd", "a\\b", "${HOME}", "{{ 7*7 }}", "'; DROP TABLE state; --"]
    project.run(xml_feed(dict.fromkeys(keys, "Offre")), workers=0)
    assert project.keys() == set(keys)
    assert not project.rows(Role.REJECTED)
