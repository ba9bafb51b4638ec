"""Patterns of a mapping table: a last resort for labels that no entry names, bounded in length and in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jobpipe.errors import DefinitionError

# Seconds for one pattern on one label.
SECONDS = 0.05
MAX_PATTERN = 300
# In one layer of one table.
MAX_PATTERNS = 200
# What a pattern that explodes often explodes on.
_TRIALS = tuple(unit * 30 + end for unit in ("aa", "ab ", "11", "--", "é ") for end in ("", "!"))


def check_pattern(pattern: str) -> None:
    """Raises DefinitionError where it is no regular expression, finds every label, or takes too long."""
    hint = "a pattern is a regular expression such as ^chef de rang; case does not matter"
    if len(pattern) > MAX_PATTERN:
        raise DefinitionError(f"a pattern of {len(pattern):,} characters; the limit is {MAX_PATTERN}", hint=hint)
    import regex

    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise DefinitionError(f"not a regular expression: {pattern!r}: {error}", hint=hint) from error
    try:
        if compiled.search("", timeout=SECONDS):
            raise DefinitionError(f"the pattern {pattern!r} finds every label", hint=hint)
        for text in _TRIALS:
            compiled.search(text, timeout=SECONDS)
    except TimeoutError as error:
        raise DefinitionError(
            f"the pattern {pattern!r} takes more than {SECONDS} s", hint="avoid repetitions within repetitions"
        ) from error


def check_regex(pattern: str) -> str:
    """What is wrong with a regular expression, though it may find everything; "" = nothing that can be known."""
    import regex

    try:
        compiled = regex.compile(pattern)
        for text in _TRIALS:
            compiled.search(text, timeout=SECONDS)
    except TimeoutError:
        return f"takes more than {SECONDS} s"
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        return f"no regular expression: {error}"
    return ""


@lru_cache(maxsize=1_000)
def pattern_finder(pattern: str) -> Callable[[str], bool]:
    """Whether it is found in a label; one that is none, or takes too long, is found in nothing."""
    import regex

    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError, OverflowError, MemoryError):
        return lambda label: False

    def finds(label: str) -> bool:
        try:
            found: Any = compiled.search(label, timeout=SECONDS)
        except (TimeoutError, MemoryError, RecursionError):
            return False
        return found is not None

    return finds
