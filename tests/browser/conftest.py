from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browser import CHROMIUM, chromium
from living_project import Living, living


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
