"""dlt: a resource of postings, merged by its key into SQLite.

As its users configure it, and where there is a choice, in the faster way: lists stay in their row as JSON
instead of becoming tables of their own.  It changes what changed, and leaves alone what is gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

from bench.peers.answer import Answer, arguments, give
from bench.peers.posting import fields_of, posting_of
from bench.peers.reading import records


def main() -> None:
    feed, folder = arguments()
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
    answer = Answer()
    pipeline = dlt.pipeline(
        pipeline_name="offers",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{(folder / 'offers.db').resolve()}"),
        dataset_name="main",
    )
    pipeline.run(_resource(feed, answer))
    give(answer)


def _resource(feed: Path, answer: Answer) -> Any:
    @dlt.resource(name="offers", write_disposition="merge", primary_key="reference", max_table_nesting=0)
    def offers() -> Iterator[dict[str, Any]]:
        for element in records(feed):
            answer.read += 1
            yield posting_of(fields_of(element))

    return offers


if __name__ == "__main__":
    main()
