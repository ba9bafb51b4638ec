"""A worker: batches in on one pipe, rows out on another; no Django, no connection, no project folder.

It ends when its parent closes the pipe, and so when its parent dies.
"""

from __future__ import annotations

import gc
import os
import queue
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO

import msgspec

from jobpipe.definition.models import Definition
from jobpipe.documents.body import Body, pack, pack_loosely
from jobpipe.runs.executors.executor import Charge, Done, Work
from jobpipe.runs.executors.record_time import RecordTime
from jobpipe.sources.record import Context
from jobpipe.transform.compile import Transformer, compile_definition
from jobpipe.transform.outcome import Item, Made, Transformed

_LENGTH = struct.Struct("<Q")

Limit = Callable[[], AbstractContextManager[None]]


def transformer_of(charge: Charge) -> Transformer:
    return compile_definition(
        Definition.model_validate_json(charge.definition),
        hooks_source=charge.hooks,
        tables=charge.tables,
        overrides=charge.overrides,
    )


def transform_batch(transformer: Transformer, work: Work, limit: Limit = nullcontext) -> Done:
    """Every item of a batch, transformed and packed; never raises for a record. `limit`: around each of them."""
    digests = [context.digest() for context in work.contexts]
    results = []
    for item in work.items:
        context = work.contexts[item.context]
        made = transform_item if not work.is_trial else try_item
        with limit():
            results.append(made(transformer, item, context, digests[item.context]))
    return Done(work.number, results, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def transform_item(transformer: Transformer, item: Item, context: Context, context_digest: bytes) -> Transformed:
    made = transformer.transform(item, context)
    made.body = pack(Body(made.body, item.raw, context_digest, _note_of(made), item.offset))
    return made


def try_item(transformer: Transformer, item: Item, context: Context, context_digest: bytes) -> Transformed:
    """The same for what is not stored; a record that depends on its day may have to be made again."""
    made = transformer.transform(item, context)
    raw = item.raw if made.day_dependent else b""
    made.body = pack_loosely(Body(made.body, raw, context_digest, _note_of(made), item.offset))
    return made


def _note_of(made: Transformed) -> tuple[str, str, str] | None:
    return (made.reason, made.field, made.message) if made.made is not Made.POSTING and made.reason else None


def send(stream: IO[bytes], payload: bytes) -> None:
    stream.write(_LENGTH.pack(len(payload)))
    stream.write(payload)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """One message; None at the end of the stream, wherever it lies."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    payload = stream.read(length)
    return payload if len(payload) == length else None


def main() -> None:
    # The first Ctrl-C finishes the batch: it is for the conductor to hear.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    # What a house's own step prints must not get between the answers.
    os.dup2(2, 1)
    first = receive(sys.stdin.buffer)
    if first is None:
        return
    encoder = msgspec.msgpack.Encoder()
    decoder = msgspec.msgpack.Decoder(Work)
    transformer = transformer_of(msgspec.msgpack.decode(first, type=Charge))
    # All this stays: it need not be searched for garbage, neither between batches nor at the end.
    gc.freeze()
    limit = RecordTime().limit
    try:
        for question in _read_ahead(sys.stdin.buffer):
            send(answers, encoder.encode(transform_batch(transformer, decoder.decode(question), limit)))
    except BrokenPipeError:
        # Whoever asked has ended: there is nobody to tell. Closing the stream would try to write once more.
        os._exit(0)


def _read_ahead(stream: IO[bytes]) -> Iterator[bytes]:
    """The messages of a stream, the next one taken in while this one is worked on: whoever sends it need not wait."""
    taken: queue.Queue[bytes | None] = queue.Queue(maxsize=1)

    def read() -> None:
        while (message := receive(stream)) is not None:
            taken.put(message)
        taken.put(None)

    threading.Thread(target=read, name="questions", daemon=True).start()
    while (message := taken.get()) is not None:
        yield message


if __name__ == "__main__":
    main()
