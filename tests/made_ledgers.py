"""New ledgers without the quarter of a second that Django's migrations take: made once a process, then copied."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobpipe.ledger import opening

_bring_file_up_to_date = opening._bring_file_up_to_date


@contextmanager
def copied() -> Iterator[None]:
    """Within it a ledger that is not there yet becomes a copy of the one that the migrations made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_bring_file_up_to_date", _copy_or_upgrade)
        yield


@contextmanager
def migrated() -> Iterator[None]:
    """Within it each ledger is made by the migrations: for tests of these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_bring_file_up_to_date", _bring_file_up_to_date)
        yield


def _copy_or_upgrade(path: Path) -> None:
    if path.exists():
        _bring_file_up_to_date(path)
        return
    made = _made()
    opening._point_to({**opening._SQLITE, "NAME": str(path)})
    opening._copy(made, path)


@functools.cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="jobpipe-ledger-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "ledger.sqlite3"
    _bring_file_up_to_date(path)
    return path
