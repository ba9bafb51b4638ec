"""A mailbox for tests: Dovecot with a configuration of its own, a process of this test, and mails put into it."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from certificates import trusting
from processes import free_port, server_process

USER, PASSWORD = "anna", "wachtw00rd"


@dataclass(frozen=True)
class Mailbox:
    port: int
    plain_port: int
    pem: Path

    def url(self, path: str, port: int = 0) -> str:
        return f"imaps://127.0.0.1:{port or self.port}/{path}"

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4_SSL]:
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trusting(self.pem)()) as client:
            client.login(USER, PASSWORD)
            yield client

    def deliver(
        self,
        attachments: dict[str, bytes],
        *,
        sender: str = "feeds@example.org",
        subject: str = "Offers",
        folder: str = "INBOX",
        at: str = '"14-Nov-2023 22:13:20 +0000"',
    ) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "anna@example.org", subject
        mail.set_content("Please find the offers attached.")
        for name, content in attachments.items():
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        with self.client() as client:
            client.create(folder)
            client.append(folder, "", at, mail.as_bytes())

    def subjects(self, folder: str = "INBOX", which: str = "ALL") -> list[str]:
        with self.client() as client:
            client.select(folder, readonly=True)
            _, found = client.search(None, which)
            mails = [client.fetch(number, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1] for number in found[0].split()]
            return [mail[0][1].decode().strip().removeprefix("Subject: ") for mail in mails]


@contextmanager
def dovecot(folder: Path, pem: Path) -> Iterator[Mailbox]:
    """As root or as anybody: all of it belongs to whoever runs the test, or to a user without rights."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None or not Path("/usr/lib/dovecot/imap").exists():
        pytest.skip("dovecot-imapd is not installed")
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    user, group = owner.pw_name, grp.getgrgid(owner.pw_gid).gr_name
    mails = folder / "mails"
    mails.mkdir(parents=True)
    # The names of sockets must be short.
    run = Path(tempfile.mkdtemp(prefix="dovecot-"))
    run.chmod(0o755)
    if is_root:
        os.chown(mails, owner.pw_uid, owner.pw_gid)
        for parent in [folder, *folder.parents]:
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    port, plain_port = free_port(), free_port()
    passwords = folder / "passwords"
    passwords.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    passwords.chmod(0o644)
    config = folder / "dovecot.conf"
    config.write_text(f"""\
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{mails}/%u
ssl = yes
ssl_cert = <{pem}
ssl_key = <{pem}
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {passwords}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mails}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
""")
    try:
        with server_process([program, "-F", "-c", str(config)], port):
            yield Mailbox(port, plain_port, pem)
    finally:
        shutil.rmtree(run, ignore_errors=True)
