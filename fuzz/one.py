"""One target under the coverage-guided fuzzer, until the time is over or something is found.

python -m fuzz.one xml .fuzz/corpus/xml -max_total_time=60     the arguments are libFuzzer's
python -m fuzz.one xml .fuzz/findings/xml/crash-…              that one input again
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["jobpipe"], enable_loader_override=False):
    from fuzz.targets import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["jobpipe"], enable_loader_override=False):
        target = TARGETS[name]()
        for seed in target.seeds:
            target.check(seed)
    atheris.Setup(sys.argv, target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
