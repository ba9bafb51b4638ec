from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, chromium
from living_project import Living, living

TASKS = Path(__file__).parent.parent.parent / "docs" / "how-to" / "interface.md"
# Task, who, the way, clicks, keys.
_ROW = re.compile(r"^\| ([a-z][^|]+?) \| [^|]+ \| [^|]+ \| (\d+) \| (\d+|–) \|$", re.MULTILINE)


@pytest.fixture(scope="session")
def told() -> dict[str, tuple[int, int]]:
    """What the documentation says that tasks take: clicks and keys."""
    rows = _ROW.findall(TASKS.read_text())
    return {task: (int(clicks), 0 if keys == "–" else int(keys)) for task, clicks, keys in rows}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with living(tmp_path_factory.mktemp("living") / "project") as made:
        yield made


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with chromium() as browser:
        yield browser
