"""All that belongs to a cluster is killed while it imports: `make chaos-cluster`, in short."""

from __future__ import annotations

from pathlib import Path

import cluster_chaos
import pytest


@pytest.mark.slow
def test_whatever_is_killed_while_a_cluster_imports_the_results_are_those_of_one_machine(tmp_path: Path) -> None:
    if missing := cluster_chaos.what_is_missing():
        pytest.skip(missing)
    chaos = cluster_chaos.Chaos(tmp_path, seed=11, records=600)
    with chaos.running():
        chaos.run(kills=4)
    assert chaos.killed.total() == 4
