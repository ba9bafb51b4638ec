"""A taxonomy: the categories that postings are sorted into, with what each is called in which language."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import xxhash
from backports import zstd

_encoder = msgspec.msgpack.Encoder()


class Term(msgspec.Struct, array_like=True, frozen=True):
    """One way of naming a category."""

    text: str
    # ISO 639-1; "" = not said.
    language: str = ""
    # The name to show; all others are synonyms.
    preferred: bool = False


class Category(msgspec.Struct, array_like=True, frozen=True):
    code: str
    # The order is the source's; at least one.
    terms: tuple[Term, ...]
    # The codes above it; more than one where the taxonomy is no tree.
    parents: tuple[str, ...] = ()

    def label(self, language: str = "") -> str:
        """What to show: the preferred name in that language, else any preferred one, else the first."""
        preferred = [term for term in self.terms if term.preferred] or list(self.terms)
        return next((term.text for term in preferred if term.language == language), preferred[0].text)


class Taxonomy(msgspec.Struct, frozen=True):
    name: str
    version: str
    # By code, in the source's order.
    categories: dict[str, Category]

    @property
    def labels(self) -> int:
        """How many names there are, in all languages."""
        return sum(len(one.terms) for one in self.categories.values())


def pack(taxonomy: Taxonomy) -> bytes:
    """Its categories in one compressed frame: zstd over msgpack."""
    return zstd.compress(_encoder.encode(list(taxonomy.categories.values())), 9)


def unpack(name: str, version: str, packed: bytes) -> Taxonomy:
    return of_categories(name, version, _decoder.decode(zstd.decompress(packed)))


def of_categories(name: str, version: str, categories: Iterable[Category]) -> Taxonomy:
    return Taxonomy(name, version, {one.code: one for one in categories})


def digest_of(taxonomy: Taxonomy) -> str:
    """32 hexadecimal digits over all that it says, in its order; its name and version do not count."""
    return xxhash.xxh3_128_hexdigest(_encoder.encode(list(taxonomy.categories.values())))


_decoder = msgspec.msgpack.Decoder(list[Category])
