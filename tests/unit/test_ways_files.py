from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from sent_changes import files_to

from jobpipe.destinations.ways.way import Ready, RefusedError, RejectedLoginError

FIRST, SECOND = b"<jobs>1</jobs>", b"<jobs>" + b"2" * 3_000_000 + b"</jobs>"


def made(folder: Path, **files: bytes) -> Sequence[Ready]:
    """Files to publish: `jobs_xml=b""` is jobs.xml."""
    folder.mkdir(exist_ok=True)
    return [ready(folder, name.replace("_", "."), body) for name, body in files.items()]


def ready(folder: Path, name: str, body: bytes) -> Ready:
    path = folder / hashlib.sha256(name.encode()).hexdigest()
    path.write_bytes(body)
    return Ready(name=name, path=path, size=len(body), digest=hashlib.sha256(body).hexdigest())


def test_a_file_is_swapped_in_whole_and_again(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    way = files_to("{file: out/jobs.xml}", tmp_path)
    for body in (FIRST, SECOND, SECOND):
        assert way.publish(made(tmp_path / "here", jobs_xml=body)) == str(tmp_path / "out/jobs.xml")
        assert (tmp_path / "out/jobs.xml").read_bytes() == body
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["jobs.xml"]


def test_all_files_are_there_before_the_first_is_swapped_in_as_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    way = files_to("{file: out/jobs.xml}", tmp_path)
    names = []

    def replaced(self: Path, goal: Path) -> None:
        assert not names or (out / ".jobs.xml.part").exists()
        names.append(goal.name)
        self.rename(goal)

    monkeypatch.setattr(Path, "replace", replaced)
    way.publish([ready(tmp_path, name, FIRST) for name in ("jobs.xml", "jobs-2.xml", "jobs-3.xml")])
    assert names == ["jobs-3.xml", "jobs-2.xml", "jobs.xml"]


def test_what_a_killed_attempt_left_is_written_over_and_a_link_there_is_not_followed(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    other.write_bytes(b"of somebody else")
    (out / ".jobs.xml.part").symlink_to(other)
    (out / "jobs.xml").write_bytes(FIRST)
    (out / "jobs.xml").chmod(0o640)
    files_to("{file: out/jobs.xml}", tmp_path).publish(made(tmp_path / "here", jobs_xml=SECOND))
    assert (out / "jobs.xml").read_bytes() == SECOND
    assert (out / "jobs.xml").stat().st_mode & 0o777 == 0o640
    assert other.read_bytes() == b"of somebody else"
    assert [path.name for path in out.iterdir()] == ["jobs.xml"]


def test_a_folder_that_is_not_there_and_a_name_that_leads_elsewhere_are_told(tmp_path: Path) -> None:
    way = files_to("{file: out/jobs.xml}", tmp_path)
    with pytest.raises(RejectedLoginError, match=r"out is not there") as caught:
        way.publish(made(tmp_path / "here", jobs_xml=FIRST))
    assert str(tmp_path / "out/jobs.xml") in str(caught.value)
    (tmp_path / "out").mkdir()
    for name in ("../jobs.xml", "..", "a\0b", "a\nb", ""):
        with pytest.raises(RefusedError, match="is no name for a file"):
            way.publish([ready(tmp_path, name, FIRST)])
    assert not list((tmp_path / "out").iterdir())
