"""Taking in what was sent: once for each idempotency key, on disk before it is answered, in the order of arrival.

<state>/push/NAME/waiting/MOMENT-RECEIPT.ndjson    what a run reads, and takes away when it has succeeded
<state>/push/NAME/receipts/DAY/RECEIPT.json        what was promised to whom
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from jobpipe.definition.pushing import SUFFIXES, waiting_folder
from jobpipe.errors import UsageError
from jobpipe.ledger.models import PartRead
from jobpipe.runs.pushes.batches import Batch
from jobpipe.runs.workspace import Workspace

# Receipts, and with them the keys of what was sent, are remembered for so many days.
KEPT_DAYS = 7


class Receipt(msgspec.Struct, kw_only=True, frozen=True):
    receipt: str
    # The name of the file that waits.
    file: str
    # Of what was sent: 64 hexadecimal digits.
    digest: str
    # None = not known before a run has read it.
    records: int | None
    received_at: str
    # It is on disk: nothing that comes later writes it again.
    is_stored: bool = False


class KeyIsTakenError(UsageError):
    """The same key came with something else."""

    code = "JP4004"


def receive(workspace: Workspace, name: str, format_: str, batch: Batch, *, sender: str, key: str) -> Receipt:
    """`key`: of the request, "" = it has none; `sender`: keys of another one are others.

    Raises KeyIsTakenError.
    """
    folder = waiting_folder(workspace.project.state_dir, name)
    receipts = folder.with_name("receipts")
    digest = hashlib.sha256(batch.content).hexdigest()
    number = hashlib.sha256(f"{sender}\0{key}".encode()).hexdigest()[:32] if key else secrets.token_hex(16)
    with _alone(folder):
        known = _read(receipts, number)
        if known is not None and known.digest != digest:
            raise KeyIsTakenError(
                "this Idempotency-Key came with other records before", hint="a new batch needs a new key"
            )
        if known is not None and (known.is_stored or _is_there(folder, known)):
            return known
        moment = _moment_after(folder)
        receipt = Receipt(
            receipt=number,
            file=f"{moment:020d}-{number}{SUFFIXES[format_]}",
            digest=digest,
            records=batch.records,
            received_at=datetime.now(UTC).isoformat(),
        )
        path = receipts / receipt.received_at[:10] / f"{number}.json"
        # The promise first: whoever sends again after a kill in between finds out what became of it.
        _write(path, msgspec.json.encode(receipt), moment)
        _write(folder / receipt.file, batch.content, moment)
        receipt = msgspec.structs.replace(receipt, is_stored=True)
        _write(path, msgspec.json.encode(receipt), moment)
    _forget_old(receipts)
    return receipt


def receipt_of(workspace: Workspace, name: str, number: str) -> Receipt | None:
    """None = there is none of this number, or it is forgotten."""
    return _read(waiting_folder(workspace.project.state_dir, name).with_name("receipts"), number)


def is_waiting(workspace: Workspace, name: str, receipt: Receipt) -> bool:
    return (waiting_folder(workspace.project.state_dir, name) / receipt.file).exists()


def _is_there(folder: Path, receipt: Receipt) -> bool:
    """It waits, or a run has opened it."""
    return (folder / receipt.file).exists() or PartRead.objects.filter(location__endswith=receipt.file).exists()


def _read(receipts: Path, number: str) -> Receipt | None:
    for path in receipts.glob(f"*/{number}.json"):
        return msgspec.json.decode(path.read_bytes(), type=Receipt)
    return None


def _moment_after(folder: Path) -> int:
    """Nanoseconds: later than those of all that waits, whatever the clock says."""
    waiting = max((path.name[:20] for path in folder.iterdir() if path.name[:20].isdecimal()), default="0")
    # Times of files are compared by the microsecond.
    return max(time.time_ns(), int(waiting) + 1_000)


def _write(path: Path, content: bytes, moment: int) -> None:
    """Whole or not at all, and there when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.new")
    with made.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.utime(made, ns=(moment, moment))
    made.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of all processes and threads of this machine, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name("lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_old(receipts: Path) -> None:
    first = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).date().isoformat()
    for day in receipts.iterdir():
        if day.name < first:
            shutil.rmtree(day, ignore_errors=True)
