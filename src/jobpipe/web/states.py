"""How states look, the same on every page: a colour is never alone, an icon and the word stand with it."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

# State of a run, an import, an incident, a delivery or a destination -> (look, icon).
_LOOKS = {
    "succeeded": ("good", "✓"),
    "ok": ("good", "✓"),
    "resolved": ("good", "✓"),
    "acknowledged": ("info", "◉"),
    "done": ("good", "✓"),
    "sent": ("good", "✓"),
    "live": ("good", "✓"),
    "there": ("good", "✓"),
    "running": ("info", "▶"),
    "queued": ("info", "…"),
    "prepared": ("info", "▶"),
    "behind": ("info", "▶"),
    "new": ("info", "•"),
    "held": ("warn", "‖"),
    "partial": ("warn", "◐"),
    "late": ("warn", "⏱"),
    "paused": ("warn", "‖"),
    "muted": ("warn", "◌"),
    "excluded": ("warn", "⊘"),
    "refused": ("bad", "✕"),
    "failed": ("bad", "✕"),
    "down": ("bad", "✕"),
    "wrong": ("bad", "✕"),
    "open": ("bad", "!"),
    "reopened": ("bad", "↻"),
    "skipped": ("", "→"),
    "cancelled": ("", "⊘"),
    "expired": ("", "–"),
    "dismissed": ("", "⊘"),
}


def look_of(state: str) -> str:
    """good warn bad info, or "" for what is neither."""
    return _LOOKS.get(state, ("", ""))[0]


# State of a plan -> that of a run which looks alike.
_PLANS = {"open": "new", "applying": "running", "applied": "succeeded", "stale": "late"}


def plan_badge(state: str) -> SafeString:
    return badge(_PLANS.get(state, state), state)


@lru_cache(maxsize=500)
def badge(state: str, words: str = "") -> SafeString:
    look, icon = _LOOKS.get(state, ("", "•"))
    return format_html(
        '<span class="state {}"><span aria-hidden="true">{}</span> {}</span>', look, icon, words or state
    )
