from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate
from cutting_proxy import CuttingProxy
from ftp_servers import PASSWORD as FTP_PASSWORD
from ftp_servers import USER, FtpPlace, vsftpd
from processes import free_port
from s3_server import BUCKET, KEYS, REGION, Bucket, s3_bucket
from sent_changes import files_to
from sftp_server import PASSWORD as SFTP_PASSWORD
from sftp_server import SftpPlace

from jobpipe.destinations.ways import s3
from jobpipe.destinations.ways.way import NotReachedError, Ready, RefusedError, RejectedLoginError, UnknownFateError
from jobpipe.errors import DefinitionError
from jobpipe.sources.transports.patience import Patience

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


# SFTP -----------------------------------------------------------------------------------------------


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpPlace]:
    with SftpPlace(tmp_path / "drop", tmp_path) as place:
        (place.folder / "in").mkdir()
        yield place


def to_sftp(place: SftpPlace, port: int = 0, path: str = "in/jobs.xml", more: str = "") -> str:
    known, login = place.known_hosts(port), f"anna:{SFTP_PASSWORD}"
    return f'{{file: "{place.url(path, port)}", auth: {{basic: "{login}", known_hosts: "{known}"}}{more}}}'


def test_sftp_takes_files_whole_and_again(sftp: SftpPlace, tmp_path: Path) -> None:
    inside = sftp.folder / "in"
    (inside / ".jobs.xml.part").write_bytes(b"x" * 4_000_000)
    way = files_to(to_sftp(sftp))
    for body in (SECOND, FIRST, FIRST):
        files = [ready(tmp_path, "jobs.xml", body), ready(tmp_path, "jobs-2.xml", SECOND)]
        assert way.publish(files) == sftp.url("in/jobs.xml")
        assert {path.name: path.read_bytes() for path in inside.iterdir()} == {"jobs.xml": body, "jobs-2.xml": SECOND}


def test_sftp_that_breaks_in_the_middle_leaves_the_former_file(sftp: SftpPlace, tmp_path: Path) -> None:
    way = files_to(to_sftp(sftp))
    way.publish(made(tmp_path / "here", jobs_xml=FIRST))
    with CuttingProxy(sftp.port, sent_cuts=[1_500_000]) as proxy:
        broken = files_to(to_sftp(sftp, proxy.port))
        with pytest.raises(NotReachedError, match="broke the connection") as caught:
            broken.publish(made(tmp_path / "here", jobs_xml=SECOND))
        assert type(caught.value) is NotReachedError
        assert (sftp.folder / "in/jobs.xml").read_bytes() == FIRST
        broken.publish(made(tmp_path / "here", jobs_xml=SECOND))
    assert [path.name for path in (sftp.folder / "in").iterdir()] == ["jobs.xml"]


def test_what_keeps_sftp_from_taking_a_file_is_told(sftp: SftpPlace, tmp_path: Path) -> None:
    files = made(tmp_path / "here", jobs_xml=FIRST)
    (tmp_path / "nobody").write_text("")
    unknown = to_sftp(sftp).replace(sftp.known_hosts(), str(tmp_path / "nobody"))
    for to, kind, said in (
        (to_sftp(sftp).replace(SFTP_PASSWORD, "wr0ng-one"), RejectedLoginError, "refuses the login"),
        (unknown, RejectedLoginError, "host key is not known"),
        (to_sftp(sftp, path="nowhere/jobs.xml"), RejectedLoginError, "is not there"),
        (to_sftp(sftp, free_port()), NotReachedError, "cannot be reached"),
    ):
        with pytest.raises(kind, match=said) as caught:
            files_to(to).publish(files)
        text = str(caught.value)
        assert text.startswith("sftp://127.0.0.1:") and "source." not in text and "wr0ng-one" not in text
    with pytest.raises(DefinitionError, match="needs a user"):
        files_to(f'{{file: "{sftp.url("jobs.xml")}"}}')


# FTP ------------------------------------------------------------------------------------------------


