"""The badge of an import: its picture, and the key that opens it without a login and opens nothing else."""

from __future__ import annotations

import html
from urllib.parse import quote

from django.core.signing import Signer

from jobpipe.web.states import look_of

_COLOURS = {"good": "#1a7040", "warn": "#8a5300", "bad": "#b3261e", "info": "#2457c5"}
_OTHER = "#556072"
# Pixels, about: of a character and around the words.
_CHARACTER, _AROUND = 6.7, 14


def key_of(name: str) -> str:
    """Counts as long as the key of the web does."""
    return Signer(salt="badge").signature(name)


def address_of(name: str) -> str:
    return f"/imports/{quote(name, safe='')}/badge.svg?key={quote(key_of(name))}"


def drawn(name: str, state: str) -> str:
    left, right = (round(len(words) * _CHARACTER + _AROUND) for words in (name, state))
    label, colour = html.escape(f"{name}: {state}"), _COLOURS.get(look_of(state), _OTHER)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{label}">'
        f"<title>{label}</title>"
        f'<rect width="{left + right}" height="20" rx="4" fill="#364152"/>'
        f'<path d="M{left} 0h{right - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H{left}z" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left / 2}" y="14">{html.escape(name)}</text>'
        f'<text x="{left + right / 2}" y="14">{html.escape(state)}</text></g></svg>'
    )
