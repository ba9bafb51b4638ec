"""Every phrase of the pages that clients see: (English, French). What stands in braces is filled in.

To add a language: one more place in each, and its code in `jobpipe.web.words.languages`.
"""

from __future__ import annotations

from jobpipe.web.words.phrases import account, errors, offers, rules, space, values

PHRASES: dict[str, tuple[str, str]] = {
    **space.PHRASES,
    **rules.PHRASES,
    **offers.PHRASES,
    **values.PHRASES,
    **account.PHRASES,
    **errors.PHRASES,
}
