"""What TLS connections are checked against: the authorities that this machine trusts."""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

import httpcore2


def tls_context() -> ssl.SSLContext:
    """One for all connections, until the authorities change: to read them takes a twentieth of a second of CPU."""
    usual = ssl.get_default_verify_paths()
    file = os.environ.get("SSL_CERT_FILE") or usual.openssl_cafile
    folder = os.environ.get("SSL_CERT_DIR") or usual.openssl_capath
    return _context_of((file, _changed_at(file)), (folder, _changed_at(folder)))


@functools.lru_cache(maxsize=4)
def _context_of(file: tuple[str, int], folder: tuple[str, int]) -> ssl.SSLContext:
    """httpcore2 finds the places by itself: they are named here for the cache alone."""
    return httpcore2.default_ssl_context()


def _changed_at(place: str) -> int:
    """Nanoseconds; 0 = there is nothing."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0
