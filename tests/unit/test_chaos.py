"""Whatever is killed at random while a machine imports, exports and decides: `make chaos`, in short."""

from __future__ import annotations

from pathlib import Path

import chaos
import pytest


@pytest.mark.slow
def test_after_twenty_kills_all_is_as_if_nothing_had_been_disturbed(tmp_path: Path) -> None:
    world = chaos.Chaos(tmp_path, seed=4, size=100, most_kills=8, with_site=False)
    world.run(kills=20)
    assert world.killed.total() == 20
    assert len(world.stages) >= 3
