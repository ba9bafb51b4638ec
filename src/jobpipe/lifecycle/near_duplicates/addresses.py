"""What makes two addresses of a posting the same: tracking, fragments and the scheme do not count."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_TRACKING = re.compile(r"(?:utm_|mc_|gclid|fbclid|source|src|ref|referer|referrer|partner|campaign|lang|locale)", re.I)


def address_of(url: str | None) -> str:
    """ "" = none, or one of a whole site, which says nothing of one posting."""
    if not url:
        return ""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    path = parts.path.rstrip("/")
    query = sorted((name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.match(name))
    if not host or (not query and not path):
        return ""
    return f"{host}{path}" + (f"?{urlencode(query)}" if query else "")
