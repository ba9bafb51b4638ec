from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent.parent / ".." / "shared" / "samples"


@pytest.fixture
def samples() -> Path:
    """The folder of real feeds; a test that asks for it is skipped where there is none."""
    import os

    folder = Path(os.environ.get("JOBPIPE_SAMPLES") or SAMPLES).resolve()
    if not (folder / "expected.json").exists():
        pytest.skip("the real feeds are not here (JOBPIPE_SAMPLES names their folder)")
    return folder
