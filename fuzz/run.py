"""`make fuzz`: every target in turn, each in a process of its own that a crash, a hang or growing memory ends.

    python -m fuzz.run --minutes 30 [--only xml,json]

What is found lies in .fuzz/findings, what was learned in .fuzz/corpus; .fuzz/cpu.json adds up the CPU time of all
rounds.  The exit code is 1 where something was found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz.targets import TARGETS

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".fuzz"
# Seconds for one input: all of them are small.
HANG = 10
# MB of a process; what a target needs to begin with is 100 to 300.
MEMORY = 1024
LONGEST_INPUT = 4096
_PROGRESS = re.compile(r"^#(\d+)\s.*?cov: (\d+).*rss: (\d+)Mb", re.MULTILINE)


@dataclass(frozen=True)
class Round:
    target: str
    # Seconds of CPU.
    cpu: float
    tries: int
    # Places in the code that were reached.
    reached: int
    # MB after the first inputs, and at the end.
    memory: tuple[int, int]
    # The end of what was said where something was found, else "".
    found: str


def play(name: str, seconds: int) -> Round:
    corpus, findings = KEPT / "corpus" / name, KEPT / "findings" / name
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name]().seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = (f"-max_total_time={seconds}", f"-timeout={HANG}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST_INPUT}")
    command = [sys.executable, "-m", "fuzz.one", name, str(corpus), f"-artifact_prefix={findings}/", *options]
    before = _cpu_of_children()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    ended = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, errors="replace", check=False
    )
    output = ended.stdout + ended.stderr
    steps = [tuple(map(int, step)) for step in _PROGRESS.findall(output)]
    first, last = (steps[0], steps[-1]) if steps else ((0, 0, 0), (0, 0, 0))
    found = output[-4000:] if ended.returncode else ""
    return Round(name, _cpu_of_children() - before, last[0], last[1], (first[2], last[2]), found)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _add_up(one: Round) -> None:
    ledger = KEPT / "cpu.json"
    known = json.loads(ledger.read_text()) if ledger.exists() else {}
    seconds, tries = known.get(one.target, (0.0, 0))
    known[one.target] = (seconds + one.cpu, tries + one.tries)
    ledger.write_text(json.dumps(known, indent=1, sort_keys=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="for all together")
    parser.add_argument("--only", default="", help="targets, with commas")
    given = parser.parse_args()
    names = [name for name in given.only.split(",") if name] or list(TARGETS)
    each = max(5, round(given.minutes * 60 / len(names)))
    found = False
    for name in names:
        began = time.monotonic()
        one = play(name, each)
        _add_up(one)
        wall = time.monotonic() - began
        spent = f"{one.cpu:6.0f} s CPU of {wall:4.0f} s"
        memory = "{} -> {} MB".format(*one.memory)
        print(f"{name:12} {one.tries:9,} tries  {spent}  reached {one.reached:5}  {memory}", flush=True)
        if one.found:
            found = True
            print(one.found, flush=True)
    known = json.loads((KEPT / "cpu.json").read_text())
    print(f"all rounds so far: {sum(seconds for seconds, _ in known.values()) / 3600:.2f} h of CPU")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
