"""Records that are sent to job-pipe: taken once, in their order, whatever fails in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from project_folder import ProjectFolder
from web_client import account, shown

from jobpipe.definition.pushing import waiting_folder
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import AccountRole, Run, RunState
from jobpipe.runs.conducting import run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.pushes import receiving
from jobpipe.runs.pushes.asking import ask_for_what_waits
from jobpipe.runs.pushes.batches import batch_of_json, batch_of_lines, batch_of_xml
from jobpipe.runs.pushes.receiving import receive
from jobpipe.runs.starting import StopRequest
from jobpipe.web.api.limits import of_failures, of_tokens
from jobpipe.web.api.tokens import make_token

DEFINITION = """\
import: offers
client: Acme
source: {push: json}
posting:
  reference: id
  title: title
"""
XML = DEFINITION.replace("{push: json}", "{push: xml, record: offer}").replace("id\n", '"@id"\n')
JSON, LINES = "application/json", "application/x-ndjson"


class Sender:
    """An applicant tracking system."""

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder = folder
        self.token = make_token(account(AccountRole.CLIENT, "Acme"), "ats", ["push:write"])

    def ask(
        self, method: str, address: str, body: bytes = b"", kind: str = JSON, key: str = "", name: str = "offers"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        answer = Client().generic(method, f"/api/v1/imports/{name}{address}", body, kind, headers=headers)
        return answer.status_code, answer.json()

    def push(self, *offers: dict[str, Any], key: str = "") -> str:
        status, document = self.ask("POST", "/records", json.dumps(offers).encode(), key=key)
        assert status == 202, document
        return str(document["receipt"])

    def close(self, reference: str) -> None:
        assert self.ask("DELETE", f"/records/{reference}")[0] == 202

    def receipt(self, number: str) -> Any:
        return self.ask("GET", f"/receipts/{number}")[1]

    def run(self) -> str:
        with self.folder.open() as workspace:
            return run_import(workspace, "offers", workers=0, progress=Progress(), stop=StopRequest()).state

    @property
    def titles(self) -> dict[str, str]:
        return {key: one["title"] for key, one in self.folder.postings().items()}

    @property
    def waiting(self) -> list[Path]:
        return sorted(waiting_folder(self.folder.root / ".jobpipe", "offers").glob("*.*"))


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    of_tokens.forget()
    of_failures.forget()
    folder = ProjectFolder(tmp_path / "project", DEFINITION)
    with shown(folder):
        # A client's people see an import that has run.
        assert Sender(folder).run() == RunState.SUCCEEDED
        yield Sender(folder)


def offer(number: int, title: str) -> dict[str, Any]:
    return {"id": str(number), "title": title}


def test_what_was_sent_becomes_postings_and_the_receipt_says_so(sender: Sender) -> None:
    receipt = sender.push(offer(1, "Mason"), offer(2, "Baker"), {"id": "3"})
    assert sender.receipt(receipt)["state"] == "waiting"
    assert Run.objects.filter(state=RunState.QUEUED).count() == 1
    assert sender.run() == RunState.SUCCEEDED
    assert sender.titles == {"1": "Mason", "2": "Baker"}
    found = sender.receipt(receipt)
    assert (found["state"], found["read"], found["run_state"]) == ("done", 3, "succeeded")
    assert (found["account"]["new"], found["account"]["rejected"]) == (2, 1)
    assert found["rejected"] == [{"key": "3", "reason": "missing"}]
    assert sender.waiting == []


def test_what_is_not_sent_stays_and_what_is_sent_last_counts(sender: Sender) -> None:
    sender.push(offer(1, "a"), offer(2, "Baker"))
    sender.push(offer(1, "b"), offer(1, "c"))
    sender.run()
    assert sender.titles == {"1": "c", "2": "Baker"}
    sender.push(offer(1, "d"))
    sender.run()
    assert sender.titles == {"1": "d", "2": "Baker"}


def test_a_posting_is_closed_and_opened_in_the_order_of_what_was_sent(sender: Sender) -> None:
    sender.push(offer(1, "Mason"), offer(2, "Baker"))
    sender.close("1")
    sender.run()
    assert sender.titles == {"2": "Baker"}
    sender.close("2")
    sender.push(offer(2, "Baker"))
    sender.run()
    assert sender.titles == {"2": "Baker"}


def test_the_same_key_is_taken_once_and_another_batch_needs_another(sender: Sender) -> None:
    first = sender.push(offer(1, "Mason"), key="k1")
    assert sender.push(offer(1, "Mason"), key="k1") == first
    assert sender.ask("POST", "/records", b'[{"id": "2"}]', key="k1")[0] == 409
    assert len(sender.waiting) == 1
    sender.run()
    # Also when a run has taken it.
    assert sender.push(offer(1, "Mason"), key="k1") == first
    assert sender.waiting == []
    # Without a key each is a batch of its own.
    assert sender.push(offer(1, "Mason")) != sender.push(offer(1, "Mason"))


def test_of_many_at_once_none_is_lost_or_taken_twice(sender: Sender) -> None:
    def send(number: int) -> str:
        try:
            with_key = f"k{number % 10}"
            return sender.push(offer(number % 10, f"title {number % 10}"), key=with_key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(send, range(40)))
    assert len(set(receipts)) == len(sender.waiting) == 10
    assert Run.objects.filter(state=RunState.QUEUED).count() == 1
    sender.run()
    assert sender.titles == {str(number): f"title {number}" for number in range(10)}


class Killed(BaseException):
    """The process died here."""


def die_while_receiving(folder: ProjectFolder, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many files were written."""
    write, left = receiving._write, iter([True] * step + [False])

    def mortal(*given: Any) -> None:
        if not next(left):
            raise Killed
        write(*given)

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "_write", mortal)
        with pytest.raises(Killed):
            receive_one(folder)


