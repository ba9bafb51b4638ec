"""What workers need to know of an import: kept in the ledger by digest, compiled once in each worker.

The text of hooks.py never travels: it is part of the image, and a worker with another version of it refuses.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from datetime import timedelta

import msgspec
import xxhash
from backports import zstd
from django.db.models.functions import Now
from django.utils import timezone

from jobpipe.ledger.models import KeptCharge
from jobpipe.runs.executors.executor import Charge
from jobpipe.runs.executors.worker import transformer_of
from jobpipe.transform.compile import Transformer

KEPT = timedelta(days=30)
COMPILED_AT_ONCE = 16


class HooksDifferError(Exception):
    """The hooks.py of this worker is not that of the conductor."""


def digest_of_hooks(hooks: str | None) -> str:
    """ "" = there is none."""
    return "" if hooks is None else xxhash.xxh3_128_hexdigest(hooks.encode())


def keep(charge: Charge) -> str:
    """Put it where workers find it; its digest."""
    packed = zstd.compress(msgspec.msgpack.encode(msgspec.structs.replace(charge, hooks=None)))
    digest = xxhash.xxh3_128_hexdigest(packed)
    _, is_new = KeptCharge.objects.update_or_create(digest=digest, defaults={"packed": packed, "used_at": Now()})
    if is_new:
        KeptCharge.objects.filter(used_at__lt=timezone.now() - KEPT).delete()
    return digest


class Transformers:
    """Those of one worker process, compiled when they are first asked for; the least used goes."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[tuple[str, str], Transformer] = OrderedDict()

    def get(self, digest: str, hooks: str | None, wanted_hooks: str) -> Transformer:
        """`hooks` is this worker's text, `wanted_hooks` the digest of the conductor's.

        Raises HooksDifferError, KeptCharge.DoesNotExist.
        """
        if digest_of_hooks(hooks) != wanted_hooks:
            raise HooksDifferError
        name = (digest, wanted_hooks)
        if name not in self._compiled:
            self._compiled[name] = self._compile(digest, hooks)
            if len(self._compiled) > COMPILED_AT_ONCE:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(name)
        return self._compiled[name]

    def _compile(self, digest: str, hooks: str | None) -> Transformer:
        packed = bytes(KeptCharge.objects.get(digest=digest).packed)
        charge = msgspec.msgpack.decode(zstd.decompress(packed), type=Charge)
        transformer = transformer_of(msgspec.structs.replace(charge, hooks=hooks))
        # It stays: it need not be searched for garbage between batches.
        gc.freeze()
        return transformer
