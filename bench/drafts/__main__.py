"""How many drafted definitions need no edit, and how right their fields are.

python -m bench.drafts                                    the project's samples, where they lie
python -m bench.drafts --samples DIR --expected DIR       others
python -m bench.drafts --only apec --definitions          with the definitions, and what is wrong in them
python -m bench.drafts --look --only apec                 what the expectations find, without drafting anything
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from bench.drafts.expectations import Expectation, expectations
from bench.drafts.figures import SampleFigures, judged
from bench.drafts.making import make
from bench.drafts.page import page
from bench.drafts.records import records_of
from bench.drafts.rules import values

HERE = Path(__file__).parent
SAMPLES = Path(os.environ.get("JOBPIPE_SAMPLES", HERE.parents[2] / "shared" / "samples"))
PAGE = HERE.parents[1] / "docs" / "benchmarks-drafts.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, default=SAMPLES, metavar="DIR")
    parser.add_argument("--expected", type=Path, default=HERE / "expected", metavar="DIR")
    parser.add_argument("--only", default="", metavar="TEXT", help="samples whose path has this")
    parser.add_argument("--definitions", action="store_true", help="print each definition, and what is wrong in it")
    parser.add_argument("--look", action="store_true", help="print what the expectations find")
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    given = parser.parse_args()
    wanted = [one for one in expectations(given.expected) if given.only in one.sample]
    if given.look:
        for one in wanted:
            _look(one, given.samples)
        return
    measured = [_measured(one, given.samples, with_definition=given.definitions) for one in wanted]
    text = page(measured)
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


def _measured(expectation: Expectation, samples: Path, *, with_definition: bool) -> SampleFigures:
    file = samples / expectation.sample
    records, find = records_of(file, expectation.records)
    made = make(file)
    figures = judged(expectation, records, find, made)
    print(f"{expectation.sample}: {made.seconds:.1f} s {made.trouble}", flush=True)
    if with_definition:
        print(made.definition)
        for name in (*figures.wrong, *figures.missing):
            print(f"    {name}: {figures.fields[name].example}")
    return figures


def _look(expectation: Expectation, samples: Path) -> None:
    records, find = records_of(samples / expectation.sample, expectation.records)
    print(f"== {expectation.sample}: {len(records)} records")
    for name, rules in expectation.fields.items():
        for rule in rules:
            for part, inner in _parts(rule):
                found = [values(inner, record, find) for record in records]
                shown = " | ".join(" ".join(str(one) for one in some)[:50] for some in found[:3])
                print(f"{name}{part}: {sum(map(bool, found))}: {' '.join(shown.split())}")


def _parts(rule: object) -> Iterable[tuple[str, object]]:
    """A rule that is made of rules: places, salaries in parts."""
    if isinstance(rule, dict) and not {"from", "is"} & rule.keys():
        yield from ((f".{part}", inner) for part, inner in rule.items() if not isinstance(inner, bool))
    else:
        yield "", rule


if __name__ == "__main__":
    main()
