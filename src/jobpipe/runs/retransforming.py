"""Making one posting again with another first day: for dates in words, which count from the day of first sight."""

from __future__ import annotations

from jobpipe.documents.body import unpack
from jobpipe.runs.executors.executor import Charge
from jobpipe.runs.executors.worker import transform_item, transformer_of
from jobpipe.sources.record import Context
from jobpipe.transform.compile import Transformer
from jobpipe.transform.outcome import Item, Transformed


class Retransformer:
    """Compiles the definition when it is first needed: most imports never do."""

    def __init__(self, charge: Charge) -> None:
        self._charge = charge
        self._transformer: Transformer | None = None

    def __call__(self, record: Transformed, context: Context, day: str) -> Transformed:
        if self._transformer is None:
            self._transformer = transformer_of(self._charge)
        body = unpack(record.body)
        item = Item(record.ordinal, body.raw, 0, "", day, body.offset)
        return transform_item(self._transformer, item, context, body.context)
