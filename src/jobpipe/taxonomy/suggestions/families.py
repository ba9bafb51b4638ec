"""Codes that stand together: those of ISCO, ROME or SOC that differ in their last figure alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

# 2166, F1402, 524: shorter ones have no room for a family.
_IN_LEVELS = re.compile(r"[A-Z]?\d{3,}")
# What all of a family get counts so much for each of them.
_SHARED = 0.2


def families_of(codes: Sequence[str]) -> dict[int, str]:
    """By the number of the code; empty where the codes are not all in figures and of one length."""
    if len({len(code) for code in codes}) != 1 or not all(map(_IN_LEVELS.fullmatch, codes)):
        return {}
    return {number: code[:-1] for number, code in enumerate(codes)}


def with_families(said: Mapping[int, float], families: Mapping[int, str]) -> Mapping[int, float]:
    """What speaks for the codes of a family speaks a little for each of them."""
    if not families:
        return said
    together: dict[str, float] = defaultdict(float)
    for code, value in said.items():
        # A code that was decided since may be of another kind.
        if code in families:
            together[families[code]] += value
    return {code: value + _SHARED * together.get(families.get(code, ""), 0.0) for code, value in said.items()}
