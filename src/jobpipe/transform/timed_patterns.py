"""The filters of rules that take regular expressions: all of those of one posting have little time together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from jobpipe.transform.expressions import pattern_of

# Seconds for one regular expression, and for all those of one posting.
REGEX_SECONDS = 0.05
POSTING_SECONDS = 0.2
# A pattern that was too slow so often is not tried again in this process.
MAX_SLOW = 20
MAX_VALUE = 1_000_000


class TimedPatterns:
    """Knows nothing of the templates that use it: what they hold in a circle would never be freed."""

    def __init__(self) -> None:
        self._slow: Counter[str] = Counter()
        self._left = POSTING_SECONDS

    def begin(self) -> None:
        """The next posting."""
        self._left = POSTING_SECONDS

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "regex_search": self._finder("search"),
            "regex_match": self._finder("fullmatch"),
            "regex_replace": self._replace,
        }

    def _finder(self, method: str) -> Callable[..., bool]:
        def find(text: Any, pattern: Any, ignore_case: Any = False) -> bool:
            return self._timed(method, text, pattern, bool(ignore_case)) is not None

        return find

    def _replace(self, text: Any, pattern: Any, replacement: Any = "", ignore_case: Any = False) -> Any:
        if text is None:
            return None
        made = self._timed("sub", text, pattern, bool(ignore_case), str(replacement)[:1_000])
        if len(made) > MAX_VALUE:
            raise ValueError(f"a text of more than {MAX_VALUE:,} characters")
        return made

    def _timed(self, method: str, text: Any, pattern: Any, ignore_case: bool, *more: Any) -> Any:
        """One regular expression on one text, within the time that this posting has left."""
        if text is None:
            return None
        if not isinstance(pattern, str):
            raise ValueError("a regular expression is text")
        if self._slow[pattern] >= MAX_SLOW:
            raise ValueError(f"the regular expression {pattern!r} was too slow {MAX_SLOW} times: it is not tried again")
        if self._left <= 0:
            raise ValueError("the regular expressions of this posting's rules took too long")
        begun = time.monotonic()
        try:
            found = getattr(pattern_of(pattern, ignore_case), method)(
                *more, str(text), timeout=min(REGEX_SECONDS, self._left)
            )
        except TimeoutError:
            self._slow[pattern] += 1
            raise ValueError(f"the regular expression {pattern!r} took more than {REGEX_SECONDS} s") from None
        finally:
            self._left -= time.monotonic() - begun
        return found
