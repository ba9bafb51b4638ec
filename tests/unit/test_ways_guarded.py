from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sent_changes import changes_to, files_to, upsert

from jobpipe.destinations.ways.way import Ready, RejectedLoginError
from jobpipe.safety.network import make_strict


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOBPIPE_GUARD", "JOBPIPE_GUARD_ALLOW"):
        monkeypatch.setenv(name, "")
    make_strict(strict=True)


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    "to",
    [
        '{http: "http://127.0.0.1:9/x"}',
        '{webhook: "http://localhost:9/x"}',
        '{search: "http://10.0.0.1:9200"}',
        '{sql: "postgresql://10.0.0.1/db"}',
        '{sql: "postgresql:///db?host=/var/run/postgresql"}',
        '{mongo: "mongodb://127.0.0.1/db"}',
        '{rabbitmq: "amqp://169.254.169.254"}',
    ],
)
def test_where_the_guard_is_strict_no_private_place_gets_changes(to: str) -> None:
    with pytest.raises(RejectedLoginError, match=r"private network|no source may have"):
        changes_to(to).send([upsert("1")], "b1")


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    "to",
    [
        '{file: "ftp://10.0.0.1/jobs.xml"}',
        '{file: "sftp://10.0.0.1/jobs.xml", auth: {basic: "a:b", known_hosts: "known"}}',
        '{file: "s3://b/jobs.xml", auth: {store: {endpoint: "http://127.0.0.1:9"}}}',
    ],
)
def test_where_the_guard_is_strict_no_private_place_gets_files(to: str, tmp_path: Path) -> None:
    (tmp_path / "known").write_text("")
    path = tmp_path / "jobs.xml"
    path.write_bytes(b"<jobs/>")
    file = Ready(name="jobs.xml", path=path, size=7, digest=hashlib.sha256(b"<jobs/>").hexdigest())
    with pytest.raises(RejectedLoginError, match="private network"):
        files_to(to, tmp_path).publish([file])
