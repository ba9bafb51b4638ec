"""`make test`: runs what this machine can run and says in the last line what was left out.

`make test-browser` (`--browser`): the tasks of each role, and every page, in Chromium; no other run has them.

`make test-cluster` (`--cluster`): the tests of imports alone, each project with its ledger on PostgreSQL and its
documents on a server that speaks MongoDB's protocol; `--cluster-short`: a few of them, as `.ci/run` does.

With JOBPIPE_LEAVE_NOTHING_OUT set, as `.ci/run` does, leaving something out is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Those that run imports from end to end; what kind of source is read makes no difference to the stores.
OF_IMPORTS = (
    *(
        "api_runs",
        "cli_run",
        "deliveries",
        "examples",
        "expiry",
        "hints",
        "kills",
        "laws_of_deliveries",
        "laws_of_runs",
    ),
    *("plan_and_apply", "plans", "plans_of_layers", "reprocessing", "runs_of_edge_feeds", "same_bytes", "several"),
)
# Of these what a quarter of the time shows most with; `tests/unit/test_both_engines.py` is always run.
OF_IMPORTS_IN_SHORT = ("cli_run", "expiry", "hints", "plan_and_apply", "reprocessing", "same_bytes")


def main() -> None:
    # Half as many again as there are cores: many tests wait for a server or a process most of their time.
    cores = os.cpu_count() or 1
    workers = str(min(cores + (cores + 1) // 2, 8))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "left-out"
        environ = {**os.environ, "JOBPIPE_LEFT_OUT": str(report)}
        # Hundreds of processes are started: none of them should compile what it imports anew.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        given = sys.argv[1:]
        if given[:1] in (["--cluster"], ["--cluster-short"]):
            environ["JOBPIPE_TEST_ENGINES"] = "cluster"
            names = OF_IMPORTS if given[0] == "--cluster" else OF_IMPORTS_IN_SHORT
            given[:1] = [f"tests/unit/test_{name}.py" for name in names]
        if given[:1] == ["--browser"]:
            # One project and one browser for all of them.
            given[:1], workers = ["tests/browser"], "0"
        else:
            given += ["--ignore", "tests/browser"]
        command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "worksteal", *given]
        code = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        reasons = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    print(last_line(reasons))
    if reasons and os.environ.get("JOBPIPE_LEAVE_NOTHING_OUT"):
        code = code or 1
    sys.exit(code)


def last_line(reasons: list[str]) -> str:
    if not reasons:
        return "nothing was left out"
    counted = "; ".join(f"{count} × {reason}" for reason, count in Counter(reasons).most_common())
    return f"left out: {counted}. `make servers` brings servers, `make peers` what the benchmarks compare with"


if __name__ == "__main__":
    main()
