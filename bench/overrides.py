"""What rules above a definition cost: the benchmark's feed transformed without any, with 100 and with 1 000.

    python -m bench.overrides --size 2000

The rules are those of clients: comparisons, texts within texts, some values that are set, few that are true.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.feeds import feed_file
from bench.ours import make_project, put_feed
from jobpipe.definition.overrides import Overrides, parse_rule
from jobpipe.definition.project import find_project
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.preparing import Preparation, prepare_in
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import RawRecord
from jobpipe.transform.outcome import Item

ROUNDS = 3
KINDS = (
    "drop when posting.company and posting.company.name == 'Client {n}'",
    "drop when 'word{n}' in posting.title|lower",
    "set contract = 'permanent' when posting.contract == 'temporary' and posting.positions == {n}",
    "set extra.tag = 'a{n}' when posting.locations and posting.locations[0].city == 'City {n}'",
    "drop when posting.salary and posting.salary.min and posting.salary.min > 9{n}000",
    "default language = 'fr' when posting.reference == 'x{n}'",
    "set title = posting.title|replace('(H/F)', '') when 'mark{n}' in posting.title",
    "drop when posting.description_text and 'phrase {n}' in posting.description_text",
)


def rules(count: int) -> Overrides:
    made = (
        parse_rule(KINDS[number % len(KINDS)].format(n=number), number=number, scope="client", owner="Acme")
        for number in range(1, count + 1)
    )
    return Overrides(rules=tuple(made))


def records_of(path: Path, preparation: Preparation) -> Iterator[RawRecord]:
    splitter = open_splitter(preparation.settings, path.name)
    yield from splitter.feed(path.read_bytes())
    yield from splitter.close()[0]


def seconds(preparation: Preparation, records: list[RawRecord], above: Overrides) -> tuple[float, float]:
    """Of compiling, and of all the records, each transformed once."""
    begun = time.perf_counter()
    transformer = transformer_of(msgspec.structs.replace(preparation.charge, overrides=above))
    for record in records[:20]:
        transformer.transform(Item(1, record.raw, 0), record.context)
    compiled = time.perf_counter()
    for record in records:
        made = transformer.transform(Item(1, record.raw, 0), record.context)
        assert not made.rule_faults, made.rule_faults
    return compiled - begun, time.perf_counter() - compiled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2_000, help="postings")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        feed = feed_file(given.size)
        project = make_project(Path(folder) / "project")
        put_feed(project, feed)
        preparation = prepare_in(find_project(project, os.environ), "offers")
        records = list(records_of(feed, preparation))
    best: dict[int, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for count in (0, 100, 1_000):
            took = seconds(preparation, records, rules(count))
            best[count] = min(best.get(count, took), took, key=lambda pair: pair[1])
    plain = best[0][1]
    for count, (compiling, transforming) in best.items():
        print(
            json.dumps(
                {
                    "rules": count,
                    "postings": len(records),
                    "microseconds_a_posting": round(1e6 * transforming / len(records), 1),
                    "times_the_transformation": round(transforming / plain, 3),
                    "seconds_to_compile": round(compiling, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
