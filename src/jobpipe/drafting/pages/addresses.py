"""Addresses as pages have them, which need be none."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def parts_of(address: str) -> SplitResult:
    """All empty where it cannot be read."""
    try:
        parts = urlsplit(address)
        # It is looked at only now.
        _ = parts.hostname
    except ValueError:
        return urlsplit("")
    return parts
