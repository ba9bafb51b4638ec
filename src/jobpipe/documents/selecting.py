"""What every store asks of a selection, and how it compares texts."""

from __future__ import annotations

import unicodedata

from jobpipe.documents.store import Role, Selection, Status


def may_be_live(selection: Selection) -> bool:
    """Whether an index of what is not live does not hold all that is wanted."""
    return selection.role is Role.POSTING and selection.status in (None, Status.LIVE) and not selection.reason


def folded(text: str) -> str:
    """Without regard to case and to the two ways to write an accent."""
    return unicodedata.normalize("NFC", text).casefold()


def contains_folded(text: str, wanted: str) -> bool:
    return wanted in folded(text)