def receive_one(folder: ProjectFolder) -> None:
    batch = batch_of_json(b'[{"id": "1", "title": "Mason"}]')
    with folder.open() as workspace:
        receive(workspace, "offers", "json", batch, sender="account 1", key="k")


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("is_run_between", [False, True])
def test_a_kill_in_the_middle_neither_loses_nor_doubles(
    sender: Sender, step: int, is_run_between: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_while_receiving(sender.folder, step, monkeypatch)
    if is_run_between:
        sender.run()
    # It was not answered, and is sent again.
    for _ in range(2):
        receive_one(sender.folder)
    assert len(sender.waiting) == (0 if is_run_between and step == 2 else 1)
    sender.run()
    assert sender.titles == {"1": "Mason"}
    assert sender.waiting == []


def test_what_came_while_a_run_was_under_way_is_asked_for_afterwards(sender: Sender) -> None:
    sender.push(offer(1, "Mason"))
    Run.objects.filter(state=RunState.QUEUED).update(state=RunState.CANCELLED)
    with sender.folder.open() as workspace:
        assert ask_for_what_waits(workspace, ledger_time()) == ["offers"]
        # It waits now: nobody asks twice.
        assert ask_for_what_waits(workspace, ledger_time()) == []
    sender.run()
    with sender.folder.open() as workspace:
        assert ask_for_what_waits(workspace, ledger_time()) == []
    assert sender.titles == {"1": "Mason"}


def test_xml_is_taken_as_it_is(sender: Sender) -> None:
    sender.folder.define(XML)
    body = '<offers><offer id="1"><title>Maçon</title></offer></offers>'.encode()
    assert sender.ask("POST", "/records", body, "application/xml")[0] == 202
    assert sender.run() == RunState.SUCCEEDED
    assert sender.titles == {"1": "Maçon"}
    assert sender.ask("DELETE", "/records/1")[0] == 409
    assert sender.ask("POST", "/records", b"[]")[0] == 415


def test_where_each_push_is_everything_what_is_absent_goes(sender: Sender) -> None:
    definition = DEFINITION.replace("{push: json}", "{push: json, holds: all}")
    sender.folder.define(definition + "expire: {guard: 100%}\n")
    sender.push(*(offer(number, "Mason") for number in range(6)))
    sender.run()
    sender.push(*(offer(number, "Baker") for number in range(2)))
    sender.push(*(offer(number, "Nurse") for number in range(5)))
    sender.run()
    assert sender.titles == {str(number): "Nurse" for number in range(5)}
    assert sender.waiting == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b" ", JSON),
        (b"[]", JSON),
        (b"[1]", JSON),
        (b'[{"id": "1"}', JSON),
        (b'{"id": "\xff"}', JSON),
        (b"[" * 100_000, JSON),
        (b'{"id": 1}\n{"id": ', LINES),
    ],
)
def test_what_no_run_could_read_is_refused_at_once(sender: Sender, body: bytes, kind: str) -> None:
    status, document = sender.ask("POST", "/records", body, kind)
    assert (status, document["error"]["code"]) == (422, "invalid")
    assert sender.waiting == []


@pytest.mark.parametrize(
    "body", [b"", b"<a>", b"<a/>", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>']
)
def test_hostile_xml_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        batch_of_xml(body)


def test_line_breaks_and_numbers_come_through_as_they_were_sent() -> None:
    body = b'[{"n": 1e30,\r\n "big": 123456789012345678901234567890, "t": "a\\nb"}]'
    assert batch_of_json(body).content == b'{"n": 1e30,   "big": 123456789012345678901234567890, "t": "a\\nb"}\n'
    assert batch_of_lines(b'{"a": 1}\r\n\n{"b": 2}').records == 2


def test_too_much_is_refused_and_another_import_is_not_there(sender: Sender) -> None:
    many = json.dumps([{"id": "1"}] * 10_001).encode()
    assert sender.ask("POST", "/records", many)[0] == 422
    assert sender.ask("POST", "/records", b"[" + b" " * 17 * 1024 * 1024 + b"]")[0] == 413
    assert sender.ask("POST", "/records", b'[{"id": "1"}]', name="globex")[0] == 404
    assert sender.ask("GET", "/receipts/" + "0" * 32)[0] == 404
    other = DEFINITION.replace("import: offers", "import: globex").replace("Acme", "Globex")
    (sender.folder.root / "imports" / "globex.yaml").write_text(other)
    with sender.folder.open() as workspace:
        run_import(workspace, "globex", workers=0, progress=Progress(), stop=StopRequest())
    assert sender.ask("POST", "/records", b'[{"id": "1"}]', name="globex")[0] == 404
    sender.folder.define(DEFINITION.replace("{push: json}", "{feed: feed.json}"))
    assert sender.ask("POST", "/records", b'[{"id": "1"}]')[0] == 409


@pytest.mark.parametrize("word", ["auth: {bearer: x}", "record: jobs", "files: {take: newest}", "feed: x.xml"])
def test_what_makes_no_sense_beside_push_is_refused(tmp_path: Path, word: str) -> None:
    folder = ProjectFolder(tmp_path / "project", DEFINITION.replace("push: json", f"push: json, {word}"))
    with folder.open() as workspace, pytest.raises(DefinitionError):
        workspace.project.load("offers")