def to_ftp(place: FtpPlace, path: str = "in/jobs.xml") -> str:
    return f'{{file: "{place.url(path, login="")}", auth: {{basic: "{USER}:${{WORD}}"}}}}'


def test_ftp_takes_files_whole_and_again(tmp_path: Path) -> None:
    with FtpPlace(tmp_path / "drop") as place:
        inside = place.folder / "in"
        inside.mkdir()
        (inside / ".jobs.xml.part").write_bytes(b"x" * 4_000_000)
        way = files_to(to_ftp(place), WORD=FTP_PASSWORD)
        for body in (SECOND, FIRST, FIRST):
            way.publish([ready(tmp_path, "jobs.xml", body), ready(tmp_path, "jobs-2.xml", SECOND)])
            found = {path.name: path.read_bytes() for path in inside.iterdir()}
            assert found == {"jobs.xml": body, "jobs-2.xml": SECOND}
        renamed = [name for verb, name in place.asked if verb == "RNTO"]
        assert [name.rpartition("/")[2] for name in renamed] == ["jobs-2.xml", "jobs.xml"] * 3


def test_ftp_that_breaks_leaves_the_former_file_until_the_swapping_begins(tmp_path: Path) -> None:
    with FtpPlace(tmp_path / "drop") as place:
        (place.folder / "in").mkdir()
        way = files_to(to_ftp(place), WORD=FTP_PASSWORD)
        way.publish(made(tmp_path / "here", jobs_xml=FIRST))
        for verb, kind in (("STOR", NotReachedError), ("RNTO", UnknownFateError)):
            place.handler.process_command, usual = breaking_at(place, verb), place.handler.process_command
            with pytest.raises(kind) as caught:
                way.publish(made(tmp_path / "here", jobs_xml=SECOND))
            assert type(caught.value) is kind
            assert (place.folder / "in/jobs.xml").read_bytes() == FIRST
            place.handler.process_command = usual
        way.publish(made(tmp_path / "here", jobs_xml=SECOND))
        assert [path.name for path in (place.folder / "in").iterdir()] == ["jobs.xml"]


def breaking_at(place: FtpPlace, verb: str) -> Any:
    usual = place.handler.process_command

    def process(self: Any, came: str, *given: Any, **more: Any) -> Any:
        return self.close() if came == verb else usual(self, came, *given, **more)

    return process


def test_what_keeps_ftp_from_taking_a_file_is_told(tmp_path: Path) -> None:
    files = made(tmp_path / "here", jobs_xml=FIRST)
    with FtpPlace(tmp_path / "drop") as place:
        for path, word, said in (("jobs.xml", "wr0ng-one", "refuses the login"), ("no/jobs.xml", FTP_PASSWORD, "550")):
            with pytest.raises(RejectedLoginError, match=said) as caught:
                files_to(to_ftp(place, path), WORD=word).publish(files)
            assert "source." not in str(caught.value) and "wr0ng-one" not in str(caught.value)
    with pytest.raises(NotReachedError, match="cannot be reached"):
        files_to(to_ftp(place), WORD=FTP_PASSWORD).publish(files)


def test_ftps_with_vsftpd_takes_files_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem, root = certificate(tmp_path), tmp_path / "drop"
    inside = root / "in"
    inside.mkdir(parents=True)
    inside.chmod(0o777)
    root.chmod(0o555)
    writable = dict.fromkeys(("write_enable", "anon_upload_enable", "anon_other_write_enable"), "YES")
    with vsftpd(root, pem, tmp_path, anon_umask="022", anon_world_readable_only="NO", **writable) as port:
        way = files_to(f'{{file: "ftps://127.0.0.1:{port}/in/jobs.xml"}}')
        with pytest.raises(RejectedLoginError, match="certificate is not trusted"):
            way.publish(made(tmp_path / "here", jobs_xml=FIRST))
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        way = files_to(f'{{file: "ftps://127.0.0.1:{port}/in/jobs.xml"}}')
        for body in (SECOND, FIRST, FIRST):
            way.publish(made(tmp_path / "here", jobs_xml=body))
            assert (inside / "jobs.xml").read_bytes() == body
        assert [path.name for path in inside.iterdir()] == ["jobs.xml"]


