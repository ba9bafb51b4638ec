"""One change on its way, as it is kept until it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from backports import zstd

from jobpipe.destinations.ways.way import Action, Change


class Outgoing(msgspec.Struct, array_like=True, frozen=True):
    import_id: int
    row: int
    import_name: str
    client: str
    key: str
    action: Action
    number: int
    revision: int
    # 16 bytes of `body`; b"" of a removal.
    digest: bytes = b""
    body: bytes = b""
    # Of a removal: why the destination would refuse the posting as it is now; "" = it should not have it.
    held: str = ""

    def change(self, destination: str) -> Change:
        """As it is sent."""
        name = f"{self.import_name}/{self.key}"
        return Change(
            id=name,
            import_name=self.import_name,
            client=self.client,
            key=self.key,
            action=self.action,
            number=self.number,
            revision=self.revision,
            idempotency_key=self._idempotency_key(destination, name),
            body=self.body,
        )

    def _idempotency_key(self, destination: str, name: str) -> str:
        """Of what is said: a change that is made anew before anybody had it, with other words, is another one."""
        parts = (destination, name, str(self.number), self.action, self.digest.hex())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def batch_key(changes: Sequence[Change]) -> str:
    """The same batch always has the same."""
    return hashlib.sha256("".join(change.idempotency_key for change in changes).encode()).hexdigest()[:32]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Outgoing])


def pack_outgoing(items: Sequence[Outgoing]) -> bytes:
    return zstd.compress(_encoder.encode(items), 3)


def unpack_outgoing(packed: bytes) -> list[Outgoing]:
    return _decoder.decode(zstd.decompress(packed)) if packed else []
