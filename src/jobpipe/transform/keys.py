"""What identifies a posting within its import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import xxhash

# Longer keys are replaced by their digest: an index is no place for a text.
MAX_KEY_CHARACTERS = 500
DIGEST_PREFIX = "digest:"

# The key of the fields made so far; "" = it cannot be read. The second argument: the fields that failed.
KeyOf = Callable[[Mapping[str, Any], Collection[str]], str]


def key_maker(fields: Sequence[str]) -> KeyOf:
    """The key of the definition's `key` fields, or of reference, else url, else title, company and place.

    A field that could not be made is not passed over for the next one: a posting whose reference is broken
    today would get another key than yesterday.
    """
    if fields:
        return lambda posting, failed: _named_key(posting, failed, fields)
    return _usual_key


def _named_key(posting: Mapping[str, Any], failed: Collection[str], fields: Sequence[str]) -> str:
    if any(field.partition(".")[0] in failed for field in fields):
        return ""
    parts = [value_at(posting, field) for field in fields]
    if not any(parts):
        return ""
    return _short(parts[0] if len(parts) == 1 else " | ".join(part.replace("|", "||") for part in parts))


def _usual_key(posting: Mapping[str, Any], failed: Collection[str]) -> str:
    for field in ("reference", "url"):
        if field in failed:
            return ""
        if value := posting.get(field):
            return _short(str(value))
    if not posting.get("title") or not {"title", "company", "locations"}.isdisjoint(failed):
        return ""
    return _digest_of(value_at(posting, "title"), value_at(posting, "company.name"), _place_of(posting))


def _place_of(posting: Mapping[str, Any]) -> str:
    names = ("text", "postal_code", "city", "region", "country")
    return " / ".join(" ".join(str(item.get(name) or "") for name in names) for item in posting.get("locations") or ())


def value_at(posting: Mapping[str, Any], field: str) -> str:
    """The value of a field or of its part, as text; of a list the first one's."""
    value: Any = posting
    for name in field.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _short(key: str) -> str:
    return key if len(key) <= MAX_KEY_CHARACTERS else _digest_of(key)


def _digest_of(*texts: str) -> str:
    plain = "\n".join(" ".join(text.split()).casefold() for text in texts)
    return DIGEST_PREFIX + xxhash.xxh3_128_hexdigest(plain.encode("utf-8", "surrogatepass"))
