"""What is looked up to find candidates: 64-bit numbers that two postings of one job probably share.

MinHash over the words of title and description (Broder 1997), cut into bands: two texts of which 80 % of the shingles
are common share a band in 98 % of all cases, two with 30 % in 6 %.  Beside them stand addresses, the reference, and the
title with its town, so that a rewritten or shortened advertisement is found too.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import rensa
import xxhash

from jobpipe.lifecycle.near_duplicates.profile import Profile
from jobpipe.lifecycle.near_duplicates.words import words_of

# To be raised when postings give other numbers: the index is made again.
INDEX_VERSION = 1
PERMUTATIONS = 32
BANDS = 8
_ROWS = PERMUTATIONS // BANDS
_SEED = 20_261_129
# Fewer words make no signature: they would be alike by chance.
MIN_WORDS = 12


class Signs(NamedTuple):
    # Of the text: signed 64-bit numbers.
    bands: tuple[int, ...]
    addresses: tuple[int, ...]
    reference: tuple[int, ...]
    # Title with town, and without.
    titles: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys((*self.addresses, *self.reference, *self.titles, *self.bands)))


def signs_of(profile: Profile, scope: str) -> Signs:
    """`scope`: only what has the same one is alike (a client)."""
    return signs_without_text(profile, scope)._replace(bands=_bands(profile, scope))


def signs_without_text(profile: Profile, scope: str) -> Signs:
    """All but the bands, which cost most."""
    return Signs(
        bands=(),
        addresses=tuple(_number(scope, "address", one) for one in sorted(profile.addresses)),
        reference=(_number(scope, "reference", profile.reference),) if profile.reference else (),
        titles=_titles(profile, scope),
    )


def _bands(profile: Profile, scope: str) -> tuple[int, ...]:
    if len(profile.words) < MIN_WORDS:
        return ()
    made = rensa.RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    made.update(list(profile.shingles))
    digest = made.digest()
    seed = _seed(scope)
    return tuple(
        _signed(
            xxhash.xxh3_64_intdigest(
                struct.pack(f"<B{_ROWS}Q", band, *digest[band * _ROWS : (band + 1) * _ROWS]), seed=seed
            )
        )
        for band in range(BANDS)
    )


def _titles(profile: Profile, scope: str) -> tuple[int, ...]:
    """By the first letters of its words, which forms of a word share; once for each town, once without."""
    job = " ".join(sorted({word[:5] for word in profile.title.core - profile.places}))
    if not job:
        return ()
    towns = {words[0] for one in profile.posting.locations if (words := words_of(one.city or ""))}
    return tuple(_number(scope, "title", f"{job}|{town}") for town in [*sorted(towns), ""])


def _number(scope: str, kind: str, text: str) -> int:
    return _signed(xxhash.xxh3_64_intdigest(f"{kind}\n{text}".encode(), seed=_seed(scope)))


def _seed(scope: str) -> int:
    return int(xxhash.xxh3_64_intdigest(scope.encode()))


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number
