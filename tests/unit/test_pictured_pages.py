"""The documentation shows every page of the interface, light and dark: `make pictures` takes what is missing."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from living_project import is_page

from jobpipe.web.routes import ROUTES

DOCS = Path(__file__).parent.parent.parent / "docs"
# Of all of them: whoever clones the repository gets them.
MOST_BYTES = 3_300_000


@pytest.fixture
def pictures() -> Any:
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module("pictures")
    finally:
        sys.path.remove(str(DOCS))


def test_every_page_is_shown_and_nothing_that_is_none(pictures: Any) -> None:
    importlib.import_module("jobpipe.web.urls")
    shown = {one.route for one in pictures.all_pictures() if one.route}
    assert shown == {route.name for route in ROUTES if is_page(route)}


def test_every_picture_is_there_light_and_dark_and_is_small(pictures: Any) -> None:
    files = [one.file(kind) for one in pictures.all_pictures() for kind in one.kinds()]
    assert len(set(files)) == len(files)
    assert not [path.name for path in files if not path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert all(path.read_bytes()[:4] == b"RIFF" for path in files)


def test_no_picture_is_kept_that_is_not_taken(pictures: Any) -> None:
    taken = {one.file(kind).name for one in pictures.all_pictures() for kind in one.kinds()}
    assert not [path.name for path in pictures.IMAGES.iterdir() if path.name not in taken]
