"""Receivers of notifications for tests: an SMTP server and a web server of this process, and a project that tells."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from project_folder import ProjectFolder

from jobpipe.incidents.notifications.sending import Sent
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import record, resolve_gone
from jobpipe.ledger.models import IncidentChange
from jobpipe.runs.notifying import send_due

# What job-pipe records by itself is of today: clocks go on from here.
START = datetime.now(UTC)


class Mailbox:
    """What an SMTP server got; `refuse` is what it answers, "" = it takes the mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""
        self.port = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.content))  # type: ignore[arg-type]
        return "250 taken"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def mail_server(**options: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


class Hook:
    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        # Set = it answers; cleared = it takes the question and says nothing.
        self.answers = threading.Event()
        self.answers.set()
        self.url = ""


@contextmanager
def web_server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            hook.answers.wait(10)
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hook
    finally:
        hook.answers.set()
        server.shutdown()
        server.server_close()


class Telling:
    """A project, a clock, and what people got in files (a line each)."""

    def __init__(self, root: Path, settings: str) -> None:
        self.project = ProjectFolder(root)
        self.project.configure(settings)
        self.root = root

    def meet(self, at: datetime, *occurrences: Occurrence, import_name: str = "") -> None:
        """These errors happen at this moment."""
        self.meet_in(at, [import_name], *occurrences)

    def meet_in(self, at: datetime, imports: list[str], *occurrences: Occurrence) -> None:
        with self.project.open() as workspace, _at(at):
            for name in imports:
                record(workspace.project, occurrences, import_name=name)

    def resolve(self, at: datetime, import_name: str, *kinds: str) -> None:
        with self.project.open(), _at(at):
            resolve_gone(import_name, kinds, why="test")

    def tell(self, at: datetime) -> Sent:
        with self.project.open() as workspace:
            return send_due(workspace, at)

    def told_between(self, first: datetime, last: datetime, step: timedelta = timedelta(minutes=5)) -> list[datetime]:
        """The moments at which something was sent, the clock going on in steps."""
        moments, at = [], first
        with self.project.open() as workspace:
            while at <= last:
                if send_due(workspace, at).sent:
                    moments.append(at)
                at += step
        return moments

    def lines(self, name: str = "told.jsonl") -> list[dict[str, Any]]:
        path = self.root / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """What is recorded within is of this moment."""
    last = IncidentChange.objects.order_by("-pk").first()
    yield
    IncidentChange.objects.filter(pk__gt=last.pk if last else 0).update(at=moment)


def unreachable() -> Occurrence:
    return Occurrence(kind="source-unreachable", message="cannot be reached: no name for the host", stage="fetch")


def bug(text: str = "it broke") -> Occurrence:
    return Occurrence(kind="bug", message=text)
