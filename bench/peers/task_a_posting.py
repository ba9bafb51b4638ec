"""The old way: one Celery task for each posting, which transforms it and writes it as one row.

    python -m bench.peers.task_a_posting work FOLDER PROCESSES     the worker
    python -m bench.peers.task_a_posting wait FOLDER               until it answers
    python -m bench.peers.task_a_posting send FOLDER               reads the feed, sends, waits until all is written

The definition, the splitter and the transformation are job-pipe's own; what differs is who carries what.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from amqp.exceptions import NotFound
from celery import Celery
from celery.signals import worker_process_init
from kombu import Exchange, Queue

from jobpipe.definition.project import find_project
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.runs.preparing import prepare_in
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import Context, FormatSettings, RawRecord
from jobpipe.transform.outcome import Item

QUEUE = "one-by-one"
app = Celery("one-by-one")
app.conf.update(
    task_queues=[Queue(QUEUE, Exchange(QUEUE), routing_key=QUEUE, queue_arguments={"x-queue-type": "quorum"})],
    task_default_queue=QUEUE,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=16,
    broker_transport_options={"confirm_publish": True},
)
_worker: dict[str, Any] = {}


def become(folder: Path) -> None:
    project = find_project(folder, os.environ)
    _worker["project"] = project
    _worker["cluster"] = project.settings.cluster
    app.conf.broker_url = project.settings.cluster.broker


@worker_process_init.connect
def _open(**_: Any) -> None:
    preparation = prepare_in(_worker["project"], "offers")
    _worker["transformer"] = transformer_of(preparation.charge)
    _worker["connection"] = psycopg.connect(_worker["cluster"].ledger, autocommit=True)


@app.task(name="one")
def one(number: int, raw: str, kind: str, context: str) -> None:
    item = Item(number, base64.b64decode(raw), 0)
    read = msgspec.msgpack.decode(base64.b64decode(context), type=Context)
    made = _worker["transformer"].transform(item, read)
    _worker["connection"].execute(
        "INSERT INTO one_by_one (key, posting) VALUES (%s, %s) "
        "ON CONFLICT (key) DO UPDATE SET posting = excluded.posting",
        (made.key or f"record {number}", made.body.decode()),
    )


def send(folder: Path) -> int:
    preparation = prepare_in(_worker["project"], "offers")
    sent = 0
    with app.producer_pool.acquire() as producer:
        for record in records_of(folder / "feed.xml", preparation.settings):
            sent += 1
            context = base64.b64encode(msgspec.msgpack.encode(record.context)).decode()
            raw = base64.b64encode(record.raw).decode()
            one.apply_async((sent, raw, record.context.kind, context), producer=producer)
    return sent


def records_of(path: Path, settings: FormatSettings) -> Iterator[RawRecord]:
    splitter = open_splitter(settings, path.name)
    with path.open("rb") as file:
        while chunk := file.read(256 * 1024):
            yield from splitter.feed(chunk)
    yield from splitter.close()[0]


def written() -> int:
    with psycopg.connect(_worker["cluster"].ledger, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM one_by_one").fetchone()
    return int(found[0]) if found else 0


def main() -> None:
    word, folder = sys.argv[1], Path(sys.argv[2])
    become(folder)
    if word == "work":
        with psycopg.connect(_worker["cluster"].ledger, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS one_by_one (key text PRIMARY KEY, posting text)")
        app.worker_main(["worker", "--concurrency", sys.argv[3], "--without-gossip", "--without-mingle"])
    elif word == "wait":
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline:
            # There is no such queue until the worker makes it.
            with contextlib.suppress(NotFound), app.connection_for_read() as connection:
                if connection.channel().queue_declare(QUEUE, passive=True).consumer_count:
                    return
            time.sleep(0.2)
        sys.exit("the worker does not answer")
    else:
        sent = send(folder)
        while (done := written()) < sent:
            time.sleep(0.1)
        print(json.dumps({"done": done}))


if __name__ == "__main__":
    main()