# S3 -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3_bucket() as running:
        yield running


def to_s3(bucket: Bucket, port: int = 0, key: str = "in/jobs.xml.gz") -> str:
    store = f'endpoint: "http://127.0.0.1:{port or bucket.port}", region: {REGION}'
    keys = f'key_id: {KEYS["key_id"]}, secret: "{KEYS["secret"]}"'
    return f'{{file: "s3://{BUCKET}/{key}", auth: {{store: {{{store}, {keys}}}}}}}'


def test_s3_takes_small_and_large_files_and_again(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.empty()
    monkeypatch.setattr(s3, "PART", 5 * 1024 * 1024)
    large = random.Random(1).randbytes(11_000_000)
    way = files_to(to_s3(bucket))
    for body in (large, FIRST, large):
        way.publish([ready(tmp_path, "jobs.xml.gz", body), ready(tmp_path, "jobs-2.xml", SECOND)])
        assert bucket.keys() == ["in/jobs-2.xml", "in/jobs.xml.gz"]
        found = bucket.client.get_object(Bucket=BUCKET, Key="in/jobs.xml.gz")
        assert found["Body"].read() == body
        assert found["ContentType"] == "application/gzip"
    assert not bucket.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_what_a_killed_upload_left_in_s3_goes_and_the_former_file_stays(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.empty()
    monkeypatch.setattr(s3, "PART", 5 * 1024 * 1024)
    monkeypatch.setattr(s3, "_PATIENCE", Patience(attempts=1))
    files = [ready(tmp_path, "jobs.xml.gz", bytes(11_000_000))]
    bucket.put("in/jobs.xml.gz", FIRST)
    for key in ("in/jobs.xml.gz", "in/jobs.xml.gz.other"):
        bucket.client.create_multipart_upload(Bucket=BUCKET, Key=key)
    cuts = [10**9, 10**9, 10**9, 1_000_000]
    with CuttingProxy(bucket.port, sent_cuts=cuts) as proxy, pytest.raises(NotReachedError):
        files_to(to_s3(bucket, proxy.port)).publish(files)
    assert bucket.client.get_object(Bucket=BUCKET, Key="in/jobs.xml.gz")["Body"].read() == FIRST
    left = bucket.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    assert [one["Key"] for one in left] == ["in/jobs.xml.gz.other"]


def test_a_lost_word_of_s3_that_the_parts_are_put_together_is_made_up_for(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.empty()
    monkeypatch.setattr(s3, "PART", 5 * 1024 * 1024)
    monkeypatch.setattr(s3, "_PATIENCE", Patience(attempts=1))
    # What is left, the beginning, two parts; then the word.
    with CuttingProxy(bucket.port, cuts=[10**9, 10**9, 10**9, 10**9, 0]) as proxy:
        files_to(to_s3(bucket, proxy.port)).publish([ready(tmp_path, "jobs.xml.gz", bytes(6_000_000))])
        assert not proxy.cuts
    assert bucket.client.head_object(Bucket=BUCKET, Key="in/jobs.xml.gz")["ContentLength"] == 6_000_000


def test_what_keeps_s3_from_taking_a_file_is_told(bucket: Bucket, tmp_path: Path) -> None:
    files = made(tmp_path / "here", jobs_xml=FIRST)
    with pytest.raises(RejectedLoginError, match="is not there") as caught:
        files_to(to_s3(bucket).replace(BUCKET, "elsewhere")).publish(files)
    assert "source." not in str(caught.value)
    with pytest.raises(NotReachedError, match="cannot be reached"):
        files_to(to_s3(bucket, free_port())).publish(files)
    with (
        s3_bucket(INITIAL_NO_AUTH_ACTION_COUNT="1") as strict,
        pytest.raises(RejectedLoginError, match=r"refuses the (login|request)"),
    ):
        files_to(to_s3(strict)).publish(files)
