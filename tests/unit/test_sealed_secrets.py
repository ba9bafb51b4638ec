"""Secrets that people type in are sealed where they are kept, and shown nowhere."""

from __future__ import annotations

import http.server
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import SOURCES
from engines import ON_A_CLUSTER
from hypothesis import given, settings
from hypothesis import strategies as st
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.definition.project import find_project
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.models import Secret
from jobpipe.runs.secret_values import environ_of, key_path, opened, remove_secret, rotate, set_secret
from jobpipe.safety.sealed import KeyProblemError, Keys, find_keys, new_key
from jobpipe.safety.secrets import _shapes_of, process_redactor

PASSWORD = "correct horse battery"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    monkeypatch.delenv("JOBPIPE_KEY", raising=False)
    return ProjectFolder(tmp_path / "project")


def stored_bytes(project: ProjectFolder) -> bytes:
    return b"".join(path.read_bytes() for path in (project.root / ".jobpipe").rglob("*") if path.is_file())


# Sealing ---------------------------------------------------------------------------------------------


@given(st.text(min_size=1), st.text())
@settings(max_examples=50)
def test_what_is_sealed_opens_under_its_name_and_key_alone(name: str, value: str) -> None:
    keys, others = (Keys([os.urandom(32)], "the key") for _ in range(2))
    sealed = keys.seal(name, value)
    assert keys.open(name, sealed) == value
    assert len(value) < 8 or value.encode() not in sealed
    for one, under in ((keys, name + "x"), (others, name)):
        with pytest.raises(KeyProblemError):
            one.open(under, sealed)
    with pytest.raises(KeyProblemError):
        keys.open(name, sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_a_key_is_made_for_its_owner_alone_and_one_that_others_may_read_is_refused(project: ProjectFolder) -> None:
    with project.open() as workspace:
        assert set_secret(workspace, "TOKEN", PASSWORD, by="someone")
        path = key_path(workspace.project)
        assert path.stat().st_mode & 0o777 == 0o600
        assert environ_of(workspace.project)["TOKEN"] == PASSWORD
        path.chmod(0o644)
        with pytest.raises(KeyProblemError, match="others may read the key"):
            environ_of(workspace.project)["TOKEN"]


def test_the_environment_goes_before_what_is_sealed(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with project.open() as workspace:
        set_secret(workspace, "TOKEN", PASSWORD, by="")
        monkeypatch.setenv("TOKEN", "of the environment")
        assert environ_of(workspace.project)["TOKEN"] == "of the environment"


def test_a_lost_key_is_told_and_no_other_is_made_in_its_place(project: ProjectFolder) -> None:
    with project.open() as workspace:
        set_secret(workspace, "TOKEN", PASSWORD, by="")
        key_path(workspace.project).unlink()
        with pytest.raises(KeyProblemError, match="no key"):
            set_secret(workspace, "OTHER", PASSWORD, by="")
        assert not key_path(workspace.project).exists()


def test_rotating_seals_all_under_a_new_key_and_a_kill_amid_it_leaves_all_readable(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with project.open() as workspace:
        for number in range(3):
            set_secret(workspace, f"TOKEN_{number}", f"{PASSWORD} {number}", by="")
        before = key_path(workspace.project).read_text()
        with monkeypatch.context() as patched:
            patched.setattr("jobpipe.runs.secret_values._seal_again", lambda workspace: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                rotate(workspace)
        assert opened(workspace.project, "TOKEN_1") == f"{PASSWORD} 1"
        assert rotate(workspace) == 3
        assert before not in key_path(workspace.project).read_text()
        assert opened(workspace.project, "TOKEN_1") == f"{PASSWORD} 1"
        with pytest.raises(KeyProblemError, match="another key"):
            find_keys({"JOBPIPE_KEY": before}, Path("none")).open(
                "TOKEN_1", bytes(Secret.objects.get(name="TOKEN_1").sealed)
            )


def test_a_key_of_the_environment_is_changed_by_putting_the_new_one_before_it(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    monkeypatch.setenv("JOBPIPE_KEY", old)
    with project.open() as workspace:
        set_secret(workspace, "TOKEN", PASSWORD, by="")
        monkeypatch.setenv("JOBPIPE_KEY", f"{new},{old}")
        assert rotate(workspace) == 1
        monkeypatch.setenv("JOBPIPE_KEY", new)
        assert opened(workspace.project, "TOKEN") == PASSWORD
        assert not key_path(workspace.project).exists()


@pytest.mark.parametrize(("name", "value"), [("a.b", PASSWORD), ("A B", PASSWORD), ("TOKEN", "abc")])
def test_what_could_not_be_asked_for_or_masked_is_refused(project: ProjectFolder, name: str, value: str) -> None:
    with project.open() as workspace, pytest.raises(UsageError):
        set_secret(workspace, name, value, by="")


def test_a_secret_that_is_removed_is_missing(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("feed.xml", "${FEED_NAME}.xml"))
    with project.open() as workspace:
        set_secret(workspace, "FEED_NAME", "feed", by="")
    assert project.run(xml_feed({"k": "Offre"}), workers=0).live == 1
    with project.open() as workspace:
        remove_secret(workspace, "FEED_NAME")
    with pytest.raises(DefinitionError, match="FEED_NAME is not set"):
        project.run(workers=0)


# Shown nowhere ---------------------------------------------------------------------------------------


class _Server(http.server.BaseHTTPRequestHandler):
    """Repeats in its errors all that it was told, as careless servers do."""

    failing = False

    def do_GET(self) -> None:
        told = f"{self.path} {self.headers}".encode()
        body = told if self.failing else xml_feed({"k": "Offre", "": ""})
        self.send_response(403 if self.failing else 200, str(self.path) if self.failing else "OK")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


COMMANDS = (["run", "offers"], ["preview", "offers"], ["show", "1", "--json"], ["check"], ["runs", "--json"])
SECRET = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="{}$"), min_size=10).map(
    lambda text: text[:30]
)


@pytest.mark.skipif(ON_A_CLUSTER, reason="greps files")
@given(secrets=st.lists(SECRET, min_size=4, max_size=4, unique=True))
@settings(max_examples=2, deadline=None)
def test_random_secrets_are_in_no_output_and_no_file(
    tmp_path_factory: pytest.TempPathFactory, address: str, secrets: list[str]
) -> None:
    """In a query, a header, a login and a path; sealed in the ledger and in the environment; in good runs and bad."""
    project = ProjectFolder(tmp_path_factory.mktemp("secret") / "project")
    names = [f"S{number}" for number in range(len(secrets))]
    project.define(
        f"import: offers\nsource:\n  feed: 'http://{address}/${{S0}}/feed.xml?token=${{S1}}'\n"
        "  record: offer\n  auth: {basic: 'user:${S2}'}\n  headers: {X-Api-Key: '${S3}'}\n"
        "posting: {reference: '@id', title: title}\n"
    )
    url_safe = [secret.translate({ord(char): "-" for char in "/?#&%\\\"'<>` :@[]^|;=,+!()*~."}) for secret in secrets]
    environ = {names[0]: url_safe[0], names[1]: url_safe[1]}
    with project.open() as workspace:
        set_secret(workspace, names[2], secrets[2], by="")
        set_secret(workspace, names[3], secrets[3], by="")
    outputs = []
    for failing in (False, True):
        _Server.failing = failing
        for command in (
            ["run", "offers"],
            ["preview", "offers"],
            ["show", "1", "--json"],
            ["check"],
            ["runs", "--json"],
        ):
            done = subprocess.run(
                [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "--traceback", *command],
                env={**os.environ, "PYTHONPATH": str(SOURCES), **environ},
                capture_output=True,
                check=False,
            )
            outputs.append(done.stdout + done.stderr)
    everything = b"\n".join(outputs) + stored_bytes(project)
    assert b"Offre" in everything
    for secret in (*url_safe[:2], *secrets[2:]):
        for shape in _shapes_of(secret):
            if len(shape) >= 8:
                assert shape.encode() not in everything, shape


def test_an_opened_secret_is_masked_in_logs_and_tracebacks(project: ProjectFolder) -> None:
    from jobpipe.safety.secrets import RedactingFilter

    with project.open() as workspace:
        set_secret(workspace, "TOKEN", "s3cr3t-of-a-log", by="")
        value = environ_of(workspace.project)["TOKEN"]
    record = logging.LogRecord("x", logging.INFO, "x", 1, "sent %s", (json.dumps({"token": value}),), None)
    RedactingFilter(process_redactor).filter(record)
    assert "s3cr3t" not in record.getMessage()


def test_a_project_that_has_no_sealed_secret_makes_no_key(project: ProjectFolder) -> None:
    project.run(xml_feed({"k": "Offre"}), workers=0)
    assert not key_path(find_project(project.root, {})).exists()
