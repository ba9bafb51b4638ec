from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import crawls_ahead
import made_ledgers
import pytest
from hypothesis import settings
from job_site import JobSite

from jobpipe.safety.secrets import process_redactor

SAMPLES = Path(__file__).parent.parent / ".." / "shared" / "samples"

# The check of a commit says the same each time; `make test` looks for other examples in every run.
settings.register_profile("repeatable", derandomize=True)
if os.environ.get("JOBPIPE_REPEATABLE"):
    settings.load_profile("repeatable")

# What takes a minute or waits for servers comes first, so that nothing long is left when all else is done.
_FIRST = (
    "test_chaos.py",
    "test_cluster",
    "test_faults_of",
    "test_hostile_input.py",
    "test_leases.py",
    "test_laws_of_runs",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.name.startswith(_FIRST))


@pytest.fixture
def samples() -> Path:
    """The folder of real feeds; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("JOBPIPE_SAMPLES") or SAMPLES).resolve()
    if not (folder / "expected.json").exists():
        pytest.skip("the real feeds are not here (JOBPIPE_SAMPLES names their folder)")
    return folder


@pytest.fixture
def site() -> Iterator[JobSite]:
    with JobSite() as served:
        yield served


@pytest.fixture
def beside() -> Iterator[JobSite]:
    """Another site of this machine, which no definition names: `localhost`."""
    with JobSite() as served:
        yield served


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why tests were left out, a line each, for `tests/run.py`."""
    report = os.environ.get("JOBPIPE_LEFT_OUT")
    if report:
        skipped = terminalreporter.stats.get("skipped", [])
        reasons = [str(one.longrepr[2]).removeprefix("Skipped: ") for one in skipped]
        Path(report).write_text("\n".join(reasons), encoding="utf-8")


@pytest.fixture(autouse=True)
def nothing_is_secret_yet() -> None:
    """What a test before called a secret is masked in this process for ever: in this one's texts, too."""
    process_redactor.__init__()


@pytest.fixture(autouse=True, scope="session")
def new_ledgers_are_copied() -> Iterator[None]:
    with made_ledgers.copied():
        yield


@pytest.fixture(autouse=True, scope="session")
def crawls_are_forked() -> Iterator[None]:
    if importlib.util.find_spec("scrapy") is None:
        yield
        return
    with crawls_ahead.forked():
        yield


@pytest.fixture
def crawls_from_nothing() -> Iterator[None]:
    with crawls_ahead.from_nothing():
        yield
